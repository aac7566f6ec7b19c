"""Deliveries over REST."""

import uuid
from base64 import b64encode
from datetime import timedelta

import pytest
from rest_framework.test import APIClient

from core import work
from tests.factories.accounts import account
from tests.factories.webhooks import NOW, stored
from webhooks.models import Delivery


@pytest.fixture
def api(django_user_model):
    client = APIClient()
    client.force_authenticate(account("olga"))
    return client


@pytest.mark.django_db
def test_deliveries_are_listed_with_exactly_the_documented_fields(api):
    delivery = stored()

    response = api.get("/api/v1/deliveries/")

    assert response.json() == {
        "results": [
            {
                "guid": str(delivery.guid),
                "event": "workflow_run",
                "action": "completed",
                "repository": "octo-org/octo-repo",
                "organization": "octo-org",
                "received_at": "2026-11-23T12:00:00Z",
                "status": "waiting",
                "reason": "",
                "execution_arn": "",
            }
        ],
        "next": None,
        "previous": None,
    }


@pytest.mark.django_db
def test_the_list_is_also_asked_for_one_guid(api):
    wanted, _other = stored(), stored()

    found = api.get("/api/v1/deliveries/", {"guid": str(wanted.guid)})
    none = api.get("/api/v1/deliveries/", {"guid": str(uuid.uuid4())})
    odd = api.get("/api/v1/deliveries/", {"guid": "odd"})

    assert [one["guid"] for one in found.json()["results"]] == [str(wanted.guid)]
    assert none.json()["results"] == []
    assert (odd.status_code, list(odd.json()["fields"])) == (400, ["guid"])


@pytest.mark.django_db
def test_one_delivery_is_found_by_its_guid(api):
    delivery = stored(event="ping", payload={})

    response = api.get(f"/api/v1/deliveries/{delivery.guid}/")

    assert response.json()["guid"] == str(delivery.guid)
    assert (response.json()["status"], response.json()["reason"]) == (
        "ignored",
        "no workflow uses 'ping'",
    )


@pytest.mark.django_db
def test_an_unknown_guid_is_a_404_in_our_error_shape(api):
    response = api.get(f"/api/v1/deliveries/{uuid.uuid4()}/")

    assert response.status_code == 404
    assert response.json().keys() == {"code", "message", "fields"}
    assert response.json()["code"] == "not_found"


@pytest.mark.django_db
def test_a_delivery_that_waits_for_aws_says_so(api):
    stored()
    [row] = work.claim(Delivery, limit=1, now=NOW, lease_s=20)
    work.postpone(row, not_before=NOW + timedelta(seconds=1), error="AWS could not be reached")

    [result] = api.get("/api/v1/deliveries/").json()["results"]

    assert (result["status"], result["reason"]) == ("waiting", "AWS could not be reached")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"status": "ignored"}, 1),
        ({"status": "waiting"}, 2),
        ({"event": "ping"}, 1),
        ({"event": "workflow_run", "action": "completed"}, 2),
        ({"repository": "octo-org/octo-repo", "status": "waiting"}, 2),
        ({"repository": "octo-org/other"}, 0),
    ],
    ids=str,
)
def test_the_list_can_be_filtered(api, query, count):
    stored(event="ping", payload={})
    stored()
    stored()

    assert len(api.get("/api/v1/deliveries/", query).json()["results"]) == count


@pytest.mark.django_db
def test_a_status_that_does_not_exist_is_refused_by_name(api):
    response = api.get("/api/v1/deliveries/", {"status": "lost"})

    assert (response.status_code, list(response.json()["fields"])) == (400, ["status"])


@pytest.mark.django_db
def test_pages_link_to_each_other_and_show_everything_once(api):
    wanted = [str(stored(event="ping", payload={}).guid) for _number in range(7)][::-1]

    seen, url = [], "http://testserver/api/v1/deliveries/?page_size=3&event=ping"
    while url:
        page = api.get(url).json()
        seen += [row["guid"] for row in page["results"]]
        url = page["next"]

    assert seen == wanted
    assert page["previous"].startswith("http://testserver/api/v1/deliveries/?cursor=")


@pytest.mark.django_db
@pytest.mark.parametrize("position", ["x", "9" * 40, "", "1.5", "\x00"])
def test_a_made_up_cursor_is_a_404_or_a_page_and_never_a_crash(api, position):
    stored()
    cursor = b64encode(f"p={position}".encode()).decode()

    response = api.get("/api/v1/deliveries/", {"cursor": cursor})

    assert response.status_code in {200, 404}
    assert response.json().keys() in (
        {"results", "next", "previous"},
        {"code", "message", "fields"},
    )


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["", f"{uuid.UUID(int=1)}/"])
def test_strangers_get_nothing(path):
    response = APIClient().get(f"/api/v1/deliveries/{path}")

    assert response.status_code == 401
    assert response.json().keys() == {"code", "message", "fields"}


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_deliveries_cannot_be_changed_over_rest(api, method):
    assert getattr(api, method)("/api/v1/deliveries/").status_code == 405
