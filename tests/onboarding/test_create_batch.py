"""What is stored when people are named, and what is said at once about a list."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import work
from onboarding.enums import BatchSource
from onboarding.models import Batch, Row
from onboarding.services import batches
from onboarding.services.batches.creating import login_of
from tests.factories.batches import NOW, created, named

pytestmark = pytest.mark.django_db


def findings(batch):
    rows = batch.rows.order_by("number")
    return [(row.number, row.state, [one["code"] for one in row.checks]) for row in rows]


def test_a_batch_and_its_people_are_stored_before_anybody_is_asked():
    batch = created("ada", "grace")

    assert (batch.state, batch.work_state, batch.not_before) == ("checking", "waiting", NOW)
    assert [(row.number, row.login_given, row.state) for row in batch.rows.order_by("number")] == [
        (1, "ada", "checking"),
        (2, "grace", "checking"),
    ]
    assert not work.due(Row, now=NOW).exists()


def test_what_is_wrong_on_paper_is_said_at_once_and_per_row():
    batch = created(
        "ada", "ada lovelace", " ", "Ada ", "grace/hopper", "https://github.com/grace/"
    )

    assert findings(batch) == [
        (1, "checking", []),
        (2, "failed", ["login_malformed"]),
        (3, "failed", ["no_login"]),
        (4, "failed", ["duplicate"]),
        (5, "failed", ["login_malformed"]),
        (6, "checking", []),
    ]
    errors = dict(batch.rows.values_list("number", "error"))
    assert errors[2] == "“ada lovelace” has a space in it; a GitHub login has none."
    assert errors[4] == "Row 1 names the same person, spelled “ada”."


def test_every_problem_of_a_row_is_named():
    people = [batches.Named(number=7, login="two words", email="nobody")]

    batch = batches.create_batch(
        organization="octo-org", people=people, source=BatchSource.FILE, user=None, now=NOW
    )

    row = batch.rows.get()
    assert [one["code"] for one in row.checks] == ["login_malformed", "email_malformed"]
    assert row.error == (
        "“two words” has a space in it; a GitHub login has none."
        " “nobody” is not an e-mail address."
    )


@pytest.mark.parametrize(
    ("people", "organization", "error"),
    [
        ([], "octo-org", batches.NobodyNamed),
        (named("ada"), " ", batches.OrganizationUnnamed),
        (named(*(f"u{n}" for n in range(5_001))), "octo-org", batches.TooManyPeople),
    ],
)
def test_a_refused_batch_leaves_nothing_behind(people, organization, error, settings):
    settings.GITHUB_ORG = ""

    with pytest.raises(error):
        batches.create_batch(
            organization=organization, people=people, source=BatchSource.API, user=None, now=NOW
        )

    assert not Batch.objects.exists()


def test_the_organisation_of_the_settings_is_the_default(settings):
    settings.GITHUB_ORG = "octo-org"

    assert created("ada", organization="").organization == "octo-org"


@pytest.mark.parametrize(
    "given", ["ada", " ada\t", "@ada", "https://github.com/ada", "github.com/ada/", "ada\n"]
)
def test_a_login_is_found_in_what_people_write(given):
    assert login_of(given) == "ada"


@given(st.lists(st.text(max_size=40), min_size=1, max_size=12))
def test_any_text_is_kept_and_answered(texts):
    batch = created(*texts)

    kept = list(batch.rows.order_by("number").values_list("login_given", "state", "error"))
    assert [login for login, _, _ in kept] == [text.replace("\0", "�") for text in texts]
    assert all((state == "failed") == bool(error) for _, state, error in kept)
    batch.delete()
