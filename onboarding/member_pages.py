"""Members made ready to print: no arithmetic and no query is left to templates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from django.urls import reverse

from core.templatetags import display as tags
from onboarding.enums import MemberState, TeamState
from onboarding.member_items import INVITATION_PREFIX
from onboarding.selectors import members as member_selectors

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from django.utils.safestring import SafeString

    from onboarding.models import Member, Organization

BAR_WIDTH: Final = 1_000
BARS_SHOWN: Final = 12
FAILED_SHOWN: Final = 5
# How states look: the code that core.display knows, where ours means something else to it.
_LOOKS: Final = {
    MemberState.EXPIRED: "lapsed",
    MemberState.CANCELLED: "removed",
    MemberState.ACCEPTED: "accepted",
}
# The colours of the pictures, in the order in which they are stacked.
_TONES: Final = (
    ("ok", "active", (MemberState.ACTIVE,)),
    ("run", "pending or invited", (MemberState.PENDING, MemberState.INVITED)),
    ("warn", "invitation expired or cancelled", (MemberState.EXPIRED, MemberState.CANCELLED)),
    ("idle", "removed", (MemberState.REMOVED,)),
)
# An e-mail invitation that was accepted is counted by the person's own record.
_NOT_COUNTED: Final = (MemberState.ACCEPTED,)
FOUND_WORDS: Final = {
    "expired": "expired",
    "failed": "failed",
    "cancelled": "cancelled",
    "accepted": "accepted without GitHub's event having arrived",
    "unrecorded": "open at GitHub without a record here",
}


@cache  # as many as there are states
def state_tag(state: MemberState) -> SafeString:
    """Show a state by symbol, colour and word."""
    drawn: SafeString = tags.status(_LOOKS.get(state, state), state.label)
    return drawn


def member_url(member: Member) -> str:
    """Return the address of a member's page, which a rename does not change."""
    return reverse(
        "onboarding:member-detail", args=[member.organization_id, key_in_address(member.key)]
    )


def key_in_address(key: str) -> str:
    """Write an item's key so that an address can hold it: `invite#9` as `invite-9`."""
    return key.replace("#", "-")


def key_from_address(text: str) -> str:
    """Read it back."""
    prefix = INVITATION_PREFIX.replace("#", "-")
    return INVITATION_PREFIX + text.removeprefix(prefix) if text.startswith(prefix) else text


@dataclass(frozen=True, slots=True)
class TeamTag:
    """A team in a cell; `note` says how the person stands there unless that is plain."""

    slug: str
    note: str


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A line of the list.

    Attributes:
        organization: Empty where there is only one.
        expires_at: When an invitation that is open will expire.
        expired_at: When it did.
    """

    url: str
    title: str
    name: str
    email: str
    organization: str
    department: str
    job_title: str
    state: SafeString
    expires_at: datetime | None
    expired_at: datetime | None
    teams: list[TeamTag]
    updated_at: datetime


def member_rows(
    members: Iterable[Member], *, now: datetime, names_organization: bool
) -> list[MemberRow]:
    """Make lines of members whose teams are loaded; no query."""
    rows = []
    for one in members:
        state = one.state_at(now)
        is_open = state in (MemberState.PENDING, MemberState.INVITED)
        rows.append(
            MemberRow(
                url=member_url(one),
                title=str(one),
                name=one.name,
                email=one.email if one.login else "",
                organization=one.organization if names_organization else "",
                department=one.department,
                job_title=one.title,
                state=state_tag(state),
                expires_at=one.invitation_expires_at if is_open else None,
                expired_at=(one.invitation_expires_at if state == MemberState.EXPIRED else None),
                teams=[
                    TeamTag(team.slug, "" if team.state == TeamState.ACTIVE else team.state)
                    for team in one.teams_now
                ],
                updated_at=one.updated_at,
            )
        )
    return rows


@dataclass(frozen=True, slots=True)
class NotOnboarded:
    """Whose onboarding failed: a few of them with the address of why, the rest by number."""

    total: int
    named: list[tuple[str, str]]
    more: int
    url: str


def not_onboarded(logins: list[str]) -> NotOnboarded:
    """Name those whose onboarding failed."""
    all_url = reverse("executions:list")
    named = logins[:FAILED_SHOWN]
    return NotOnboarded(
        total=len(logins),
        named=[(login, f"{all_url}?{urlencode({'subject': login})}") for login in named],
        more=len(logins) - len(named),
        url=f"{all_url}?{urlencode({'state_machine': 'onboard-member', 'attention': 'needed'})}",
    )


@dataclass(frozen=True, slots=True)
class Block:
    """A coloured part of a bar."""

    tone: str
    x: int
    width: int


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar with its words: it is a picture, a number and a link."""

    label: str
    url: str
    count: int
    title: str
    blocks: list[Block]


