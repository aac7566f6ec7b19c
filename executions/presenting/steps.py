"""Steps with their place in the picture, their data, their tries and their errors."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from django.urls import reverse

from executions import selectors
from executions.presenting.changes import Changes, changes_between
from executions.timeline import Block, Mark, timeline
from executions.words import PlainError, plain_error

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import QuerySet

    from executions.models import Execution, Step

STEPS_SHOWN = 100
# What is longer stands on the step's own page: a hundred steps of 256 KiB would be no page.
_SHOWN_BYTES = 4_096
# More lines are better read as a table than as a picture a metre long.
TIMELINE_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Data:
    """An input or an output; `text` is None where it is too long to stand here."""

    text: str | None
    size: int


@dataclass(frozen=True, slots=True)
class StepRow:
    """A step, ready to print.

    Attributes:
        blocks: Its line of the picture.
        waited: How long it waited between its tries; None where it did not.
        changes: What it made of its input; None where that is not known or too long to stand here.
        redrives: Redrives right before it.
        is_resumed: Whether a redrive tried it again.
    """

    step: Step
    url: str
    blocks: list[Block]
    indent: int
    duration: timedelta
    waited: timedelta | None
    input: Data | None
    output: Data | None
    changes: Changes | None
    error: PlainError | None
    redrives: list[Redrive]
    is_resumed: bool

    @property
    def cause_id(self) -> str:
        """Name of the fold with the whole cause."""
        return f"cause-{self.step.number}"


@dataclass(frozen=True, slots=True)
class Redrive:
    """A moment at which the execution was resumed; `number` counts from 1."""

    number: int
    at: datetime


@dataclass(frozen=True, slots=True)
class StepList:
    """A page of steps.

    Attributes:
        marks: What lies across all lines of the picture.
        previous: Number of the step after which the page before begins; None on the first page.
        next: Number of the last step here; None on the last page.
        hidden: How many steps of iterations are not in this list.
    """

    rows: list[StepRow]
    marks: list[Mark]
    total: int
    first: int
    last: int
    previous: int | None
    next: int | None
    hidden: int = 0

    @property
    def all(self) -> int:
        """How many steps there are, those of iterations included."""
        return self.total + self.hidden

    @property
    def drawn(self) -> list[StepRow]:
        """Those that the picture shows."""
        return self.rows[:TIMELINE_SHOWN]

    @property
    def took(self) -> timedelta:
        """From when the first of them was entered until the last was over."""
        begun = min(row.step.entered_at for row in self.rows)
        return max(row.step.entered_at + row.duration for row in self.rows) - begun

    @property
    def key(self) -> set[str]:
        """The kinds of blocks in the picture that need a word."""
        kinds = {block.kind for row in self.drawn for block in row.blocks}
        return kinds & {"pause", "waiting"}


def step_list(execution: Execution, *, after: int, now: datetime) -> StepList:
    """Read a page of the steps that stand in no Map's iteration, with what they were given and gave."""
    around = selectors.around_iterations(execution)
    total = around.count()
    found = _page(execution, around, total=total, after=after, now=now)
    hidden = selectors.step_count(execution) - total
    return StepList(*found, hidden=hidden)


def iteration_steps(
    execution: Execution, fan: Step, *, index: int, after: int, now: datetime
) -> StepList:
    """Read a page of the steps of one iteration of a Map."""
    inside = selectors.inside(execution, fan, index=index)
    found = StepList(*_page(execution, inside, total=inside.count(), after=after, now=now))
    # On a page of its own it stands at the margin.
    margin = min((row.indent for row in found.rows), default=0)
    return replace(found, rows=[replace(row, indent=row.indent - margin) for row in found.rows])


def one_step(execution: Execution, step: Step, *, now: datetime) -> StepRow:
    """Read one step with all of its data, however much it is."""
    rows, _ = _rows(execution, [step], redrives=[], now=now, most_bytes=None)
    return rows[0]


