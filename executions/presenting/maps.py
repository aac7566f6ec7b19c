"""The iterations of Maps: a bar of how they stand, and a table of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.urls import reverse

from executions import selectors
from executions.enums import StepStatus
from executions.presenting.graphs import last_states
from executions.presenting.parts import Part, parts

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    from executions.models import Execution, Step

ITERATIONS_SHOWN = 50
_SUMMARY_SHOWN = 5
_MAPS_SHOWN = 5
_TONES = {
    str(status): (tone, str(status.label).lower())
    for status, tone in (
        (StepStatus.SUCCEEDED, "ok"),
        (StepStatus.RUNNING, "run"),
        (StepStatus.CAUGHT, "warn"),
        (StepStatus.ABORTED, "idle"),
        (StepStatus.TIMED_OUT, "bad"),
        (StepStatus.FAILED, "bad"),
    )
}
# What "failed only" lets through.
FAILED = (StepStatus.FAILED, StepStatus.TIMED_OUT, StepStatus.CAUGHT, StepStatus.ABORTED)


@dataclass(frozen=True, slots=True)
class IterationRow:
    """An iteration, ready to print; `child` is what the mirror knows of what it started."""

    iteration: selectors.Iteration
    url: str
    step_url: str
    label: str
    duration: timedelta
    child: Execution | None
    child_url: str


@dataclass(frozen=True, slots=True)
class MapSummary:
    """A Map with how its iterations stand, and the most urgent of them."""

    step: Step
    url: str
    total: int
    parts: list[Part]
    urgent: list[IterationRow]
    failed: int


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter of the table."""

    label: str
    url: str
    is_active: bool
    count: int


@dataclass(frozen=True, slots=True)
class IterationList:
    """A page of a Map's iterations."""

    rows: list[IterationRow]
    parts: list[Part]
    chips: list[Chip]
    total: int
    first: int
    last: int
    matching: int
    previous_url: str
    next_url: str


def map_summaries(execution: Execution, *, now: datetime) -> list[MapSummary]:
    """Summarise the outermost Maps of an execution, the latest visits first where there are many."""
    fans = selectors.maps(execution)[-_MAPS_SHOWN:]
    if not fans:
        return []
    last = last_states(execution)
    found = [(fan, selectors.iterations(execution, fan, last_states=last)) for fan in fans]
    urgent = {
        fan.number: sorted(
            (one for one in mine if one.status != StepStatus.SUCCEEDED),
            key=lambda one: (selectors.URGENCY.index(one.status), one.index),
        )[:_SUMMARY_SHOWN]
        for fan, mine in found
    }
    rows = _Rows(execution, [one for some in urgent.values() for one in some], now=now)
    return [
        MapSummary(
            step=fan,
            url=reverse("executions:step", args=[execution.public_id, fan.number]),
            total=len(mine),
            parts=parts(Counter(one.status for one in mine), _TONES),
            urgent=[rows.row(fan, one) for one in urgent[fan.number]],
            failed=sum(one.status in FAILED for one in mine),
        )
        for fan, mine in found
    ]


def iteration_list(
    execution: Execution, fan: Step, *, status: str, start: int, now: datetime
) -> IterationList:
    """Make a page of a Map's iterations.

    Args:
        execution: Whose.
        fan: The Map's step.
        status: `failed` (whatever did not go well), another status, or empty for all.
        start: How many of them come before the page.
        now: Until when what runs has run.
    """
    everything = selectors.iterations(execution, fan, last_states=last_states(execution))
    counts = Counter(one.status for one in everything)
    wanted = FAILED if status == "failed" else (status,)
    chosen = [one for one in everything if not status or one.status in wanted]
    start = start if start < len(chosen) else 0
    shown = chosen[start : start + ITERATIONS_SHOWN]
    rows = _Rows(execution, shown, now=now)
    url = reverse("executions:step", args=[execution.public_id, fan.number])

    def link(name: str, place: int = 0) -> str:
        query = [f"iterations={name}"] if name else []
        query += [f"from={place}"] if place else []
        return f"{url}?{'&'.join(query)}#iterations" if query else f"{url}#iterations"

    end = start + len(shown)
    failed = sum(counts[one] for one in FAILED)
    chips = [Chip("All", link(""), not status, len(everything))]
    chips.append(Chip("Not well", link("failed"), status == "failed", failed))
    chips += [
        Chip(str(StepStatus(one).label), link(one), status == one, counts[one])
        for one in (StepStatus.RUNNING, StepStatus.SUCCEEDED)
        if counts[one] or status == one
    ]
    return IterationList(
        rows=[rows.row(fan, one) for one in shown],
        parts=parts(counts, _TONES),
        chips=chips,
        total=len(everything),
        first=start + 1 if shown else 0,
        last=end,
        matching=len(chosen),
        previous_url=link(status, max(start - ITERATIONS_SHOWN, 0)) if start else "",
        next_url=link(status, end) if end < len(chosen) else "",
    )


class _Rows:
    """Makes rows of iterations; one query for all that they started."""

    def __init__(
        self, execution: Execution, shown: Sequence[selectors.Iteration], *, now: datetime
    ) -> None:
        self._execution, self._now = execution, now
        self._children = selectors.executions_by_arn({one.child_arn for one in shown} - {""})

    def row(self, fan: Step, one: selectors.Iteration) -> IterationRow:
        here = self._execution.public_id
        child = self._children.get(one.child_arn)
        found = reverse("executions:detail", args=[child.public_id]) if child else ""
        return IterationRow(
            iteration=one,
            url=reverse("executions:iteration", args=[here, fan.number, one.index]),
            step_url=reverse("executions:step", args=[here, one.step]),
            label=str(StepStatus(one.status).label),
            duration=(one.ended_at or max(self._now, one.started_at)) - one.started_at,
            child=child,
            child_url=found,
        )
