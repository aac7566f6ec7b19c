"""Onboardings over REST."""

import json
from uuid import uuid4

import pytest

from onboarding.enums import RowState
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