def _page(
    execution: Execution, found: QuerySet[Step], *, total: int, after: int, now: datetime
) -> tuple[list[StepRow], list[Mark], int, int, int, int | None, int | None]:
    before = found.filter(number__lte=after).count() if after >= 0 else 0
    if before >= total:  # a place beyond the end
        after, before = -1, 0
    # One more at either end tells where the pages around it begin.
    start = max(before - STEPS_SHOWN - 1, 0)
    steps = list(found.filter(number__gt=after)[: STEPS_SHOWN + 1])
    previous = None
    if before:
        previous = found.values_list("number", flat=True)[start] if before > STEPS_SHOWN else -1
    shown = steps[:STEPS_SHOWN]
    rows, marks = _rows(
        execution,
        shown,
        redrives=_redrives(execution, found, after=after, shown=shown),
        now=now,
        most_bytes=_SHOWN_BYTES,
    )
    following = shown[-1].number if len(steps) > STEPS_SHOWN else None
    return rows, marks, total, before + 1, before + len(shown), previous, following


def _redrives(
    execution: Execution, found: QuerySet[Step], *, after: int, shown: Sequence[Step]
) -> list[Redrive]:
    """Return the redrives that fall on a page: after the last step before it."""
    moments = [datetime.fromisoformat(at) for at in execution.redriven_at]
    redrives = [Redrive(number, at) for number, at in enumerate(moments, start=1)]
    if not redrives or after < 0 or not shown:
        return redrives
    latest = found.filter(number__lte=after).values_list("entered_at", flat=True).last()
    return [one for one in redrives if latest is None or one.at > latest]


def _rows(
    execution: Execution,
    steps: Sequence[Step],
    *,
    redrives: Sequence[Redrive],
    now: datetime,
    most_bytes: int | None,
) -> tuple[list[StepRow], list[Mark]]:
    ids = [one for step in steps for one in (step.entered_event_id, step.exited_event_id) if one]
    events = selectors.events_by_id(execution, ids)
    ends_at = execution.stopped_at or max(
        [now, *(step.ended_at for step in steps if step.ended_at)]
    )
    moments = [datetime.fromisoformat(at) for at in execution.redriven_at]
    picture = timeline(steps, starts_at=execution.started_at, ends_at=ends_at, redriven_at=moments)
    rows, waiting = [], list(redrives)
    for step, blocks in zip(steps, picture.lines, strict=True):
        before = [one for one in waiting if one.at <= step.entered_at]
        waiting = waiting[len(before) :]
        given = _data(events.get(step.entered_event_id), "stateEnteredEventDetails", "input")
        gave = _data(events.get(step.exited_event_id or 0), "stateExitedEventDetails", "output")
        small = most_bytes is None or max(len(given or ""), len(gave or "")) <= most_bytes
        rows.append(
            StepRow(
                step=step,
                url=reverse("executions:step", args=[execution.public_id, step.number]),
                blocks=blocks,
                indent=min(step.path.count("/") // 2, 4),
                duration=(step.ended_at or ends_at) - step.entered_at,
                waited=_waited(step),
                input=_shown(given, most_bytes),
                output=_shown(gave, most_bytes),
                changes=changes_between(given, gave) if small else None,
                error=plain_error(step.error, step.cause),
                redrives=before,
                is_resumed=_is_resumed(step, moments),
            )
        )
    return rows, picture.marks


def _is_resumed(step: Step, moments: Sequence[datetime]) -> bool:
    return any(step.entered_at < at <= one.started_at for at in moments for one in step.trials)


def _waited(step: Step) -> timedelta | None:
    trials = step.trials
    pauses = (
        later.started_at - earlier.ended_at
        for earlier, later in pairwise(trials)
        if earlier.ended_at is not None
    )
    return sum(pauses, timedelta()) if trials else None


def _shown(text: str | None, most_bytes: int | None) -> Data | None:
    if text is None:
        return None
    is_long = most_bytes is not None and len(text) > most_bytes
    return Data(None if is_long else text, len(text.encode()))


def _data(event: dict[str, Any] | None, details: str, key: str) -> str | None:
    if event is None:
        return None
    value = event.get(details, {}).get(key)
    return value if isinstance(value, str) else None
