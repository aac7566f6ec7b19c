"""What GitHub's state must have become for a webhook to be true.

GitHub only sends what has happened. Whoever has the sandbox send an event about a person or a team
therefore means that it happened: state follows, once, before the delivery is tried. Whatever a body
lacks or has in another shape is left alone, for it is sent as it is.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sandbox.github.moments import iso, moment_of
from sandbox.github.organizations import INVITATION_LIFE, Invitation, Organization, User, slug_of
from sandbox.github.state import GitHub


def follow(
    state: GitHub,
    event: str,
    payload: Mapping[str, Any],
    *,
    now: datetime,
    email_of: Callable[[int], str] = lambda _: "",
) -> None:
    """Let the state follow an event that is about to be sent.

    Args:
        state: What is changed.
        event: Its name.
        payload: Its body.
        now: The moment.
        email_of: The address of a user, by id, to which an invitation may have gone; "" for none.
    """
    state.follow(payload, now=now)
    if event == "installation":
        follow_installation(state, payload, now=now)
    told = payload.get("organization")
    if event not in ("organization", "membership") or not isinstance(told, dict):
        return
    if not is_named(told):
        return
    action = payload.get("action")
    if event == "organization" and action == "renamed":
        state.rename_account(told.get("id"), told["login"])
    account = state.name_account(told["login"], dict(told) | {"type": "Organization"}, now=now)
    if account.type != "Organization":
        return
    organization = state.organization_of(account)
    organization.expire(now=now)
    if event == "membership":
        follow_team(state, organization, payload, now=now)
    elif action in ("member_added", "member_removed"):
        follow_member(state, organization, payload, now=now, email_of=email_of)
    elif action == "member_invited":
        follow_invitation(state, organization, payload, now=now)
    state.people.revision += 1


def is_named(told: Mapping[str, Any]) -> bool:
    """Whether an account of a body has a login."""
    return isinstance(told.get("login"), str) and bool(told["login"])


def follow_installation(state: GitHub, payload: Mapping[str, Any], *, now: datetime) -> None:
    """Follow what became of the App, where the body names an account and its installation."""
    told = payload.get("installation")
    owner = told.get("account") if isinstance(told, dict) else None
    if not isinstance(told, dict) or not isinstance(owner, dict) or not is_named(owner):
        return
    known = state.find_account(owner["login"])
    if known is None or known.installation_id != told.get("id"):
        return
    match payload.get("action"):
        case "created":
            known.is_installed, known.suspended_at = True, ""
        case "deleted":
            known.is_installed = False
        case "suspend":
            known.suspended_at = iso(now)
        case "unsuspend":
            known.suspended_at = ""
    state.revision += 1


def user_in(state: GitHub, told: object, *, now: datetime) -> User | None:
    """The user that a body names, who comes into being where unknown."""
    if not isinstance(told, dict) or not is_named(told) or type(told.get("id")) is not int:
        return None
    return state.people.put_user(told["login"], user_id=told["id"], now=now)


def follow_member(
    state: GitHub,
    organization: Organization,
    payload: Mapping[str, Any],
    *,
    now: datetime,
    email_of: Callable[[int], str],
) -> None:
    """Follow `member_added` and `member_removed`; nobody goes from a member back to pending."""
    membership = payload.get("membership")
    if not isinstance(membership, dict):
        return
    user = user_in(state, membership.get("user"), now=now)
    if user is None:
        return
    if payload.get("action") == "member_removed":
        organization.leave(user.id)
    elif membership.get("state") != "pending":
        organization.join(user.id, "admin" if membership.get("role") == "admin" else "member")
        organization.accept_address(email_of(user.id))
    elif organization.state_of(user.id) is None:
        organization.invite(Invitation(iso(now), user.id), now=now)


def follow_invitation(
    state: GitHub, organization: Organization, payload: Mapping[str, Any], *, now: datetime
) -> None:
    """Follow `member_invited`, by login or by e-mail."""
    told = payload.get("invitation")
    if not isinstance(told, dict):
        return
    number, email = told.get("id"), told.get("email")
    user = user_in(state, payload.get("user"), now=now)
    if user is None and not isinstance(email, str):
        return
    if user is not None and organization.state_of(user.id) is not None:
        return
    invitation = Invitation(
        created_at=sent_at(told.get("created_at"), now=now),
        user_id=user.id if user else None,
        email=email,
        role=told.get("role") or "direct_member",
        id=number if type(number) is int else 0,
        inviter=told.get("inviter"),
    )
    organization.invite(invitation, now=now)


def sent_at(told: object, *, now: datetime) -> str:
    """When an invitation was sent that is good now: GitHub's examples are of other years."""
    try:
        moment = moment_of(str(told))
    except ValueError:
        return iso(now)
    margin = timedelta(minutes=1)
    is_recent = now - INVITATION_LIFE + margin < moment <= now
    return iso(moment if is_recent else now)


def follow_team(
    state: GitHub, organization: Organization, payload: Mapping[str, Any], *, now: datetime
) -> None:
    """Follow `membership.added` and `removed`; whoever is added to a team is a member."""
    told = payload.get("team")
    if not isinstance(told, dict) or not isinstance(told.get("name"), str):
        return
    slug = told.get("slug") or slug_of(told["name"])
    if told.get("deleted"):
        organization.teams.pop(slug, None)
        return
    user = user_in(state, payload.get("member"), now=now)
    if user is None or not slug:
        return
    if organization.find_team(slug) is None:
        team = organization.make_team(slug, now=now)
        team.name = told["name"]
        team.id = told["id"] if type(told.get("id")) is int else team.id
    team = organization.make_team(slug, now=now)
    if payload.get("action") == "added":
        organization.join(user.id)
        team.members.setdefault(user.id, "member")
    elif payload.get("action") == "removed":
        team.members.pop(user.id, None)
