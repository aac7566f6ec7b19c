"""The App's JWT and the installation's tokens: who gets in, and GitHub's words for who does not."""

import base64
import hashlib
import hmac
import time
from datetime import UTC, datetime, timedelta

import jwt
import pytest

from sandbox.github.moments import iso
from sandbox.github.state import GitHub, Token

RUN = {"id": 7, "repository": {"full_name": "sandbox-org/api"}}


def test_a_good_jwt_gets_a_token_for_an_hour(services):
    before = datetime.now(UTC)

    answer = services.post_as_app("/app/installations/4242/access_tokens")

    expires_at = datetime.fromisoformat(answer.json()["expires_at"])
    assert answer.status_code == 201
    assert answer.json()["permissions"] == {
        "actions": "read",
        "members": "write",
        "metadata": "read",
    }
    assert answer.json()["repository_selection"] == "all"
    assert abs(expires_at - before - timedelta(hours=1)) < timedelta(seconds=10)


def test_a_token_has_the_long_form_of_2026(services):
    token = services.token()

    prefix, app_id, rest = token.split("_", 2)
    assert (prefix, app_id) == ("ghs", "1234")
    assert 500 < len(token) < 560
    assert jwt.get_unverified_header(rest)["alg"] == "RS256"


NOT_IN_FUTURE = (
    "'Expiration time' claim ('exp') must be a numeric value representing the future time at "
    "which the assertion expires"
)
TOO_FAR = "'Expiration time' claim ('exp') is too far in the future"
NOT_ISSUED = (
    "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was "
    "issued"
)


@pytest.mark.parametrize(
    ("claims", "message"),
    [
        ({"exp": 605}, TOO_FAR),
        ({"exp": -1}, NOT_IN_FUTURE),
        ({"exp": None}, NOT_IN_FUTURE),
        ({"iat": 30}, NOT_ISSUED),
        ({"iat": None}, NOT_ISSUED),
    ],
)
def test_a_jwt_outside_its_time_is_refused_in_githubs_words(services, claims, message):
    now = int(time.time())
    moments = {name: None if after is None else now + after for name, after in claims.items()}

    answer = services.ask("/app", **services.as_app(**moments))

    assert (answer.status_code, answer.json()["message"]) == (401, message)
    assert answer.json()["documentation_url"].startswith("https://docs.github.com/rest/")


def test_a_jwt_may_live_for_ten_minutes(services):
    ten_minutes = services.as_app(exp=int(time.time()) + 600)

    answer = services.ask("/app", **ten_minutes)

    assert answer.status_code == 200


def test_a_jwt_of_another_key_is_refused(services, app_key):
    stranger = type(app_key).generate().app_jwt()

    answer = services.ask("/app", Authorization=f"Bearer {stranger}")

    assert answer.status_code == 401
    assert answer.json()["message"] == "A JSON web token could not be decoded"


def test_a_jwt_signed_with_the_public_key_as_a_secret_is_refused(services, app_key):
    # The classic confusion of algorithms; PyJWT will not even sign such a thing.
    body = app_key.app_jwt().split(".")[1]
    head = base64.urlsafe_b64encode(b'{"alg":"HS256","typ":"JWT"}').decode().rstrip("=")
    signed = hmac.new(app_key.public.encode(), f"{head}.{body}".encode(), hashlib.sha256)
    tail = base64.urlsafe_b64encode(signed.digest()).decode().rstrip("=")

    answer = services.ask("/app", Authorization=f"Bearer {head}.{body}.{tail}")

    assert answer.status_code == 401


def test_an_app_that_github_does_not_know_is_not_found(services):
    answer = services.ask("/app", **services.as_app(iss="99"))

    assert (answer.status_code, answer.json()["message"]) == (404, "Integration not found")


def test_the_client_id_may_stand_for_the_app_id(services):
    client_id = services.get_as_app("/app").json()["client_id"]

    answer = services.ask("/app", **services.as_app(iss=client_id))

    assert answer.json()["id"] == 1234


