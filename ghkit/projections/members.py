"""People who join, leave, are invited or change teams: `onboard-member` and `update-member`.

The bodies carry no time, so late and repeated ones cannot be told from fresh ones: a projection
says where to look, and the state machine asks GitHub what is true now.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

from ghkit.contracts import OnboardingReason
from ghkit.errors import InvalidPayload
from ghkit.projections.fields import (
    expected,
    id_of,
    installation_id_of,
    login_of,
    name_of,
    object_of,
    optional_id,
    shown,
)
from ghkit.timestamps import parse_timestamp, sortable_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from ghkit.contracts import (
        BatchOnboarding,
        BatchRow,
        InvitationRef,
        MemberOnboarding,
        MemberRef,
        MembershipChange,
        OrganizationRef,
        TeamRef,
    )

ORGANIZATION_ACTIONS: Final = ("member_removed", "member_invited", "renamed")
BATCH_MAX: Final = 1_000
"""People in one execution of `onboard-members`: its input and output stay below 256 KiB."""
TEAM_ACTIONS: Final = ("added", "removed")

_REASONS: Final[tuple[OnboardingReason, ...]] = get_args(OnboardingReason)
_NO_SLUG: Final = re.compile(r"[^a-z0-9_.-]+")


def member_added(payload: Mapping[str, Any], *, delivery: UUID) -> MemberOnboarding:
    """Project an `organization` event whose action is `member_added`, whatever state it tells.

    Args:
        payload: The decoded body.
        delivery: Its `X-GitHub-Delivery`.

    Raises:
        InvalidPayload: The body cannot be that event.
    """
    root = object_of(payload, "payload")
    if root.get("action") != "member_added":
        raise InvalidPayload("action", "expected 'member_added'")
    membership = object_of(root.get("membership"), "membership")
    return {
        "delivery": str(delivery),
        "reason": "webhook",
        "organization": _organization(root),
        "member": _member(object_of(membership.get("user"), "membership.user"), "membership.user"),
        "installation_id": installation_id_of(root),
        "requested_by": None,
        "batch": None,
        "row": None,
    }


def organization_changed(payload: Mapping[str, Any], *, delivery: UUID) -> MembershipChange:
    """Project an `organization` event that is one of `ORGANIZATION_ACTIONS`; see `member_added`."""
    root = object_of(payload, "payload")
    action = root.get("action")
    if action not in ORGANIZATION_ACTIONS:
        raise InvalidPayload("action", f"expected one of {', '.join(ORGANIZATION_ACTIONS)}")
    member, invitation = None, None
    if action == "member_removed":
        membership = object_of(root.get("membership"), "membership")
        member = _optional_member(membership.get("user"), "membership.user")
    if action == "member_invited":
        member = _optional_member(root.get("user"), "user")
        invitation = _invitation(object_of(root.get("invitation"), "invitation"))
    return {
        "delivery": str(delivery),
        "event": "organization",
        "action": action,
        "organization": _organization(root),
        "member": member,
        "invitation": invitation,
        "team": None,
        "installation_id": installation_id_of(root),
    }


def team_membership_changed(payload: Mapping[str, Any], *, delivery: UUID) -> MembershipChange:
    """Project a `membership` event that is one of `TEAM_ACTIONS`; see `member_added`."""
    root = object_of(payload, "payload")
    action = root.get("action")
    if action not in TEAM_ACTIONS:
        raise InvalidPayload("action", f"expected one of {', '.join(TEAM_ACTIONS)}")
    return {
        "delivery": str(delivery),
        "event": "membership",
        "action": action,
        "organization": _organization(root),
        "member": _optional_member(root.get("member"), "member"),
        "invitation": None,
        "team": _team(object_of(root.get("team"), "team")),
        "installation_id": installation_id_of(root),
    }


def read_member_onboarding(value: object) -> MemberOnboarding:
    """Read an input of `onboard-member` back, checking everything that could be written by hand.

    Raises:
        InvalidPayload: It is no such input.
    """
    root = object_of(value, "input")
    reason: OnboardingReason | None = next(
        (known for known in _REASONS if known == root.get("reason")), None
    )
    if reason is None:
        raise InvalidPayload("reason", f"expected one of {', '.join(_REASONS)}")
    return {
        "delivery": shown(root.get("delivery")),
        "reason": reason,
        "organization": _organization_ref(root),
        "member": _member(object_of(root.get("member"), "member"), "member"),
        "installation_id": optional_id(root, "installation_id", "input"),
        "requested_by": shown(root.get("requested_by")) or None,
        "batch": shown(root.get("batch")) or None,
        "row": optional_id(root, "row", "input"),
    }


def read_membership_change(value: object) -> MembershipChange:
    """Read an input of `update-member` back, checking everything that could be written by hand.

    Raises:
        InvalidPayload: It is no such input.
    """
    root = object_of(value, "input")
    event: Literal["organization", "membership"]
    actions: tuple[str, ...]
    match root.get("event"):
        case "organization":
            event, actions = "organization", ORGANIZATION_ACTIONS
        case "membership":
            event, actions = "membership", TEAM_ACTIONS
        case _:
            raise InvalidPayload("event", "expected one of organization, membership")
    action = root.get("action")
    if not isinstance(action, str) or action not in actions:
        raise InvalidPayload("action", f"expected one of {', '.join(actions)}")
    invitation, team = root.get("invitation"), root.get("team")
    return {
        "delivery": shown(root.get("delivery")),
        "event": event,
        "action": action,
        "organization": _organization_ref(root),
        "member": _optional_member(root.get("member"), "member"),
        "invitation": (
            None if invitation is None else _invitation(object_of(invitation, "invitation"))
        ),
        "team": None if team is None else _team_ref(object_of(team, "team")),
        "installation_id": optional_id(root, "installation_id", "input"),
    }


def read_batch_onboarding(value: object) -> BatchOnboarding:
    """Read an input of `onboard-members` back, checking everything that could be written by hand.

    Raises:
        InvalidPayload: It is no such input.
    """
    root = object_of(value, "input")
    users = root.get("users")
    if not isinstance(users, list) or not 0 < len(users) <= BATCH_MAX:
        raise InvalidPayload("users", f"expected a list of 1 to {BATCH_MAX:,} people")
    return {
        "batch": shown(root.get("batch")),
        "organization": _organization_ref(root),
        "installation_id": optional_id(root, "installation_id", "input"),
        "requested_by": shown(root.get("requested_by")) or None,
        "users": [_batch_row(user, f"users[{place}]") for place, user in enumerate(users)],
    }


def _batch_row(value: object, field: str) -> BatchRow:
    raw = object_of(value, field)
    return {
        "row": id_of(raw, "row", field),
        "id": id_of(raw, "id", field),
        "login": name_of(raw, "login", field),
    }


def _organization(root: Mapping[str, Any]) -> OrganizationRef:
    raw = object_of(root.get("organization"), "organization")
    return {
        "login": name_of(raw, "login", "organization"),
        "id": id_of(raw, "id", "organization"),
    }


def _organization_ref(root: Mapping[str, Any]) -> OrganizationRef:
    raw = object_of(root.get("organization"), "organization")
    return {
        "login": name_of(raw, "login", "organization"),
        "id": optional_id(raw, "id", "organization"),
    }


def _member(raw: Mapping[str, Any], field: str) -> MemberRef:
    return {"id": id_of(raw, "id", field), "login": name_of(raw, "login", field)}


def _optional_member(value: object, field: str) -> MemberRef | None:
    return None if value is None else _member(object_of(value, field), field)


def _invitation(raw: Mapping[str, Any]) -> InvitationRef:
    """Read an invitation, of an event or of a projection: the latter has the inviter's login."""
    inviter = raw.get("inviter")
    created_at = parse_timestamp(raw.get("created_at"), field="invitation.created_at")
    return {
        "id": id_of(raw, "id", "invitation"),
        "login": shown(raw.get("login")),
        "email": shown(raw.get("email")),
        "created_at": sortable_text(created_at),
        "inviter": (
            shown(inviter)
            if isinstance(inviter, str)
            else login_of(inviter, "invitation.inviter") or ""
        ),
    }


def _team(raw: Mapping[str, Any]) -> TeamRef | None:
    """Read the team of an event; one that is deleted has lost its slug, which its name tells."""
    name = shown(raw.get("name"))
    deleted = raw.get("deleted") is True
    slug = shown(raw.get("slug")) or _slug(name)
    if not slug and not deleted:
        raise InvalidPayload("team.slug", expected("a text", raw.get("slug")))
    if not slug:
        return None
    return {"slug": name_of({"slug": slug}, "slug", "team"), "name": name, "deleted": deleted}


def _team_ref(raw: Mapping[str, Any]) -> TeamRef:
    return {
        "slug": name_of(raw, "slug", "team"),
        "name": shown(raw.get("name")),
        "deleted": raw.get("deleted") is True,
    }


def _slug(name: str) -> str:
    """Make a slug as GitHub does: lower case, hyphens for everything else."""
    return _NO_SLUG.sub("-", name.lower()).strip("-")[:100]
