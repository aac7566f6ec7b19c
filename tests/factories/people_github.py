"""A GitHub of a few people over real HTTP: members, teams and invitations as the test wrote them."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.factories import http_servers


@dataclass
class PeopleGitHub:
    """What it knows, and what it was asked to change.

    Attributes:
        users: Logins by id.
        members: How people stand to the organisation, by login: active or pending.
        teams: How people stand to each team, by slug and login.
        invitations: Open ones, in GitHub's shape.
        failed: Failed ones.
        writes: Verb and path of every request that changes something, in order.
        refusal: Status, headers and body that answer everything but the signing in.
    """

    url: str = ""
    users: dict[int, str] = field(default_factory=dict)
    members: dict[str, str] = field(default_factory=dict)
    teams: dict[str, dict[str, str]] = field(default_factory=dict)
    invitations: list[dict[str, Any]] = field(default_factory=list)
    failed: list[dict[str, Any]] = field(default_factory=list)
    writes: list[str] = field(default_factory=list)
    refusal: tuple[int, dict[str, str], Any] | None = None
    refuse_writes_to: dict[str, tuple[int, dict[str, str], Any]] = field(default_factory=dict)
    now: str = "2026-11-25T12:00:00Z"

    def invite(self, number: int, *, login=None, email=None, created_at=None, **more: Any) -> None:
        """Have an open invitation, or with `failed_at` one that failed."""
        raw = {
            "id": number,
            "login": login,
            "email": email,
            "created_at": created_at or self.now,
            "inviter": {"login": "olga"},
            **more,
        }
        (self.failed if more.get("failed_at") else self.invitations).append(raw)
        if login and not more.get("failed_at"):
            self.members.setdefault(login, "pending")

    def answer(self, verb: str, path: str, body: Any) -> tuple[int, dict[str, str], Any]:
        """Answer one request."""
        if path.endswith("/access_tokens"):
            return 201, {}, {"token": "ghs_x", "expires_at": "2099-01-01T00:00:00Z"}
        if path.endswith("/installation"):
            return 200, {}, {"id": 4242, "suspended_at": None}
        if self.refusal:
            return self.refusal
        if verb != "GET":
            self.writes.append(f"{verb} {path}")
        if (refused := self.refuse_writes_to.get(f"{verb} {path}")) is not None:
            return refused
        for pattern, method in _ROUTES:
            if match := re.fullmatch(pattern, f"{verb} {path}"):
                return method(self, *match.groups(), *([body] if verb == "POST" else []))
        return 404, {}, {"message": "Not Found"}

    def _user(self, number):
        login = self.users.get(int(number))
        return (200, {}, {"id": int(number), "login": login}) if login else _MISSING

    def _membership(self, login):
        state = self.members.get(login)
        return (200, {}, {"state": state, "role": "member"}) if state else _MISSING

    def _list_teams(self):
        return 200, {}, [{"slug": slug, "id": 1} for slug in self.teams]

    def _team(self, slug):
        return (200, {}, {"slug": slug, "id": 1}) if slug in self.teams else _MISSING

    def _team_membership(self, slug, login):
        state = self.teams.get(slug, {}).get(login)
        return (200, {}, {"state": state, "role": "member"}) if state else _MISSING

    def _add_to_team(self, slug, login):
        if slug not in self.teams:
            return _MISSING
        self.teams[slug][login] = self.members.get(login, "pending")
        return 200, {}, {"state": self.teams[slug][login], "role": "member"}

    def _invitations(self):
        return 200, {}, self.invitations

    def _failed(self):
        return 200, {}, self.failed

    def _cancel(self, number):
        gone = [one for one in self.invitations if one["id"] == int(number)]
        for one in gone:
            self.invitations.remove(one)
            self.members.pop(one["login"], None)
            for team in self.teams.values():
                team.pop(one["login"], None)
        return (204, {}, None) if gone else _MISSING

    def _create(self, body):
        number = 9_000 + len(self.writes)
        login = self.users.get(body.get("invitee_id"))
        self.invite(number, login=login, email=body.get("email"))
        return 201, {}, self.invitations[-1]


_MISSING = (404, {}, {"message": "Not Found"})
_ORG = "/orgs/sandbox-org"
_ROUTES = (
    (r"GET /user/(\d+)", PeopleGitHub._user),
    (rf"GET {_ORG}/memberships/([^/]+)", PeopleGitHub._membership),
    (rf"GET {_ORG}/teams", PeopleGitHub._list_teams),
    (rf"GET {_ORG}/teams/([^/]+)", PeopleGitHub._team),
    (rf"GET {_ORG}/teams/([^/]+)/memberships/([^/]+)", PeopleGitHub._team_membership),
    (rf"PUT {_ORG}/teams/([^/]+)/memberships/([^/]+)", PeopleGitHub._add_to_team),
    (rf"GET {_ORG}/invitations", PeopleGitHub._invitations),
    (rf"GET {_ORG}/failed_invitations", PeopleGitHub._failed),
    (rf"DELETE {_ORG}/invitations/(\d+)", PeopleGitHub._cancel),
    (rf"POST {_ORG}/invitations", PeopleGitHub._create),
)


@cache
def app_key() -> str:
    """Return a key that signs, as PEM; making one takes a while."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form = serialization.PrivateFormat.PKCS8
    encryption = serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, form, encryption).decode()


@contextmanager
def serving() -> Iterator[PeopleGitHub]:
    """Serve until the block ends."""
    github = PeopleGitHub()

    def answer(request: http_servers.Request) -> http_servers.Answer:
        return github.answer(request.verb, request.path.partition("?")[0], request.data)

    with http_servers.serving(answer) as github.url:
        yield github
