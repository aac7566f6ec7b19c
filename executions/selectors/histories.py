"""Steps and raw events of stored histories."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from executions.models import Execution, HistoryPage, Step

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet


def steps(execution: Execution) -> QuerySet[Step]:
    """Return the steps of the stored history, in order of entry."""
    return Step.objects.filter(
        execution_id=execution.pk, generation=execution.history_generation
    ).order_by("number")


def visits(execution: Execution) -> QuerySet[Step, Any]:
    """Return what the graph needs of all steps, as light rows: there may be thousands."""
    return steps(execution).values_list("number", "state", "path", "attempt", "status", named=True)


def step_count(execution: Execution) -> int:
    """Count the steps of the stored history, by its last one."""
    latest = steps(execution).values_list("number", flat=True).last()
    return 0 if latest is None else latest + 1


def events_after(execution: Execution, *, after: int, limit: int) -> list[dict[str, Any]]:
    """Return up to `limit` raw events that follow event `after`, in order."""
    pages = _pages(execution).filter(latest_event_id__gt=after).order_by("earliest_event_id")
    found: list[dict[str, Any]] = []
    for page in pages.iterator(chunk_size=4):
        found += [event for event in page.events if event["id"] > after]
        if len(found) >= limit:
            break
    return found[:limit]


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
