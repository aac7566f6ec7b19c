"""The pages of onboardings by hand, made ready to print: no arithmetic is left to templates."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.urls import reverse

from onboarding.enums import OPEN_ROWS, BatchState, CheckCode, PartState, RowState
from onboarding.selectors import batches as selectors

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, datetime

    from onboarding.models import Batch, Row

ROWS_SHOWN: Final = 100
BAR_WIDTH: Final = 1_000
PLAN_WIDTH: Final = 480
_PLAN_ROW: Final = 34
_PLAN_BAR: Final = 18
_PLAN_LEFT: Final = 88
_PLAN_RIGHT: Final = 60
_DAYS_DRAWN: Final = 14
_GITHUB_AVATARS: Final = "https://avatars.githubusercontent.com"
# In the order in which people come from left to right.
_BAR: Final = (
    (RowState.SUCCEEDED, "ok"),
    (RowState.SKIPPED, "skip"),
    (RowState.FAILED, "bad"),
    (RowState.CANCELLED, "warn"),
    (RowState.RUNNING, "run"),
)


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of the progress bar."""

    x: float
    width: float
    tone: str
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a batch is, as a bar and in words."""

    blocks: list[Block]
    done: int
    total: int
    percent: int
    words: str


@dataclass(frozen=True, slots=True)
class PlanDay:
    """One day of the plan; `y` and the widths are of its bar."""

    day: date
    first_at: datetime
    last_at: datetime
    people: int
    invitations: int
    members: int
    y: int
    text_y: int
    member_width: float
    invitation_x: float
    invitation_width: float
    label_x: float


@dataclass(frozen=True, slots=True)
class PlanPicture:
    """The plan over days."""

    days: list[PlanDay]
    height: int
    left: int
    bar: int
    words: str
    not_drawn: int


@dataclass(frozen=True, slots=True)
class ProblemLine:
    """How many people a finding is about."""

    code: str
    label: str
    blocks: bool
    people: int


@dataclass(frozen=True, slots=True)
class RowLine:
    """A line of the list of people."""

    row: Row
    problems: list[str]
    notes: list[str]
    teams: list[dict[str, str]]
    goes_at: datetime | None
    execution_url: str


def avatar_of(url: str) -> str:
    """Return a picture's address if the page's policy lets it be shown, else nothing.

    Only GitHub's own pictures are: another server's would need its host in the policy. A monogram
    stands in for them.
    """
    return url if shows_avatars() and url.startswith(f"{_GITHUB_AVATARS}/") else ""


def shows_avatars() -> bool:
    """Whether GitHub is github.com."""
    return bool(settings.GITHUB_API_URL == "https://api.github.com")


def avatar_origin() -> str:
    """Return what the page's policy must allow beside our own pictures."""
    return _GITHUB_AVATARS if shows_avatars() else ""


def monogram(login: str, name: str) -> dict[str, Any]:
    """Make initials and one of eight colours, the same for a login every time."""
    words = [word for word in name.split() if word[:1].isalnum()]
    initials = words[0][0] + words[-1][0] if len(words) > 1 else (name or login)[:2]
    return {"initials": initials.upper(), "colour": sum(login.lower().encode()) % 8 + 1}


def progress(counts: selectors.Counts) -> Progress:
    """Draw how far the people of a batch are."""
    total = max(counts.total, 1)
    blocks, x = [], 0.0
    for state, tone in _BAR:
        if count := counts.of(state):
            width = BAR_WIDTH * count / total
            blocks.append(Block(round(x, 1), round(width, 1), tone, str(state.label), count))
            x += width
    done = counts.total - sum(counts.of(state) for state in OPEN_ROWS)
    words = f"{done:,} of {counts.total:,} done"
    if blocks:
        words += ": " + ", ".join(f"{one.count:,} {one.label.lower()}" for one in blocks)
    return Progress(
        blocks=blocks,
        done=done,
        total=counts.total,
        percent=100 * done // total,
        words=words,
    )


def standing(batch: Batch, counts: selectors.Counts) -> tuple[str, str]:
    """Name how a batch stands, as a state to look at and its words: over is not the same as well."""
    failed, cancelled = counts.of(RowState.FAILED), counts.of(RowState.CANCELLED)
    if batch.state == BatchState.READY and not counts.of(RowState.WAITING):
        return "neutral", "Nobody to onboard"
    if batch.state != BatchState.DONE or not failed + cancelled:
        return batch.state, batch.get_state_display()
    if not counts.succeeded:
        if failed < counts.total:
            return "failed", "Nobody onboarded"
        return "failed", "Failed" if failed == 1 else "All failed"
    told = f"{failed:,} failed" if failed else f"{cancelled:,} cancelled"
    return "warning", f"Done, {told}"


def checked(counts: selectors.Counts) -> Progress:
    """Draw how far the preflight is."""
    open_count = counts.of(RowState.CHECKING)
    done = counts.total - open_count
    total = max(counts.total, 1)
    block = Block(0, round(BAR_WIDTH * done / total, 1), "run", "Checked", done)
    return Progress(
        [block], done, counts.total, 100 * done // total, f"{done:,} of {counts.total:,} checked"
    )


