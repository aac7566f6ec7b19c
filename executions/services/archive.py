"""Keeping histories: raw events in compressed pages, and the steps that they fold into.

A history may have 25,000 events, SQLite has one writer, and nobody may see half a history: rows are
written under a new generation in short transactions, and count from the moment on that the
execution's own row names that generation. The generation is the number of the lease, so that two
workers never write the same one, and what a dead one left over is dropped by the next.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from django.db import connections, router, transaction

from executions.models import PAGE_EVENTS, HistoryPage, Step
from executions.packing import chunks, pack_events

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from django.db import models

    from executions.models import Execution
    from ghkit import history
    from ghkit.history import FoldedHistory

# Rows a transaction: a few milliseconds on SQLite, whose one writer others wait for.
_PAGES_AT_ONCE = 25
_STEPS_AT_ONCE = 500
_STEP_COLUMNS = (
    "execution_id",
    "generation",
    "number",
    "state",
    "type",
    "path",
    "iteration",
    "attempt",
    "status",
    "entered_at",
    "exited_at",
    "ended_at",
    "error",
    "cause",
    "child_execution_arn",
    "entered_event_id",
    "exited_event_id",
    "resource",
    "tries",
)


def store_history(row: Execution, events: Sequence[dict[str, Any]], folded: FoldedHistory) -> None:
    """Write pages and steps under the row's present lease; they do not count yet."""
    pages = (
        HistoryPage(
            execution_id=row.pk,
            generation=row.attempt,
            earliest_event_id=part[0]["id"],
            latest_event_id=part[-1]["id"],
            packed_events=pack_events(part),
            step_numbers=[folded.owners.get(event["id"], -1) for event in part],
        )
        for part in chunks(_in_order(events), PAGE_EVENTS)
    )
    for part in chunks(pages, _PAGES_AT_ONCE):
        HistoryPage.objects.bulk_create(part)
    _insert_steps(row, folded.steps)


def _insert_steps(row: Execution, steps: Sequence[history.Step]) -> None:
    """Insert steps as tuples: bulk_create takes eight times as long for thousands of them."""
    connection = connections[router.db_for_write(Step)]
    moment = connection.ops.adapt_datetimefield_value
    as_json = connection.ops.adapt_json_value
    columns = ", ".join(map(connection.ops.quote_name, _STEP_COLUMNS))
    places = ", ".join(["%s"] * len(_STEP_COLUMNS))
    table = connection.ops.quote_name(Step._meta.db_table)
    insert = f"INSERT INTO {table} ({columns}) VALUES ({places})"  # noqa: S608 -- names of ours
    tuples = (
        (
            row.pk,
            row.attempt,
            number,
            step.state,
            step.type,
            step.path,
            step.iteration,
            step.attempt,
            step.status,
            moment(step.entered_at),
            moment(step.exited_at),
            moment(step.ended_at),
            step.error,
            step.cause,
            step.child_execution_arn or "",
            step.entered_event_id,
            step.exited_event_id,
            (step.resource or "")[:256],
            as_json(_tries(step), None),
        )
        for number, step in enumerate(steps)
    )
    for part in chunks(tuples, _STEPS_AT_ONCE):
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            cursor.executemany(insert, part)


def _tries(step: history.Step) -> list[list[str | None]]:
    """Write down a step's tries; a single one says nothing that its step does not say."""
    if len(step.tries) < 2:
        return []
    return [
        [
            one.started_at.isoformat(),
            None if one.ended_at is None else one.ended_at.isoformat(),
            one.status,
            one.error,
        ]
        for one in step.tries
    ]


def _in_order(events: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    ordered = sorted(events, key=lambda event: event["id"])
    return ordered[:1] + [
        later for earlier, later in pairwise(ordered) if later["id"] != earlier["id"]
    ]


def drop_older_generations(row: Execution) -> None:
    """Delete what no longer counts, and what dead workers left over."""
    _drop(HistoryPage.objects.all(), row, _PAGES_AT_ONCE)
    _drop(Step.objects.all(), row, _STEPS_AT_ONCE)


def _drop(everything: models.QuerySet[Any], row: Execution, at_once: int) -> None:
    old = everything.filter(execution_id=row.pk, generation__lt=row.history_generation)
    while True:
        with transaction.atomic():
            pks = list(old.order_by("pk").values_list("pk", flat=True)[:at_once])
            everything.filter(pk__in=pks).delete()
        if len(pks) < at_once:
            return