def test_an_installation_token_is_no_jwt(services):
    answer = services.get("/app")

    assert answer.status_code == 401


def test_an_unknown_installation_has_no_token(services):
    answer = services.post_as_app("/app/installations/1/access_tokens")

    assert (answer.status_code, answer.json()["message"]) == (404, "Not Found")


@pytest.mark.parametrize(
    "path",
    [
        "/repos/sandbox-org/api",
        "/repos/sandbox-org/api/actions/runs",
        "/repos/sandbox-org/api/actions/runs/7",
        "/repos/sandbox-org/api/actions/runs/7/attempts/1",
        "/repos/sandbox-org/api/actions/runs/7/attempts/1/jobs",
        "/repos/sandbox-org/api/actions/runs/7/jobs",
        "/repos/sandbox-org/api/actions/jobs/8",
        "/rate_limit",
    ],
)
def test_a_token_that_was_never_issued_is_a_bad_credential_everywhere(services, path):
    services.put_run(RUN, {"1": [{"id": 8}]})
    services.order("PUT", "/limits", {"github": True})
    assert services.get(path).status_code == 200

    answer = services.get(path, token="ghs_1234_made.up.token")

    assert (answer.status_code, answer.json()["message"]) == (401, "Bad credentials")


def test_without_a_token_nothing_is_shown(services):
    services.put_run(RUN)

    answer = services.ask("/repos/sandbox-org/api")

    assert (answer.status_code, answer.json()["message"]) == (401, "Requires authentication")


def test_a_token_ends_after_its_hour():
    now = datetime(2026, 11, 1, tzinfo=UTC)
    state = GitHub()
    token = Token(4242, iso(now + timedelta(hours=1)), {"metadata": "read"}, None)

    state.keep_token("ghs_1", token, now=now)

    assert state.find_token("ghs_1", now=now + timedelta(minutes=59)) == token
    assert state.find_token("ghs_1", now=now + timedelta(hours=1)) is None


def test_a_private_repository_is_seen_by_its_own_installation_alone(services):
    services.put_run({"id": 1, "repository": {"full_name": "other/secret", "private": True}})
    services.put_run({"id": 2, "repository": {"full_name": "other/open", "private": False}})

    answers = {name: services.get(f"/repos/other/{name}") for name in ("secret", "open")}

    assert answers["secret"].json()["message"] == "Not Found"
    assert answers["open"].json()["full_name"] == "other/open"


def test_a_token_narrowed_to_one_repository_does_not_see_the_next(services):
    services.put_run(RUN)
    services.put_run({"id": 9, "repository": {"full_name": "sandbox-org/web"}})

    token = services.token(repositories=["web"])

    assert services.get("/repos/sandbox-org/web", token=token).status_code == 200
    assert services.get("/repos/sandbox-org/api", token=token).status_code == 404


def test_a_token_without_the_permission_is_told_which_one_it_lacks(services):
    services.put_run(RUN)
    token = services.token(permissions={"metadata": "read"})

    answer = services.get("/repos/sandbox-org/api/actions/runs/7/attempts/1/jobs", token=token)

    assert answer.status_code == 403
    assert answer.json()["message"] == "Resource not accessible by integration"
    assert answer.headers["x-accepted-github-permissions"] == "actions=read"


@pytest.mark.parametrize(
    ("order", "status"),
    [
        ({"permissions": {"actions": "write"}}, 422),
        ({"permissions": {"contents": "read"}}, 422),
        ({"repositories": ["nowhere"]}, 422),
        ({"repositories": [["api"]]}, 422),
        ({"repository_ids": "7"}, 422),
        ([], 400),
    ],
)
def test_a_token_cannot_be_asked_for_more_than_was_granted(services, order, status):
    answer = services.post_as_app("/app/installations/4242/access_tokens", order)

    assert answer.status_code == status
    assert "token" not in answer.json()


def test_a_token_outlives_a_reset(services):
    token = services.token()
    services.order("POST", "/reset")

    services.put_run(RUN)

    assert services.get("/repos/sandbox-org/api", token=token).status_code == 200
