"""A DynamoDB item of MembersTable as rows of ours."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from ghkit.errors import InvalidPayload
from ghkit.timestamps import parse_timestamp
from onboarding.enums import INVITED_STATUSES, MemberStatus, TeamState
from onboarding.models import INVITATION_LIFE, Member, MemberTeam

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

TEAM_PREFIX = "team#"
INVITATION_PREFIX = "invite#"
_TEXTS = ("email", "employee_id", "name", "department", "title", "manager")


class UnreadableItem(ValueError):
    """The item is not what the state machines write; its text says where."""


@dataclass(frozen=True, slots=True)
class Record:
    """One item, unsaved: a member and the teams."""

    member: Member
    teams: list[MemberTeam]


def read_item(item: Mapping[str, Any], *, imported_at: datetime) -> Record:
    """Make unsaved rows of an item.

    Args:
        item: Plain Python, numbers as Decimal, as `core.aws.dynamodb` gives it.
        imported_at: When it was read.

    Raises:
        UnreadableItem: It lacks something or makes no sense.
    """
    try:
        member = _member(item, imported_at=imported_at)
        teams = [
            _team(member, name.removeprefix(TEAM_PREFIX), state)
            for name, state in sorted(item.items())
            if name.startswith(TEAM_PREFIX)
        ]
    except KeyError as exc:
        message = f"{exc.args[0]}: missing"
        raise UnreadableItem(message) from exc
    except (InvalidPayload, ValueError, TypeError, ArithmeticError) as exc:
        raise UnreadableItem(str(exc)) from exc
    return Record(member, teams)


def _member(item: Mapping[str, Any], *, imported_at: datetime) -> Member:
    key = str(item["member"])
    github_id = _number(item, "github_id")
    invitation_id = _number(item, "invitation_id")
    if key not in (f"{github_id}", f"{INVITATION_PREFIX}{invitation_id}"):
        message = f"member {key!r} is neither github_id {github_id} nor invitation {invitation_id}"
        raise ValueError(message)
    status = MemberStatus(item["status"])
    login = item.get("login") or ""
    texts = {name: _text(item.get(name)) for name in _TEXTS}
    invited_at, ended_at = _moment(item, "invited_at"), _moment(item, "ended_at")
    # Of who left and is invited anew, the item may still know the first invitation alone.
    is_dated = invited_at is not None and not (ended_at and ended_at > invited_at)
    member = Member(
        organization_id=int(item["organization_id"]),
        key=key,
        github_id=github_id,
        login=login,
        organization=item["organization"],
        status=status,
        status_observed_at=parse_timestamp(item["status_observed_at"], field="status_observed_at"),
        joined_at=_moment(item, "joined_at"),
        ended_at=ended_at,
        **texts,
        company=_company(item.get("company")),
        company_source=item.get("company_source") or "",
        rules_version=_number(item, "rules_version"),
        invitation_id=invitation_id,
        inviter=item.get("inviter") or "",
        invited_at=invited_at,
        invitation_expires_at=(
            invited_at + INVITATION_LIFE
            if invited_at and is_dated and status in INVITED_STATUSES
            else None
        ),
        delivery=UUID(item["delivery"]) if item.get("delivery") else None,
        execution_arn=item.get("execution_arn") or "",
        updated_at=parse_timestamp(item["updated_at"], field="updated_at"),
        imported_at=imported_at,
    )
    derive(member)
    return member


def derive(member: Member) -> None:
    """Set the columns that lists are ordered and searched by."""
    member.sort_key = (member.login or member.email or member.key).lower()
    texts = (member.login, member.name, member.email, member.employee_id)
    member.search_text = "\n".join(texts).lower()


def _team(member: Member, slug: str, state: Mapping[str, Any]) -> MemberTeam:
    if not slug:
        message = "a team has no name"
        raise ValueError(message)
    return MemberTeam(
        member=member,
        slug=slug,
        state=TeamState(state["state"]),
        is_promised=bool(state.get("promised")),
        observed_at=parse_timestamp(
            state["observed_at"], field=f"{TEAM_PREFIX}{slug}.observed_at"
        ),
    )


def _number(item: Mapping[str, Any], name: str) -> int | None:
    value = item.get(name)
    return None if value is None else int(value)


def _moment(item: Mapping[str, Any], name: str) -> datetime | None:
    value = item.get(name)
    return parse_timestamp(value, field=name) if value else None


def _text(value: Any) -> str:
    """Cut to the column: whatever a directory says, the whole of it stands in `company`."""
    return "" if value is None else str(value).strip()[:255]


def _company(text: str | None) -> dict[str, Any]:
    company = json.loads(text) if text else {}
    if not isinstance(company, dict):
        message = "company is no object"
        raise TypeError(message)
    return company
