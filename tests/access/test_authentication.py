"""Who gets into the REST API, and what the others are told."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import include, path
from rest_framework.response import Response
from rest_framework.views import APIView

from access import services


class WhoAmI(APIView):
    """An endpoint as the apps make them: no word about authentication."""

    def get(self, request):
        return Response({"user": request.user.username})

    post = get


urlpatterns = [path("api/v1/me/", WhoAmI.as_view()), path("", include("ghadmin.urls"))]

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


def token_of(user, **changes):
    arguments = {"name": "ci", "lifetime": None, "now": datetime.now(UTC)} | changes
    return services.issue_token(user=user, **arguments)[1]


def ask(client, credentials=None, method="get", **headers):
    if credentials:
        headers["Authorization"] = credentials
    send = getattr(client, method)
    return send("/api/v1/me/", headers=headers, content_type="application/json")


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_a_token_signs_its_user_in(client, ada, scheme):
    User.objects.create_user("bob")

    response = ask(client, f"{scheme} {token_of(ada)}")

    assert (response.status_code, response.json()) == (200, {"user": "ada"})


def test_a_token_needs_no_csrf_token_to_post(ada):
    client = Client(enforce_csrf_checks=True)

    assert ask(client, f"Bearer {token_of(ada)}", "post").status_code == 200


def test_without_credentials_the_answer_is_401_in_json_with_a_challenge(client):
    response = ask(client)

    assert response.status_code == 401
    assert response["WWW-Authenticate"] == 'Bearer realm="ghadmin"'
    assert response.json() == {
        "code": "not_authenticated",
        "message": "Authentication credentials were not provided.",
        "fields": {},
    }


@pytest.mark.parametrize(
    "credentials",
    [
        "Bearer",
        "Bearer ",
        "Bearer ghadmin_unknown",
        "Bearer é",
        "Bearer a b c",
        "Bearer " + "x" * 7000,
    ],
)
def test_a_token_that_is_not_one_is_refused_in_the_same_words(client, ada, credentials):
    response = ask(client, credentials)

    assert response.status_code == 401
    assert response["WWW-Authenticate"] == 'Bearer realm="ghadmin"'
    assert response.json() == {
        "code": "token_not_valid",
        "message": "The token is unknown, revoked or expired.",
        "fields": {},
    }


def test_an_expired_token_and_an_inactive_account_are_refused_in_those_words(client, ada):
    expired = token_of(ada, lifetime=timedelta(days=1), now=datetime.now(UTC) - timedelta(days=2))
    bob = User.objects.create_user("bob", is_active=False)

    answers = [ask(client, f"Bearer {secret}") for secret in (expired, token_of(bob))]

    assert [answer.status_code for answer in answers] == [401, 401]
    assert {answer.json()["code"] for answer in answers} == {"token_not_valid"}


@pytest.mark.parametrize("scheme", ["Basic", "Token", "Digest"])
def test_other_schemes_are_not_taken(client, ada, scheme):
    assert ask(client, f"{scheme} {token_of(ada)}").status_code == 401


def test_a_bad_token_is_refused_even_beside_a_good_session(client, ada):
    client.force_login(ada)

    assert ask(client, "Bearer ghadmin_unknown").status_code == 401


def test_a_session_reads_but_needs_the_csrf_token_to_write(ada):
    client = Client(enforce_csrf_checks=True)
    client.force_login(ada)
    client.get("/account/tokens/")  # sets the cookie
    csrf = client.cookies["csrftoken"].value

    without = ask(client, method="post")
    given = ask(client, method="post", **{"X-CSRFToken": csrf})

    assert ask(client).status_code == 200
    assert (without.status_code, without.json()["code"]) == (403, "permission_denied")
    assert given.status_code == 200
