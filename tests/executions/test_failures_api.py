"""Kinds of failures over REST."""

from datetime import timedelta
from http import HTTPStatus

import pytest

from executions.models import Family
from tests.factories.executions import mirrored, told
from tests.factories.step_functions import START

pytestmark = pytest.mark.django_db
END = START + timedelta(minutes=5)
LIST = "/api/v1/failures/"
JSON = "application/json"


@pytest.fixture
def kinds(sfn, now):
    """Two failures of one kind, then one of another."""
    for number, error in ((1, "GitHubUnavailable"), (2, "GitHubUnavailable"), (3, "Other")):
        ended = told(number).ends("FAILED", END + timedelta(minutes=number), error=error)
        mirrored(sfn, ended, now=now)


def listed(client, query=""):
    return {one["error"]: one for one in client.get(f"{LIST}{query}").json()["results"]}


def test_kinds_are_listed_with_how_many_failures_wait(admin_client, kinds):
    found = listed(admin_client)

    assert list(found) == ["Other", "GitHubUnavailable"]
    family = Family.objects.get(error="GitHubUnavailable")
    assert found["GitHubUnavailable"] == {
        "id": str(family.public_id),
        "state_machine": "workflow-cost",
        "state": "FetchJobs",
        "error": "GitHubUnavailable",
        "cause": "GitHub answered 502",
        "open": 2,
        "by_day": [0] * 13 + [2],
        "first_seen_at": "2026-11-23T10:06:00Z",
        "latest_seen_at": "2026-11-23T10:07:00Z",
        "acknowledged_at": None,
        "acknowledged_by": None,
        "note": "",
        "recurred_at": None,
    }
    executions = admin_client.get(f"/api/v1/executions/?family={family.public_id}").json()
    assert len(executions["results"]) == 2


def test_a_program_takes_note_once_and_the_kind_leaves_the_list(admin_client, kinds):
    url = f"{LIST}{listed(admin_client)['Other']['id']}/"

    taken = admin_client.post(f"{url}acknowledge/", {"note": "known"}, content_type=JSON)
    again = admin_client.post(f"{url}acknowledge/", {"note": "mine"}, content_type=JSON)

    assert taken.status_code == HTTPStatus.OK
    assert (again.status_code, again.json()["code"]) == (409, "already_acknowledged")
    told_of = admin_client.get(url).json()
    assert (told_of["note"], told_of["acknowledged_by"], told_of["open"]) == ("known", "admin", 0)
    assert list(listed(admin_client)) == ["GitHubUnavailable"]
    assert list(listed(admin_client, "?handled=true")) == ["Other"]


def test_pages_of_kinds_are_linked(admin_client, kinds):
    first = admin_client.get(f"{LIST}?page_size=1").json()
    second = admin_client.get(first["next"]).json()

    assert [one["error"] for one in first["results"] + second["results"]] == [
        "Other",
        "GitHubUnavailable",
    ]
    assert second["next"] is None


@pytest.mark.parametrize("count", [1, 3])
def test_more_kinds_take_no_more_queries(
    sfn, now, admin_client, django_assert_max_num_queries, count
):
    for number in range(count):
        mirrored(sfn, told(number).ends("FAILED", END, error=f"Error{number}"), now=now)

    with django_assert_max_num_queries(5):
        assert len(listed(admin_client)) == count


def test_what_makes_no_sense_is_refused_by_name(admin_client, kinds):
    url = f"{LIST}{listed(admin_client)['Other']['id']}/acknowledge/"

    misspelt = admin_client.post(url, {"notes": "x"}, content_type=JSON)
    too_long = admin_client.post(url, {"note": "x" * 2_001}, content_type=JSON)
    filtered = admin_client.get(f"{LIST}?handled=perhaps")
    unknown = admin_client.get(f"{LIST}00000000-0000-4000-8000-000000000000/")

    assert [list(one.json()["fields"]) for one in (misspelt, too_long, filtered)] == [
        ["notes"],
        ["note"],
        ["handled"],
    ]
    assert unknown.status_code == HTTPStatus.NOT_FOUND
    assert not Family.objects.filter(acknowledged_at__isnull=False).exists()


def test_strangers_take_note_of_nothing(client, admin_client, kinds):
    url = f"{LIST}{listed(admin_client)['Other']['id']}/acknowledge/"

    assert client.get(LIST).status_code == HTTPStatus.UNAUTHORIZED
    assert client.post(url).status_code == HTTPStatus.UNAUTHORIZED
    assert not Family.objects.filter(acknowledged_at__isnull=False).exists()
