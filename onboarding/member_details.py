"""One member made ready to print: teams, drift, and what the company says."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from core.templatetags import display as tags
from onboarding.enums import MemberStatus, TeamState
from onboarding.services.standing import STANDING_OF

if TYPE_CHECKING:
    from datetime import datetime

    from django.utils.safestring import SafeString

    from onboarding.models import Member
    from onboarding.services.standing import Standing


@cache
def team_state_tag(state: str) -> SafeString:
    """Show how somebody stands in a team by symbol, colour and word."""
    look = {TeamState.SYNCED: "neutral"}.get(TeamState(state), state)
    drawn: SafeString = tags.status(look, TeamState(state).label)
    return drawn


@dataclass(frozen=True, slots=True)
class TeamLine:
    """A team on a member's page: promised, recorded, and at GitHub now.

    Attributes:
        recorded: Empty where there is no record of it.
        at_github: Empty where GitHub was not asked or did not say.
        drift: In words; empty where all is as promised.
        is_missing: Whether adding the person is what would put it right; else the record is wrong.
    """

    slug: str
    is_promised: bool
    recorded: SafeString | str
    recorded_at: datetime | None
    at_github: SafeString | str = ""
    drift: str = ""
    is_missing: bool = False


def team_lines(member: Member, standing: Standing | None = None) -> list[TeamLine]:
    """Make lines of a member's teams, which must be loaded, and of what GitHub says if it was asked."""
    lines = []
    # Nothing is owed to somebody who has left, and GitHub takes them out of every team.
    has_left = member.status == MemberStatus.REMOVED
    for team in member.teams.all():
        now = None if standing is None else standing.teams.get(team.slug)
        state = TeamState.REMOVED if has_left else TeamState(team.state)
        is_promised = team.is_promised and not has_left
        lines.append(
            TeamLine(
                slug=team.slug,
                is_promised=is_promised,
                recorded=team_state_tag(state),
                recorded_at=team.observed_at,
                at_github=_at_github_tag(now) if now else "",
                drift=_drift(state, now, is_promised=is_promised),
                is_missing=(now == "none" and is_promised and state != TeamState.SYNCED),
            )
        )
    known = {line.slug for line in lines}
    if standing is not None:
        lines += [
            TeamLine(slug, False, "", None, _at_github_tag(state), "No record: added by hand")
            for slug, state in sorted(standing.teams.items())
            if slug not in known and state != "none"
        ]
    return lines


def membership_drift(member: Member, standing: Standing | None) -> str:
    """Say how GitHub differs from a record that an unheard event left behind; empty where it does not.

    An invitation that is over is no such thing: that is found by comparing invitations.
    """
    if standing is None or standing.membership is None:
        return ""
    recorded = STANDING_OF[MemberStatus(member.status)]
    if standing.membership == recorded or (member.is_waiting and standing.membership == "none"):
        return ""
    said = {
        "active": f"is a member of {member.organization}",
        "pending": f"has an open invitation to {member.organization}",
        "none": f"is no member of {member.organization} and has no open invitation",
    }
    return f"GitHub says that {standing.login} {said[standing.membership]}; the record says “{member.get_status_display().lower()}”."


def _drift(recorded: TeamState, now: str | None, *, is_promised: bool) -> str:
    if now is None or recorded == TeamState.SYNCED:
        return ""
    if now == "none":
        if is_promised:
            return "Promised, but not in it"
        return "" if recorded == TeamState.REMOVED else "Recorded, but not in it"
    if recorded != now:
        return f"Recorded as {recorded}, in truth {now}"
    return ""


@cache
def _at_github_tag(state: str) -> SafeString:
    drawn: SafeString = tags.status(
        state, {"none": "Not in it", "active": "Active", "pending": "Pending"}[state]
    )
    return drawn


@dataclass(frozen=True, slots=True)
class CompanyFact:
    """One field of the company directory's record."""

    label: str
    text: str
    is_nested: bool


_COMPANY_LABELS: Final = {
    "email": "E-mail",
    "employee_id": "Employee id",
    "name": "Name",
    "department": "Department",
    "title": "Title",
    "manager": "Manager",
}


def company_facts(member: Member) -> tuple[list[CompanyFact], list[CompanyFact]]:
    """Return what we know by name, and whatever else the directory said."""
    known = [
        CompanyFact(label, value, False)
        for name, label in _COMPANY_LABELS.items()
        if (value := getattr(member, name))
    ]
    rest = [
        CompanyFact(
            name,
            json.dumps(value, ensure_ascii=False, indent=1)
            if isinstance(value, dict | list)
            else str(value),
            isinstance(value, dict | list),
        )
        for name, value in sorted(member.company.items())
        if name not in _COMPANY_LABELS and value not in ("", None)
    ]
    return known, rest