def plan_picture(plan: selectors.Plan) -> PlanPicture | None:
    """Draw who goes on which day; None where nobody waits."""
    if not plan.releases:
        return None
    by_day = defaultdict(list)
    for release in plan.releases:
        by_day[release.at.date()].append(release)
    most = max(sum(len(one.people) for one in day) for day in by_day.values())
    scale = (PLAN_WIDTH - _PLAN_LEFT - _PLAN_RIGHT) / most
    days = []
    for index, (day, releases) in enumerate(sorted(by_day.items())):
        people = sum(len(one.people) for one in releases)
        invitations = sum(one.invitations for one in releases)
        members = people - invitations
        y = index * _PLAN_ROW + 6
        # A day with anybody on it shows at least a line.
        member_width = max(members * scale, 2 if members else 0)
        invitation_width = max(invitations * scale, 2 if invitations else 0)
        days.append(
            PlanDay(
                day=day,
                first_at=releases[0].at,
                last_at=releases[-1].at,
                people=people,
                invitations=invitations,
                members=members,
                y=y,
                text_y=y + _PLAN_BAR - 5,
                member_width=round(member_width, 1),
                invitation_x=round(_PLAN_LEFT + member_width, 1),
                invitation_width=round(invitation_width, 1),
                label_x=round(_PLAN_LEFT + member_width + invitation_width + 8, 1),
            )
        )
    return PlanPicture(
        days=days[:_DAYS_DRAWN],
        height=min(len(days), _DAYS_DRAWN) * _PLAN_ROW,
        left=_PLAN_LEFT,
        bar=_PLAN_BAR,
        words=_plan_words(plan, days),
        not_drawn=max(len(days) - _DAYS_DRAWN, 0),
    )


def _plan_words(plan: selectors.Plan, days: Sequence[PlanDay]) -> str:
    members = sum(day.members for day in days)
    invitations = sum(day.invitations for day in days)
    parts = []
    if members:
        parts.append(
            f"{members:,} {'member is' if members == 1 else 'members are'} added to teams"
        )
    if invitations:
        people = "person is" if invitations == 1 else "people are"
        span = "today" if len(days) == 1 else f"over {len(days)} days"
        parts.append(f"{invitations:,} {people} invited {span}")
    sentence = ", ".join(parts)
    if plan.is_limited is False:
        return f"{sentence}. This GitHub does not limit: all of it goes at once."
    return f"{sentence}."


def problem_lines(batch: Batch, plan: selectors.Plan | None) -> list[ProblemLine]:
    """Count what the preflight found, what stands in the way first."""
    people: Counter[str] = Counter()
    blocking = set()
    for code, blocks, _state in selectors.checks_of(batch):
        people[code] += 1
        if blocks:
            blocking.add(code)
    if later := over_quota(plan):
        people[CheckCode.OVER_QUOTA] += later
    known = {code.value: code for code in CheckCode}
    lines = [
        ProblemLine(code, str(known[code].label), code in blocking, count)
        for code, count in people.items()
        if code in known
    ]
    return sorted(lines, key=lambda line: (not line.blocks, -line.people, line.label))


def over_quota(plan: selectors.Plan | None) -> int:
    """Count who does not go on the first day."""
    if plan is None or not plan.releases:
        return 0
    first = plan.releases[0].at.date()
    return sum(len(one.people) for one in plan.releases if one.at.date() != first)


def row_lines(rows: Iterable[Row], plan: selectors.Plan | None) -> list[RowLine]:
    """Make people ready to print; no query."""
    find_url = reverse("executions:find")
    return [
        RowLine(
            row=row,
            problems=[one["text"] for one in row.checks if one["blocks"]]
            or ([row.error] if row.error else []),
            notes=[one["text"] for one in row.checks if not one["blocks"]],
            teams=row.teams or [],
            goes_at=_later(plan, row),
            execution_url=f"{find_url}?arn={row.execution_arn}" if row.execution_arn else "",
        )
        for row in rows
    ]


def _later(plan: selectors.Plan | None, row: Row) -> datetime | None:
    """Tell when somebody goes who does not go with the first."""
    at = plan.goes_at.get(row.number) if plan else None
    return None if plan is None or at is None or at == plan.releases[0].at else at


def can_be_retried(batch: Batch, counts: selectors.Counts) -> bool:
    """Whether there is somebody for another try."""
    if batch.is_stuck:
        return True
    return (
        batch.state != BatchState.CHECKING
        and counts.of(RowState.FAILED) > 0
        and selectors.has_retryable(batch)
    )


def open_parts(batch: Batch) -> int:
    """Count the parts that are with AWS."""
    return batch.parts.filter(state__in=[PartState.STARTING, PartState.RUNNING]).count()


def tag_of(batch: Batch, asked: str) -> str:
    """Name what a page shows, so that a page that polls is drawn anew only when it changed."""
    return f"{batch.state}-{batch.attempt}-{batch.updated_at.timestamp():.6f}-{asked}"
