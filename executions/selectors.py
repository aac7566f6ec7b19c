"""Questions to the mirror."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.core.cache import cache
from django.db.models import CharField, Count, F, Min, QuerySet
from django.db.models.functions import Cast, Lower, Substr
from django.db.models.lookups import Exact

from executions.advice import Ending, RetryAdvice, advise, advise_with_edited_input
from executions.enums import ExecutionStatus
from executions.models import Definition, Execution, HistoryPage, MirrorState, Retry, Step, Stop
from ghkit.inputs import INPUTS

if TYPE_CHECKING:
    from collections.abc import Iterable

HOURS = 24
# A list that thousands look at must not count the day's executions for each of them.
_HOURS_CACHED_S = 10
_MACHINES_CACHED_S = 60
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
# The last columns: SQLite reads through the large ones to get at what stands behind them.
_LARGE = ("packed_input", "packed_output", "definition")
_SUCCESSOR = "latest_retry__new_execution"
# What a line of a list and its advice are made of.
_LISTED = (
    "public_id",
    "arn",
    "name",
    "state_machine",
    "status",
    "started_at",
    "stopped_at",
    "error",
    "cause",
    "redrive_count",
    "redrive_status",
    "redrive_status_reason",
    "delivery",
    "subject",
    "parent_arn",
    "work_state",
    "last_error",
    "updated_at",
    "history_fetched_at",
    "history_event_count",
    "ended_in_fail_state",
    "failed_step",
    "definition_id",
)


@dataclass(frozen=True, slots=True)
class Filter:
    """Which executions a list shows; empty and None mean any."""

    status: str = ""
    state_machine: str = ""
    subject: str = ""
    delivery: UUID | None = None
    started_after: datetime | None = None
    started_before: datetime | None = None
    search: str = ""


def executions(wanted: Filter) -> QuerySet[Execution]:
    """Return the executions that a filter lets through, without inputs and outputs, ready to show.

    The period is half-open: started_after <= started_at < started_before.
    """
    found = _ready_to_show(Execution.objects.all())
    if wanted.status:
        found = found.filter(status=wanted.status)
    if wanted.state_machine:
        found = found.filter(state_machine=wanted.state_machine)
    if wanted.subject:
        found = _about(found, wanted.subject)
    if wanted.delivery:
        found = found.filter(delivery=wanted.delivery)
    if wanted.started_after:
        found = found.filter(started_at__gte=wanted.started_after)
    if wanted.started_before:
        found = found.filter(started_at__lt=wanted.started_before)
    if wanted.search:
        found = _matching(found, wanted.search)
    return found.order_by("-started_at", "-pk")


def _ready_to_show(found: QuerySet[Execution]) -> QuerySet[Execution]:
    return found.select_related(_SUCCESSOR).only(
        *_LISTED,
        "latest_retry__execution",
        "latest_retry__status",
        "latest_retry__last_error",
        f"{_SUCCESSOR}__name",
        f"{_SUCCESSOR}__public_id",
    )


def _about(found: QuerySet[Execution], subject: str) -> QuerySet[Execution]:
    return found.filter(Exact(Lower(F("subject")), subject.lower()))


def _matching(found: QuerySet[Execution], text: str) -> QuerySet[Execution]:
    """Search by what can be found at once among millions: whole subjects, names, deliveries."""
    text = text.strip()
    if text.startswith("arn:"):
        return found.filter(arn=text)
    if match := _UUID.search(text):
        return found.filter(delivery=UUID(match[0]))
    if "/" in text:
        return _about(found, text)
    return found.filter(name=text)


def execution_by_id(public_id: UUID) -> Execution | None:
    """Find an execution with all that its page shows, by its public id."""
    return (
        Execution.objects.select_related("latest_retry__requested_by", _SUCCESSOR, "definition")
        .defer(*(f"{_SUCCESSOR}__{field}" for field in (*_LARGE, "cause")))
        .filter(public_id=public_id)
        .first()
    )


def execution_by_arn(arn: str) -> Execution | None:
    """Find an execution by its ARN."""
    return Execution.objects.defer(*_LARGE).filter(arn=arn).first()


def retries_of(execution: Execution) -> list[Retry]:
    """Return what was asked for, latest first, with who asked."""
    found = Retry.objects.filter(execution=execution).select_related(
        "requested_by", "new_execution"
    )
    return list(
        found.defer(*(f"new_execution__{field}" for field in (*_LARGE, "cause"))).order_by(
            "-requested_at", "-pk"
        )
    )


def stops_of(execution: Execution) -> list[Stop]:
    """Return who wanted it stopped, latest first."""
    found = Stop.objects.filter(execution=execution).select_related("requested_by")
    return list(found.order_by("-requested_at", "-pk"))


def predecessor_of(execution: Execution) -> Execution | None:
    """Find the execution in whose place this one was started."""
    return (
        Execution.objects.defer(*_LARGE)
        .filter(retries__new_execution=execution)
        .order_by("-pk")
        .first()
    )


def advice_of(
    execution: Execution, *, now: datetime, with_edited_input: bool = False
) -> RetryAdvice:
    """Say what a retry would do; no query where `latest_retry` and its execution are loaded.

    Args:
        execution: What failed.
        now: The moment of the retry.
        with_edited_input: Whether it would start anew with a corrected input.
    """
    retry = execution.latest_retry
    successor = retry.new_execution if retry is not None else None
    ending = Ending(
        status=execution.status,
        started_at=execution.started_at,
        stopped_at=execution.stopped_at,
        error=execution.error,
        event_count=execution.history_event_count,
        ended_in_fail_state=execution.ended_in_fail_state,
        failed_step=execution.failed_step,
        redrive_status=execution.redrive_status,
        redrive_status_reason=execution.redrive_status_reason,
        retry_is_open=retry is not None and retry.is_open,
        started_anew_as="" if successor is None else successor.name,
        definition_changed=_definition_changed(execution),
    )
    return advise_with_edited_input(ending) if with_edited_input else advise(ending, now=now)


def _definition_changed(execution: Execution) -> bool:
    """Whether the mirror knows a later definition of the execution's machine."""
    if execution.definition_id is None:
        return False
    latest: dict[int, int] | None = cache.get("executions:latest-definitions")
    if latest is None:
        latest = _latest_definitions()
        cache.set("executions:latest-definitions", latest, _MACHINES_CACHED_S)
    # One that is not in there was read a moment ago, so it is the latest.
    return latest.get(execution.definition_id, execution.definition_id) != execution.definition_id


