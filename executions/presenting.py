"""Rows made ready to print: no arithmetic is left to templates."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from executions import selectors
from executions.pictures import Bar, timeline
from executions.words import PlainError, plain_error

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime, timedelta

    from executions.advice import RetryAdvice
    from executions.models import Execution, Step

STEPS_SHOWN = 100
# A Map of a thousand iterations is better read as a table than as a picture a metre long.
TIMELINE_SHOWN = 60


@dataclass(frozen=True, slots=True)
class ExecutionRow:
    """A line of the list."""

    execution: Execution
    advice: RetryAdvice
    duration: timedelta

    @property
    def is_moving(self) -> bool:
        """Whether the line may change by itself."""
        return is_moving(self.execution)


def is_moving(execution: Execution) -> bool:
    """Say whether what is shown of an execution may change without anybody's doing."""
    retry = execution.latest_retry
    if retry is not None and retry.is_open:
        return True
    # One that AWS has forgotten stands still for good.
    return execution.is_being_read or (execution.is_open and not execution.is_forgotten)


def execution_rows(executions: Iterable[Execution], *, now: datetime) -> list[ExecutionRow]:
    """Make lines of a list; no query."""
    return [
        ExecutionRow(
            execution=one,
            advice=selectors.advice_of(one, now=now),
            duration=one.duration_until(now),
        )
        for one in executions
    ]


@dataclass(frozen=True, slots=True)
class StepRow:
    """A step with its place in the picture, its data and its error in plain words."""

    step: Step
    bar: Bar
    indent: int
    duration: timedelta
    input: str | None
    output: str | None
    error: PlainError | None


@dataclass(frozen=True, slots=True)
class StepList:
    """A page of steps.

    Attributes:
        previous: Number of the step after which the page before begins; None on the first page.
        next: Number of the last step here; None on the last page.
    """

    rows: list[StepRow]
    total: int
    first: int
    last: int
    previous: int | None
    next: int | None

    @property
    def drawn(self) -> list[StepRow]:
        """Those that the picture shows."""
        return self.rows[:TIMELINE_SHOWN]


def step_list(execution: Execution, *, after: int, now: datetime) -> StepList:
    """Read a page of steps and, from the stored events, their inputs and outputs."""
    total = selectors.step_count(execution)
    after = after if -1 <= after < total - 1 else -1
    steps = list(selectors.steps(execution).filter(number__gt=after)[:STEPS_SHOWN])
    ids = [one for step in steps for one in (step.entered_event_id, step.exited_event_id) if one]
    events = selectors.events_by_id(execution, ids)
    ends_at = execution.stopped_at or max(
        [now, *(step.ended_at for step in steps if step.ended_at)]
    )
    bars = timeline(steps, starts_at=execution.started_at, ends_at=ends_at)
    last = steps[-1].number if steps else -1
    return StepList(
        rows=[
            StepRow(
                step=step,
                bar=bar,
                indent=min(step.path.count("/") // 2, 4),
                duration=(step.ended_at or ends_at) - step.entered_at,
                input=_data(
                    events.get(step.entered_event_id), "stateEnteredEventDetails", "input"
                ),
                output=_data(
                    events.get(step.exited_event_id or 0), "stateExitedEventDetails", "output"
                ),
                error=plain_error(step.error, step.cause),
            )
            for step, bar in zip(steps, bars, strict=True)
        ],
        total=total,
        first=after + 2,
        last=last + 1,
        previous=max(after - STEPS_SHOWN, -1) if after >= 0 else None,
        next=last if last + 1 < total else None,
    )


def _data(event: dict[str, Any] | None, details: str, key: str) -> str | None:
    if event is None:
        return None
    value = event.get(details, {}).get(key)
    return value if isinstance(value, str) else None


def list_tag(rows: Sequence[ExecutionRow]) -> str:
    """Name the state of a list: equal tags, equal pages."""
    return _tag(_state(row.execution) for row in rows)


def execution_tag(execution: Execution) -> str:
    """Name the state of an execution's page."""
    return _tag([_state(execution)])


def _state(execution: Execution) -> tuple[object, ...]:
    retry = execution.latest_retry
    told = (retry.pk, retry.status, retry.last_error) if retry is not None else ()
    return (
        execution.public_id,
        execution.updated_at,
        execution.last_error,
        execution.history_fetched_at is None,
        is_moving(execution),
        *told,
    )


def _tag(states: Iterable[tuple[object, ...]]) -> str:
    return hashlib.sha256(repr(list(states)).encode()).hexdigest()[:16]
