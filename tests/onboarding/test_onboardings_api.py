"""Onboardings over REST."""

import json
from uuid import uuid4

import pytest

from onboarding.enums import BatchSource, RowState
from onboarding.models import Batch
from tests.factories.accounts import account
from tests.factories.batches import checked, created

URL = "/api/v1/onboardings/"
pytestmark = pytest.mark.django_db


@pytest.fixture
def api(client):
    user = account("ada")
    client.force_login(user)
    return client


def post(client, body, url=URL):
    return client.post(url, json.dumps(body), content_type="application/json")


def test_people_are_accepted_at_once_and_confirmed_by_the_call(api):
    answer = post(
        api, {"organization": "octo-org", "people": [{"login": "ada"}, {"login": "bob"}]}
    )

    assert answer.status_code == 202
    batch = Batch.objects.get()
    assert answer.json() == {"id": str(batch.public_id), "total": 2}
    assert (batch.is_confirmed, batch.source, batch.requested_by_name) == (True, "api", "ada")


def test_an_onboarding_is_shown_person_by_person(api):
    batch = checked("ada", "bob", "eve", "mia", "zoe")
    rows = batch.rows
    rows.filter(number=1).update(state=RowState.SUCCEEDED, execution_arn="arn:1")
    rows.filter(number=2).update(state=RowState.FAILED, error="PersonUnknown: no record")
    rows.filter(number=3).update(state=RowState.SKIPPED)
    rows.filter(number=4).update(state=RowState.CANCELLED)

    answer = api.get(f"{URL}{batch.public_id}/")

    assert answer.json() == {
        "id": str(batch.public_id),
        "total": 5,
        "succeeded": 2,
        "failed": 2,
        "running": 1,
        "rows": [
            {"login": "ada", "status": "succeeded", "error": None, "execution_arn": "arn:1"},
            {
                "login": "bob",
                "status": "failed",
                "error": "PersonUnknown: no record",
                "execution_arn": None,
            },
            {"login": "eve", "status": "skipped", "error": None, "execution_arn": None},
            {"login": "mia", "status": "cancelled", "error": None, "execution_arn": None},
            {"login": "zoe", "status": "waiting", "error": None, "execution_arn": None},
        ],
    }


@pytest.mark.parametrize("people", [1, 3])
def test_an_onboarding_costs_the_same_queries_whatever_its_size(
    api, people, django_assert_num_queries
):
    batch = created(*(f"u{number}" for number in range(people)))
    api.get(f"{URL}{batch.public_id}/")

    with django_assert_num_queries(4):  # session, user, batch, rows
        api.get(f"{URL}{batch.public_id}/")


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (
            {"people": [{"login": "ada"}, {}, {"login": ""}]},
            {
                "people": [
                    "Row 2, login: This field is required.",
                    "Row 3, login: This field may not be blank.",
                ]
            },
        ),
        (
            {"people": [{"login": "ada"}, "bob"]},
            {"people": ["Row 2: Invalid data. Expected a dictionary, but got str."]},
        ),
        ({"people": []}, {"people": ["This list may not be empty."]}),
        ({"people": "ada"}, {"people": ['Expected a list of items but got type "str".']}),
        ({}, {"people": ["This field is required."]}),
    ],
)
def test_bad_input_is_answered_with_the_row_that_it_is_in(api, body, fields):
    answer = post(api, {"organization": "octo-org"} | body)

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert answer.json()["fields"] == fields
    assert not Batch.objects.exists()


@pytest.mark.parametrize("organization", ["", "  ", None, ["octo-org"]])
def test_an_organisation_that_is_given_and_is_none_is_refused_by_name(api, settings, organization):
    settings.GITHUB_ORG = "default-org"

    answer = post(api, {"organization": organization, "people": [{"login": "ada"}]})

    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["organization"])
    assert not Batch.objects.exists()


def test_an_organisation_that_is_left_out_is_the_default_one(api, settings):
    settings.GITHUB_ORG = "default-org"

    assert post(api, {"people": [{"login": "ada"}]}).status_code == 202
    assert Batch.objects.get().organization == "default-org"


