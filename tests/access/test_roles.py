"""Who may change what: every address that changes something is refused to who may not."""

import json
import re
from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import OperationalError
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils.html import strip_tags

from access import services
from access.enums import Role
from access.models import Change
from access.roles import need_of, role_of
from tests.access.test_doors import sample
from tests.factories.accounts import account

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
UNSAFE = ("POST", "PUT", "PATCH", "DELETE")
# Open to strangers, with a guard of their own: the gate, and GitHub's signature.
GUARDED_OTHERWISE = {
    "sign-in/",
    "webhooks/github/",
    "webhooks/github",
    "healthz",
    "readyz",
    "metrics",
}
# What everybody who is signed in may do: all of it is their own, but for a look at AWS.
FOR_VIEWERS = {
    "sign-out/",
    "account/password/",
    "account/tokens/",
    "account/tokens/<uuid:public_id>/revoke/",
    "executions/find/",
}
FOR_ADMINS = {
    "accounts/",
    "accounts/<path:username>/<slug:action>/",
    "audit/",
    "deliveries/recovery/back-fill/",
    "deliveries/routing/<slug:event>/<slug:action>/",
    "directory/",
    "directory/uploads/<uuid:public_id>/write/",
    "team-rules/",
    "team-rules/versions/<int:version>/restore/",
}


def views(patterns=None, prefix=""):
    """Every address of the product with its view."""
    for entry in get_resolver().url_patterns if patterns is None else patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from views(entry.url_patterns, route)
        elif isinstance(entry, URLPattern):
            yield route, entry.callback


def knock(role, routes):
    """Send every unsafe method to every address, as a session and as a token; {(…): status}."""
    user = account(f"one-{role}", role)
    session = Client()
    session.force_login(user)
    secret = services.issue_token(user=user, name="ci", lifetime=None, now=NOON)[1]
    bearer = Client(headers={"Authorization": f"Bearer {secret}"})
    answers = {}
    for route in routes:
        is_api = route.startswith("api/v1/")
        for way, client in (("session", session), ("token", bearer))[: 2 if is_api else 1]:
            for method in UNSAFE:
                answer = client.generic(method, sample(route), "{}", "application/json")
                answers[way, method, route] = answer.status_code
    return answers


def of_need(*roles):
    return [
        route
        for route, view in views()
        if route not in GUARDED_OTHERWISE and need_of(view).role in roles
    ]


@pytest.mark.django_db
def test_a_viewer_changes_nothing_at_any_address():
    answers = knock(Role.VIEWER, of_need(Role.OPERATOR, Role.ADMIN))

    assert len(answers) > 200
    assert {key: status for key, status in answers.items() if status != 403} == {}
    # Only the refusals were written.
    assert set(Change.objects.values_list("is_refused", flat=True)) == {True}


@pytest.mark.django_db
def test_an_operator_changes_nothing_that_is_for_administrators():
    answers = knock(Role.OPERATOR, of_need(Role.ADMIN))

    assert {key: status for key, status in answers.items() if status != 403} == {}


def test_what_viewers_and_administrators_alone_may_is_what_is_written_here():
    stated = {route: need_of(view) for route, view in views() if hasattr(view, "need")}

    assert {r for r, need in stated.items() if need.role == Role.VIEWER} == FOR_VIEWERS | {
        "sign-in/"
    }
    assert {r for r, need in stated.items() if need.role == Role.ADMIN} == FOR_ADMINS
    # Reading is closed nowhere else, and what states no role lets administrators alone change it.
    assert {r for r, need in stated.items() if need.also_to_read} == {
        "accounts/",
        "accounts/<path:username>/<slug:action>/",
        "audit/",
    }


@pytest.mark.django_db
def test_every_address_that_takes_a_post_says_in_words_what_it_does():
    # An administrator's empty POST reaches the view: 405 means that it takes none.
    user = account("root")
    client = Client(raise_request_exception=False)
    unnamed = []
    client.force_login(user)
    for route, view in views():
        if route in GUARDED_OTHERWISE or hasattr(view, "need"):
            continue
        if hasattr(getattr(view, "cls", None), "need"):
            continue
        if client.post(sample(route), "{}", "application/json").status_code != 405:
            unnamed.append(route)

    # The redirect from the root answers a POST as it answers a GET.
    assert unnamed == [""]


@pytest.mark.django_db
def test_a_refusal_says_which_role_is_needed_and_who_gives_it(client):
    account("grace")
    client.force_login(account("vera", "viewer"))
    path = sample("executions/<uuid:public_id>/retry/")

    page = client.post(path)
    part = client.post(path, headers={"HX-Request": "true"})
    rest = client.post(sample("api/v1/executions/<uuid:public_id>/retry/"))

    sentence = (
        "To retry an execution you need the role operator; yours is viewer. "
        "An administrator gives roles: grace."
    )
    assert (page.status_code, part.status_code, rest.status_code) == (403, 403, 403)
    assert sentence in re.sub(r"\s+", " ", strip_tags(page.content.decode()))
    assert part.content.decode() == sentence
    assert rest.json() == {"code": "role_needed", "message": sentence, "fields": {}}


