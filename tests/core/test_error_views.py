"""Errors outside of views: people get a page, programs get `{"code", "message", "fields"}`."""

import pytest
from django.db import OperationalError, connection
from django.test import Client

from tests.factories.accounts import account
from tests.factories.webhooks import post


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/api/v1/nothing/", "/webhooks/nothing/"])
def test_an_address_that_leads_nowhere_is_told_to_programs_in_our_shape(client, path):
    response = client.get(path)

    assert (response.status_code, response.json()) == (
        404,
        {"code": "not_found", "message": "Nothing stands at this address.", "fields": {}},
    )


@pytest.mark.django_db
def test_an_address_that_leads_nowhere_is_a_page_for_people(client):
    response = client.get("/nothing/")

    assert response.status_code == 404
    assert response["Content-Type"].startswith("text/html")


@pytest.mark.django_db
def test_another_host_is_refused_in_our_shape(client):
    response = client.post("/webhooks/github/", headers={"Host": "evil.example"})

    assert (response.status_code, response.json()["code"]) == (400, "bad_request")


@pytest.fixture
def broken_database():
    """Every query fails, as when the server is gone."""

    def fail(execute, sql, params, many, context):
        raise OperationalError("server closed the connection unexpectedly")

    with connection.execute_wrapper(fail):
        yield


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "kind"),
    [("/deliveries/", "text/html"), ("/api/v1/deliveries/", "application/json")],
)
def test_a_database_that_is_gone_is_a_503_also_where_middleware_meets_it(path, kind, request):
    client = Client(raise_request_exception=False)
    client.force_login(account("olga"))
    request.getfixturevalue("broken_database")

    response = client.get(path, headers={"Accept": kind})

    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert response["Content-Type"].startswith(kind)
    assert b"database" in response.content


@pytest.mark.django_db
def test_a_delivery_without_a_database_is_a_503(client, broken_database):
    response = post(client)

    assert (response.status_code, response.json()["code"]) == (503, "database_busy")
    assert response["Retry-After"] == "5"


@pytest.mark.django_db
def test_a_bug_is_a_500_that_tells_nothing_of_itself(monkeypatch):
    client = Client(raise_request_exception=False)
    monkeypatch.setattr("webhooks.services.ingest", lambda **_: 1 / 0)

    response = post(client)

    assert (response.status_code, response.json()) == (
        500,
        {
            "code": "server_error",
            "message": "Something went wrong here; the log says what.",
            "fields": {},
        },
    )