def test_onboardings_are_listed_the_latest_first_without_their_people(api):
    first = created("ada", source=BatchSource.FILE, title="autumn.csv")
    second = checked("bob", "eve", state="done")
    second.rows.filter(number=1).update(state=RowState.SUCCEEDED)
    second.rows.filter(number=2).update(state=RowState.FAILED, error="PersonUnknown: no record")

    listed = api.get(URL).json()

    assert (listed["next"], listed["previous"]) == (None, None)
    assert listed["results"][1] == {
        "id": str(first.public_id),
        "organization": "octo-org",
        "title": "autumn.csv",
        "source": "file",
        "state": "checking",
        "requested_at": "2026-11-25T09:00:00Z",
        "requested_by": "",
        "total": 1,
        "succeeded": 0,
        "failed": 0,
        "running": 1,
    }
    counts = [listed["results"][0][name] for name in ("total", "succeeded", "failed", "running")]
    assert (listed["results"][0]["state"], counts) == ("done", [2, 1, 1, 0])


def test_the_list_is_filtered_by_state_and_read_page_by_page(api):
    for state in ("done", "paused", "done", "done"):
        checked("ada", state=state)

    page = api.get(f"{URL}?state=done&page_size=2").json()
    rest = api.get(page["next"]).json()
    unknown = api.get(f"{URL}?state=finished")

    assert [len(one["results"]) for one in (page, rest)] == [2, 1]
    assert {row["state"] for row in page["results"] + rest["results"]} == {"done"}
    assert (unknown.status_code, list(unknown.json()["fields"])) == (400, ["state"])


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_costs_the_same_queries_whatever_its_length(api, rows, django_assert_num_queries):
    for _ in range(rows):
        created("ada", "bob")

    with django_assert_num_queries(4):  # session, user, batches, their people's counts
        api.get(URL)


@pytest.mark.parametrize(
    ("turn", "before", "after"),
    [
        ("start", "ready", "running"),
        ("pause", "running", "paused"),
        ("resume", "paused", "running"),
        ("cancel", "running", "cancelled"),
        ("cancel", "paused", "cancelled"),
    ],
)
def test_an_onboarding_is_steered_as_on_its_page(api, turn, before, after):
    batch = checked("ada", "bob", state=before)

    answer = api.post(f"{URL}{batch.public_id}/{turn}/")
    again = api.post(f"{URL}{batch.public_id}/{turn}/")

    batch.refresh_from_db()
    assert (answer.status_code, answer.json()["state"], batch.state) == (202, after, after)
    assert answer.json()["failed"] == (2 if turn == "cancel" else 0)
    # What has moved on is said, and nothing changes.
    assert (again.status_code, again.json()["code"]) == (409, "onboarding_moved")


@pytest.mark.parametrize("turn", ["start", "pause", "resume", "cancel", "retry"])
def test_an_unknown_onboarding_is_not_steered(api, turn):
    answer = api.post(f"{URL}{uuid4()}/{turn}/")

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_too_many_people_are_refused_as_a_whole(api):
    answer = post(api, {"organization": "o", "people": [{"login": f"u{n}"} for n in range(5_001)]})

    assert (answer.status_code, answer.json()["code"]) == (413, "too_many_people")
    assert not Batch.objects.exists()


def test_a_retry_takes_the_failed_and_nobody_else(api):
    batch = checked("ada", "bob", state="done")
    batch.rows.filter(number=1).update(state=RowState.SUCCEEDED)
    batch.rows.filter(number=2).update(state=RowState.FAILED, error="GitHubUnavailable: 502")

    answer = api.post(f"{URL}{batch.public_id}/retry/")

    assert answer.status_code == 202
    assert [row["status"] for row in answer.json()["rows"]] == ["succeeded", "checking"]


def test_a_retry_that_helps_nobody_is_refused_with_the_reason(api):
    batch = checked("ada", state="done")
    batch.rows.update(state=RowState.SUCCEEDED)

    answer = api.post(f"{URL}{batch.public_id}/retry/")

    assert (answer.status_code, answer.json()["code"]) == (409, "onboarding_moved")


def test_an_unknown_onboarding_is_not_found(api):
    answer = api.get(f"{URL}{uuid4()}/")

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_nobody_onboards_without_a_token(client):
    answer = post(client, {"organization": "octo-org", "people": [{"login": "ada"}]})

    assert answer.status_code == 401
    assert not Batch.objects.exists()