@pytest.mark.django_db
def test_a_token_loses_what_its_owner_loses(client):
    owner = account("otto", "operator")
    secret = services.issue_token(user=owner, name="ci", lifetime=None, now=NOON)[1]
    bearer = {"Authorization": f"Bearer {secret}"}
    path = "/api/v1/onboardings/"
    body = json.dumps({"organization": "octo-org", "people": [{"login": "ada"}]})

    before = client.post(path, body, "application/json", headers=bearer)
    services.set_role(username="otto", role=Role.VIEWER)
    after = client.post(path, body, "application/json", headers=bearer)

    assert (before.status_code, after.status_code) == (202, 403)
    assert client.get("/api/v1/executions/", headers=bearer).status_code == 200


@pytest.mark.django_db
def test_roles_are_read_from_the_account():
    assert [role_of(account(role, role)) for role in Role] == list(Role)
    assert role_of(AnonymousUser()) is None


@pytest.mark.django_db
def test_each_change_is_noted_with_who_by_which_way_and_as_what(client):
    user = account("otto", "operator")
    client.force_login(user)
    secret = services.issue_token(user=user, name="nightly", lifetime=None, now=NOON)[1]

    client.get("/executions/")
    client.post("/members/invitations/check/?page=2")
    client.post("/team-rules/")
    Client(headers={"Authorization": f"Bearer {secret}"}).post(
        "/api/v1/onboardings/",
        json.dumps({"organization": "octo-org", "people": [{"login": "ada"}]}),
        "application/json",
    )

    assert list(
        Change.objects.order_by("pk").values_list(
            "username", "role", "token_name", "did", "path", "is_refused"
        )
    ) == [
        (
            "otto",
            "operator",
            "",
            "compare invitations with GitHub's",
            "/members/invitations/check/",
            False,
        ),
        ("otto", "operator", "", "change team rules", "/team-rules/", True),
        ("otto", "operator", "nightly", "onboard people", "/api/v1/onboardings/", False),
    ]


@pytest.mark.django_db
def test_what_was_only_looked_at_or_was_not_valid_is_not_noted(client):
    client.force_login(account("root"))
    path = "/deliveries/routing/workflow_run/completed/"

    tried = client.post(path, {"preview": "1"})
    invalid = client.post("/onboard/one/", {"login": "not a login"})
    body = json.dumps({"filter": {"status": "failed"}, "preview": True})
    counted = client.post("/api/v1/retries/", body, "application/json")

    assert [one.status_code for one in (tried, invalid, counted)] == [200, 422, 200]
    assert not Change.objects.exists()
    assert client.post(path, {"save": "1"}).status_code == 302
    assert Change.objects.get().did == "change a route's filter"


@pytest.mark.django_db
def test_an_address_with_a_nul_is_refused_and_noted_as_any_other(client):
    client.force_login(account("vera", "viewer"))
    refused = client.post("/members/42/%00/chores/resend/")
    client.force_login(account("root"))
    unknown = client.post("/accounts/%00/role/", {"role": "viewer"})

    assert (refused.status_code, unknown.status_code) == (403, 404)
    assert Change.objects.get().path == "/members/42/\N{REPLACEMENT CHARACTER}/chores/resend/"


def locked(*_arguments):
    raise OperationalError("database is locked")


@pytest.mark.django_db
def test_a_change_that_cannot_be_noted_is_not_made(monkeypatch):
    otto = account("otto", "viewer")
    client = Client(raise_request_exception=False)
    client.force_login(account("root"))
    monkeypatch.setattr(services, "open_change", locked)

    answer = client.post("/accounts/otto/role/", {"role": "admin"})

    otto.refresh_from_db()
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert not otto.is_superuser


@pytest.mark.django_db
def test_a_refusal_that_cannot_be_noted_is_a_refusal(client, monkeypatch):
    client.force_login(account("vera", "viewer"))
    monkeypatch.setattr(services, "note_refusal", locked)

    assert client.post("/members/invitations/check/").status_code == 403


@pytest.mark.django_db
def test_a_change_that_was_made_is_answered_so_though_its_line_stays_open(client, monkeypatch):
    client.force_login(account("root"))
    monkeypatch.setattr(services, "close_change", locked)

    assert client.post("/members/invitations/check/").status_code == 302
    assert Change.objects.get().is_open


@pytest.mark.django_db
@pytest.mark.parametrize("end", [SystemExit, ValueError], ids=["killed", "broken"])
def test_a_change_that_is_cut_off_keeps_its_line_and_the_audit_says_so(client, monkeypatch, end):
    def cut_off(**_fields):
        raise end

    client.force_login(account("root"))
    monkeypatch.setattr(services, "set_role", cut_off)

    with pytest.raises(end):
        client.post("/accounts/otto/role/", {"role": "admin"})

    assert [(line.did, line.is_open) for line in Change.objects.all()] == [
        ("change an account", True)
    ]
    page = client.get("/audit/?show=open").content.decode()
    assert "Not ended" in page
    assert "/accounts/otto/role/" in page


@pytest.mark.django_db
def test_what_ended_is_not_among_what_has_not(client):
    client.force_login(account("root"))
    client.post("/members/invitations/check/")

    assert "/members/invitations/check/" in client.get("/audit/").content.decode()
    assert "/members/invitations/check/" not in client.get("/audit/?show=open").content.decode()
