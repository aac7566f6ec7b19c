"""GitHub's people, organisations and teams, cut to what the product uses of them.

A proxy's login page or another API may answer in GitHub's place: what lacks what it must have is
GitHubUnavailable, never half an object.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypedDict

from ghkit.errors import GitHubUnavailable

if TYPE_CHECKING:
    from collections.abc import Mapping

JoinState = Literal["active", "pending"]
MembershipState = Literal["active", "pending", "none"]


class User(TypedDict):
    """One account; `name` is what the person calls themselves, if anything."""

    id: int
    login: str
    name: str | None
    avatar_url: str


class Organization(TypedDict):
    """One organisation."""

    id: int
    login: str


class Membership(TypedDict):
    """How a user stands to an organisation; `role` is None where the state is `none`."""

    state: MembershipState
    role: str | None


class Team(TypedDict):
    """One team; `privacy` is `closed` or `secret`."""

    slug: str
    id: int
    name: str
    description: str
    privacy: str


class Invitation(TypedDict):
    """An invitation that is open or has failed; `login` is None where it went by e-mail.

    Attributes:
        created_at: ISO 8601, as GitHub gives it. It expires seven days later.
        inviter: Login of who invited.
        failed_at: None while it is open; `failed_reason` says why, in GitHub's words.
    """

    id: int
    login: str | None
    email: str | None
    created_at: str
    inviter: str
    failed_at: str | None
    failed_reason: str | None


def read_user(data: object) -> User:
    """Read an account."""
    raw = read_object(data, "user", "id", "login")
    return {
        "id": raw["id"],
        "login": raw["login"],
        "name": raw.get("name"),
        "avatar_url": raw.get("avatar_url") or "",
    }


def read_organization(data: object) -> Organization:
    """Read an organisation."""
    raw = read_object(data, "organisation", "id", "login")
    return {"id": raw["id"], "login": raw["login"]}


def read_membership(data: object) -> Membership:
    """Read a membership of an organisation."""
    return {"state": read_state(data), "role": read_object(data, "membership").get("role")}


def read_state(data: object) -> JoinState:
    """Read the state of a membership, of an organisation or a team."""
    state = read_object(data, "membership", "state")["state"]
    if state not in ("active", "pending"):
        message = "the answer is no membership"
        raise GitHubUnavailable(message)
    return "active" if state == "active" else "pending"


def read_team(data: object) -> Team:
    """Read a team."""
    raw = read_object(data, "team", "slug", "id")
    return {
        "slug": raw["slug"],
        "id": raw["id"],
        "name": raw.get("name") or raw["slug"],
        "description": raw.get("description") or "",
        "privacy": raw.get("privacy") or "",
    }


def read_invitation(data: object) -> Invitation:
    """Read an invitation, open or failed."""
    raw = read_object(data, "invitation", "id", "created_at")
    return {
        "id": raw["id"],
        "login": raw.get("login"),
        "email": raw.get("email"),
        "created_at": raw["created_at"],
        "inviter": (raw.get("inviter") or {}).get("login") or "",
        "failed_at": raw.get("failed_at"),
        "failed_reason": raw.get("failed_reason"),
    }


def read_object(value: object, what: str, *keys: str) -> Mapping[str, Any]:
    """Pass an answer on if it is an object that has these keys."""
    if not isinstance(value, dict) or any(value.get(key) is None for key in keys):
        message = f"the answer is no {what}"
        raise GitHubUnavailable(message)
    return value
