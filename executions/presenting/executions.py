"""Rows made ready to print: no arithmetic is left to templates."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from core import display
from core.templatetags import display as tags
from executions import selectors
from executions.enums import ExecutionStatus
from executions.graph.drawing import Sheet, TooLarge
from executions.graph.outcome import outcome
from executions.pictures import Bar, timeline
from executions.words import PlainError, plain_error

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime, timedelta

    from executions.models import Execution, Step

STEPS_SHOWN = 100
# A Map of a thousand iterations is better read as a table than as a picture a metre long.
TIMELINE_SHOWN = 60


@dataclass(frozen=True, slots=True)
class ExecutionRow:
    """A line of the list, flat and in words: a template takes 10 us for every look-up it makes.

    Attributes:
        title: The subject, else the name.
        name: Empty where it is the title.
        retry: What a retry would do; empty where it would do nothing.
        reason: Why, or why not.
    """

    url: str
    title: str
    name: str
    workflow: str
    status: SafeString
    error: str
    started: SafeString | str
    took: str
    retry: str
    retry_is_open: bool
    reason: str


def is_moving(execution: Execution) -> bool:
    """Say whether what is shown of an execution may change without anybody's doing."""
    retry = execution.latest_retry
    if retry is not None and retry.is_open:
        return True
    # One that AWS has forgotten stands still for good.
    return execution.is_being_read or (execution.is_open and not execution.is_forgotten)


def execution_rows(executions: Iterable[Execution], *, now: datetime) -> list[ExecutionRow]:
    """Make lines of a list; no query."""
    any_id = UUID(int=0)
    any_url = reverse("executions:detail", args=[any_id])  # resolved once, not for every line
    rows = []
    for one in executions:
        advice = selectors.advice_of(one, now=now)
        retry = one.latest_retry
        rows.append(
            ExecutionRow(
                url=any_url.replace(str(any_id), str(one.public_id)),
                title=one.subject or one.name,
                name=one.name if one.subject else "",
                workflow=one.state_machine,
                status=_status(one.status),
                error=one.error,
                started=tags.when(one.started_at),
                took=display.duration(one.duration_until(now)),
                retry=str(advice.action.label) if advice.is_possible else "",
                retry_is_open=retry is not None and retry.is_open,
                reason=advice.reason,
            )
        )
    return rows


@cache  # as many as there are statuses
def _status(status: str) -> SafeString:
    drawn: SafeString = tags.status(status, ExecutionStatus(status).label)
    return drawn


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


@dataclass(frozen=True, slots=True)
class StateGraph:
    """The drawing of an execution; `svg` is empty where the definition is too large for one."""

    svg: SafeString
    reached: int
    total: int


def state_graph(execution: Execution, *, page_url: str) -> StateGraph | None:
    """Draw what an execution ran and how far it came; None while there is no definition to draw."""
    if execution.definition is None:
        return None
    try:
        sheet = _sheet(execution.definition.body)
    except TooLarge:
        return StateGraph(SafeString(), 0, 0)
    except ValueError:
        return None  # nothing that AWS would run, and no reason to keep the steps from anybody
    statuses, taken = outcome(
        sheet.scope,
        selectors.visits(execution),
        lambda visit: _step_url(page_url, visit.number),
    )
    svg = sheet.draw(statuses, taken, name=execution.state_machine)
    return StateGraph(
        mark_safe(svg),  # noqa: S308 -- executions.graph escapes what it is given
        reached=len(statuses),
        total=len(sheet.graph.nodes),
    )


# A few KB to a few hundred each; an organisation has a handful of machines.
@lru_cache(maxsize=32)
def _sheet(body: str) -> Sheet:
    return Sheet(json.loads(body))


def _step_url(page_url: str, number: int) -> str:
    """Return the address of a step, on whatever page of steps it stands."""
    before = number // STEPS_SHOWN * STEPS_SHOWN - 1
    page = f"{page_url}?after={before}" if before > 0 else page_url
    return f"{page}#step-{number}"


def _data(event: dict[str, Any] | None, details: str, key: str) -> str | None:
    if event is None:
        return None
    value = event.get(details, {}).get(key)
    return value if isinstance(value, str) else None


def list_tag(executions: Sequence[Execution]) -> str:
    """Name the state of a list: equal tags, equal pages."""
    return _tag(_state(one) for one in executions)


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
