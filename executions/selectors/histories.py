"""Steps and raw events of stored histories."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from executions.enums import StepStatus
from executions.models import PAGE_EVENTS, Execution, HistoryPage, Step

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from django.db.models import QuerySet


_NAMES_AT_MOST = 300


def steps(execution: Execution) -> QuerySet[Step]:
    """Return the steps of the stored history, in order of entry."""
    return Step.objects.filter(
        execution_id=execution.pk, generation=execution.history_generation
    ).order_by("number")


def visits(execution: Execution) -> QuerySet[Step, Any]:
    """Return what the graph needs of all steps, as light rows: there may be thousands."""
    return steps(execution).values_list(
        "number", "state", "path", "iteration", "attempt", "status", named=True
    )


def step_by_number(execution: Execution, number: int) -> Step | None:
    """Find a step of the stored history."""
    return steps(execution).filter(number=number).first()


def around_iterations(execution: Execution) -> QuerySet[Step]:
    """Return the steps that stand in no iteration of a Map, which may have thousands."""
    return steps(execution).filter(iteration=None)


def state_names(execution: Execution) -> list[str]:
    """Return the names of the states that were entered, sorted; a definition has a few hundred."""
    names = steps(execution).order_by("state").values_list("state", flat=True).distinct()
    return list(names[:_NAMES_AT_MOST])


def steps_calling(
    execution: Execution, *, resources: Collection[str], limit: int
) -> tuple[list[Step], int]:
    """Return the first steps that called one of `resources` and succeeded, and how many there are."""
    found = steps(execution).filter(resource__in=resources, status=StepStatus.SUCCEEDED)
    shown = list(found[:limit])
    return shown, len(shown) if len(shown) < limit else found.count()


def step_count(execution: Execution) -> int:
    """Count the steps of the stored history, by its last one."""
    latest = steps(execution).values_list("number", flat=True).last()
    return 0 if latest is None else latest + 1


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which raw events are wanted; empty and None mean any.

    Attributes:
        type: Part of the event's type, in any case: `Failed`.
        state: Name of a state, in any case: the events of all its steps.
        step: Number of a step.
        text: What the event has in it somewhere, in any case.
    """

    type: str = ""
    state: str = ""
    step: int | None = None
    text: str = ""

    def __bool__(self) -> bool:
        return bool(self.type or self.state or self.text) or self.step is not None


@dataclass(frozen=True, slots=True)
class FoundEvent:
    """A raw event, and the number of the step that it belongs to; None for none."""

    event: dict[str, Any]
    step: int | None

    @property
    def id(self) -> int:
        """AWS's number of it."""
        return int(self.event["id"])


def find_events(
    execution: Execution, wanted: EventFilter, *, after: int, limit: int
) -> list[FoundEvent]:
    """Return up to `limit` raw events that are wanted and follow event `after`, in order."""
    pages = _pages(execution).filter(latest_event_id__gt=after)
    numbers: set[int] | None = None
    if wanted.step is not None:
        numbers = {wanted.step}
        step = step_by_number(execution, wanted.step)
        if step is None:
            return []
        pages = pages.filter(latest_event_id__gte=step.entered_event_id)
        if step.exited_event_id is not None:
            pages = pages.filter(earliest_event_id__lte=step.exited_event_id)
    if wanted.state:
        named = (
            steps(execution).filter(state__iexact=wanted.state).values_list("number", flat=True)
        )
        numbers = set(named) if numbers is None else numbers & set(named)
    found: list[FoundEvent] = []
    matches = _Matches(wanted, numbers)
    pages = pages.order_by("earliest_event_id")
    # A search goes on to its end; otherwise a part of a page, full ones and a part again are enough.
    enough = limit // PAGE_EVENTS + 2
    for page in pages.iterator(chunk_size=16) if wanted else pages[:enough]:
        found += (one for one in _of_page(page, after=after) if matches(one))
        if len(found) >= limit:
            break
    return found[:limit]


def _of_page(page: HistoryPage, *, after: int) -> Iterator[FoundEvent]:
    events = page.events
    # Histories that were stored before this was noted have no numbers.
    numbers = page.step_numbers or [-1] * len(events)
    for event, number in zip(events, numbers, strict=True):
        if event["id"] > after:
            yield FoundEvent(event, None if number < 0 else number)


class _Matches:
    """Whether an event is wanted."""

    def __init__(self, wanted: EventFilter, numbers: set[int] | None) -> None:
        self._type = wanted.type.casefold()
        self._numbers = numbers
        # What stands in an event is mostly JSON as a text, whose quotes are escaped once more.
        text = wanted.text.casefold()
        escaped = json.dumps(text, ensure_ascii=False)[1:-1]
        self._texts = (
            {text, escaped, json.dumps(escaped, ensure_ascii=False)[1:-1]} if text else set()
        )

    def __call__(self, one: FoundEvent) -> bool:
        if self._numbers is not None and one.step not in self._numbers:
            return False
        if self._type and self._type not in one.event["type"].casefold():
            return False
        if not self._texts:
            return True
        written = orjson.dumps(one.event).decode().casefold()
        return any(text in written for text in self._texts)


def packed_history(execution: Execution) -> list[bytes]:
    """Return all of the stored history as it is packed, in order: a few MB at most."""
    pages = _pages(execution).order_by("earliest_event_id")
    return [bytes(packed) for packed in pages.values_list("packed_events", flat=True)]


def events_of_steps(
    execution: Execution, wanted: Iterable[Step]
) -> dict[int, list[dict[str, Any]]]:
    """Return the raw events of steps by the steps' numbers; only their pages are unpacked."""
    numbers = {step.number for step in wanted}
    bounds = [(step.entered_event_id, step.exited_event_id or 10**9) for step in wanted]
    if not bounds:
        return {}
    found: dict[int, list[dict[str, Any]]] = {number: [] for number in numbers}
    pages = _pages(execution).filter(
        latest_event_id__gte=min(begin for begin, _ in bounds),
        earliest_event_id__lte=max(end for _, end in bounds),
    )
    holding = [
        pk
        for pk, mine in pages.order_by("earliest_event_id").values_list("pk", "step_numbers")
        if not numbers.isdisjoint(mine)
    ]
    for page in HistoryPage.objects.filter(pk__in=holding).order_by("earliest_event_id"):
        for one in _of_page(page, after=0):
            if one.step in numbers:
                found[one.step].append(one.event)
    return found


def events_by_id(execution: Execution, event_ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """Return these raw events by id; only the pages that hold them are unpacked."""
    wanted = set(event_ids)
    if not wanted:
        return {}
    bounds = _pages(execution).values_list("pk", "earliest_event_id", "latest_event_id")
    holding = [
        pk for pk, earliest, latest in bounds if any(earliest <= one <= latest for one in wanted)
    ]
    return {
        event["id"]: event
        for page in HistoryPage.objects.filter(pk__in=holding).order_by("pk")
        for event in page.events
        if event["id"] in wanted
    }


def _pages(execution: Execution) -> QuerySet[HistoryPage]:
    return HistoryPage.objects.filter(
        execution_id=execution.pk, generation=execution.history_generation
    )