def _latest_definitions() -> dict[int, int]:
    """Return for each definition the one that its machine ran last."""
    known = Definition.objects.order_by("latest_start_at", "pk").values_list(
        "pk", "state_machine_arn"
    )
    latest = {arn: pk for pk, arn in known}
    return {pk: latest[arn] for pk, arn in known}


def state_machines() -> list[str]:
    """Return the names of all machines seen, sorted, by one index look-up each."""
    known: list[str] | None = cache.get("executions:state-machines")
    if known is None:
        known, name = [], _next_machine("")
        while name is not None:
            known.append(name)
            name = _next_machine(name)
        if known:
            cache.set("executions:state-machines", known, _MACHINES_CACHED_S)
    return known


def startable_machines() -> list[str]:
    """Return the names of the machines whose input this version knows, sorted."""
    return sorted(INPUTS)


def _next_machine(after: str) -> str | None:
    least: str | None = Execution.objects.filter(state_machine__gt=after).aggregate(
        least=Min("state_machine")
    )["least"]
    return least


@dataclass(frozen=True, slots=True)
class Hour:
    """How many executions that started in one hour stand how."""

    starts_at: datetime
    counts: dict[str, int]

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.counts.values())


def hours(*, now: datetime) -> list[Hour]:
    """Count the executions that started in each of the last 24 hours, by status, oldest first.

    The present hour is the last one. Up to ten seconds old.
    """
    latest = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    starts = [latest - timedelta(hours=ago) for ago in reversed(range(HOURS))]
    key = f"executions:hours:{latest:%Y%m%d%H}"
    counted: dict[str, dict[str, int]] | None = cache.get(key)
    if counted is None:
        counted = _count_by_hour(since=starts[0])
        cache.set(key, counted, _HOURS_CACHED_S)
    return [Hour(start, counted.get(f"{start:%Y-%m-%d %H}", {})) for start in starts]


def _count_by_hour(*, since: datetime) -> dict[str, dict[str, int]]:
    # The text of a moment begins alike on both databases ("2026-11-23 17"): TruncHour would call
    # Python for every row on SQLite.
    rows = (
        Execution.objects.filter(status__in=ExecutionStatus.values, started_at__gte=since)
        .annotate(hour=Substr(Cast("started_at", CharField()), 1, 13))
        .values_list("hour", "status")
        .annotate(count=Count("pk"))
        .order_by("hour", "status")
    )
    counted: dict[str, dict[str, int]] = {}
    for hour, status, count in rows:
        counted.setdefault(hour, {})[status] = count
    return counted


def totals(of: Iterable[Hour]) -> dict[str, int]:
    """Add hours up, by status."""
    total: Counter[str] = Counter()
    for hour in of:
        total.update(hour.counts)
    return dict(total)


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


def mirror_state() -> MirrorState:
    """Return how far the mirror has come; of one that never ran, nothing."""
    return MirrorState.objects.filter(pk=MirrorState.ONLY).first() or MirrorState()


def mirror_lag_s(*, now: datetime) -> float | None:
    """Return the age of what the mirror shows, in seconds; None when it never ran.

    At rest it goes up to the 20 seconds that a poll of the queue waits.
    """
    caught_up_at = mirror_state().caught_up_at
    return None if caught_up_at is None else max(0.0, (now - caught_up_at).total_seconds())