@dataclass(frozen=True, slots=True)
class Legend:
    """A colour and what it stands for."""

    tone: str
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class Pictures:
    """What stands beside the list, of all members whatever the filter."""

    total: int
    legends: list[Legend]
    all_bar: Bar
    departments: list[Bar]
    more_departments: list[Bar]
    teams: list[Bar]
    more_teams: list[Bar]


def pictures(numbers: member_selectors.Numbers, team_sizes: dict[str, int]) -> Pictures:
    """Draw members by state, by department and by team, the largest first."""
    list_url = reverse("onboarding:member-list")
    by_state = {s: n for s, n in numbers.by_state.items() if s not in _NOT_COUNTED}
    present = {
        department: {
            state: count
            for state, count in counts.items()
            if state not in (*_NOT_COUNTED, MemberState.REMOVED)
        }
        for department, counts in numbers.by_department.items()
    }
    sizes = {name: sum(counts.values()) for name, counts in present.items() if counts}
    largest = max(sizes.values(), default=0)
    departments = [
        _bar(
            name or "No department",
            f"{list_url}?{urlencode({'department': name or member_selectors.NO_DEPARTMENT})}",
            present[name],
            scale=largest,
        )
        for name in sorted(sizes, key=lambda name: (-sizes[name], name.lower()))
    ]
    most = max(team_sizes.values(), default=0)
    teams = [
        _bar(
            slug,
            f"{list_url}?{urlencode({'team': slug})}",
            {MemberState.ACTIVE: count},
            scale=most,
        )
        for slug, count in sorted(team_sizes.items(), key=lambda pair: (-pair[1], pair[0]))
    ]
    total = sum(by_state.values())
    return Pictures(
        total=total,
        legends=[
            Legend(tone, label, count)
            for tone, label, states in _TONES
            if (count := sum(by_state.get(state, 0) for state in states))
        ],
        all_bar=_bar("All members", list_url, by_state, scale=total),
        departments=departments[:BARS_SHOWN],
        more_departments=departments[BARS_SHOWN:],
        teams=teams[:BARS_SHOWN],
        more_teams=teams[BARS_SHOWN:],
    )


def _bar(label: str, url: str, counts: dict[str, int], *, scale: int) -> Bar:
    blocks, words, x = [], [], 0
    for tone, name, states in _TONES:
        count = sum(counts.get(state, 0) for state in states)
        if not count:
            continue
        # A person among thousands is still to be seen.
        width = max(round(BAR_WIDTH * count / scale), 6)
        blocks.append(Block(tone, x, width))
        words.append(f"{count:,} {name}")
        x += width
    return Bar(label, url, sum(counts.values()), f"{label}: {', '.join(words)}", blocks)


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found of one kind."""

    words: str
    names: list[str]
    more: int


@dataclass(frozen=True, slots=True)
class CheckLine:
    """How the invitations of an organisation were last compared with GitHub's."""

    organization: str
    checked_at: datetime | None
    next_at: datetime | None
    problem: str
    findings: list[Finding]
    found_at: datetime | None


NAMES_SHOWN: Final = 5


def check_lines(checks: Iterable[Organization]) -> list[CheckLine]:
    """Make lines of the checks; no query."""
    return [
        CheckLine(
            organization=check.login,
            checked_at=check.checked_at,
            next_at=check.not_before,
            problem=check.last_error,
            findings=[
                Finding(
                    words, check.found[kind][:NAMES_SHOWN], len(check.found[kind][NAMES_SHOWN:])
                )
                for kind, words in FOUND_WORDS.items()
                if check.found.get(kind)
            ],
            found_at=check.found_at,
        )
        for check in checks
    ]


EXPORT_COLUMNS: Final = (
    "organization",
    "login",
    "github_id",
    "name",
    "email",
    "employee_id",
    "department",
    "title",
    "manager",
    "state",
    "teams",
    "pending_teams",
    "invited_at",
    "invitation_expires_at",
    "joined_at",
    "ended_at",
    "updated_at",
)


def export_rows(members: Iterable[Member], *, now: datetime) -> Iterator[list[object]]:
    """Yield the rows of the CSV, its header first; teams must be loaded."""
    yield list(EXPORT_COLUMNS)
    for one in members:
        of_member = one.teams_now
        teams = {
            state: " ".join(team.slug for team in of_member if team.state == state)
            for state in member_selectors.IN_TEAM
        }
        derived: dict[str, object] = {
            "state": one.state_at(now).value,
            "teams": teams[TeamState.ACTIVE],
            "pending_teams": teams[TeamState.PENDING],
        }
        values = (derived[n] if n in derived else getattr(one, n) for n in EXPORT_COLUMNS)
        yield [v.isoformat() if isinstance(v, datetime) else v for v in values]
