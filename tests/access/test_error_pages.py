"""Pages for when something is wrong: they must work then, of all times."""

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import OperationalError
from django.http import HttpRequest
from django.test import Client
from django.urls import include, path
from django.views.decorators.http import require_GET
from structlog.testing import capture_logs

from ghadmin import urls as product

handler400, handler404, handler500 = product.handler400, product.handler404, product.handler500


def failing(error):
    @require_GET
    def view(request: HttpRequest):
        raise error

    view.login_required = False
    return view


urlpatterns = [
    path("fails/500/", failing(RuntimeError("a secret inside"))),
    path("fails/503/", failing(OperationalError("database is locked"))),
    path("fails/403/", failing(PermissionDenied("a secret inside"))),
    path("fails/400/", failing(SuspiciousOperation("a secret inside"))),
    path("", include("ghadmin.urls")),
]

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]
WORDS = {
    400: "could not be understood",
    403: "Not allowed",
    500: "Something broke on our side",
    503: "The database is busy",
}


def browse(url, client=None):
    client = client or Client()
    client.raise_request_exception = False
    return client.get(url, headers={"Accept": "text/html,application/xhtml+xml"})


@pytest.mark.parametrize("status", WORDS)
def test_each_failure_has_a_page_that_tells_what_to_do_and_no_secret(status):
    response = browse(f"/fails/{status}/")

    assert response.status_code == status
    assert WORDS[status] in response.content.decode()
    assert "a secret inside" not in response.content.decode()
    assert "css/base.css" in response.content.decode()


def test_what_only_a_button_sends_to_is_no_empty_page(admin_client):
    response = browse("/accounts/ada/role/", admin_client)

    assert response.status_code == 405
    assert response["Allow"] == "POST"
    assert "This address is no page" in response.content.decode()


def test_a_program_gets_its_405_as_it_was(admin_client):
    response = admin_client.get("/accounts/ada/role/", headers={"Accept": "application/json"})

    assert (response.status_code, response.content) == (405, b"")


@pytest.mark.parametrize("status", [400, 500, 503])
def test_the_page_of_a_failure_asks_the_database_nothing(
    client, ada, status, django_assert_num_queries
):
    # It may be the database that failed. Session and account were asked for before the view.
    client.force_login(ada)

    with django_assert_num_queries(2):
        response = browse(f"/fails/{status}/", client)

    assert response.status_code == status


def test_a_page_that_is_not_there_keeps_the_navigation(client, ada):
    client.force_login(ada)

    content = browse("/no-such-page/", client).content.decode()

    assert "There is nothing here" in content
    assert "Sign out" in content


def test_a_busy_database_says_when_to_come_back():
    assert browse("/fails/503/")["Retry-After"] == "5"


def test_the_log_says_what_was_wrong_with_the_database():
    with capture_logs() as logged:
        browse("/fails/503/")

    (entry,) = [one for one in logged if one["event"] == "core.database_unavailable"]
    assert (entry["log_level"], str(entry["exc_info"])) == ("warning", "database is locked")
