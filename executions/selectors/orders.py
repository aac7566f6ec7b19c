"""What people asked for, what a retry would do, and until when."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from django.core.cache import cache
from django.db.models import Count

from executions.advice import (
    HOPELESS_ERRORS,
    OPEN_FOR_AT_MOST,
    REDRIVABLE_BELOW_EVENTS,
    REDRIVABLE_FOR,
    STALE_ERRORS,
    Ending,
    RetryAdvice,
    advise,
    advise_with_edited_input,
)
from executions.enums import FAILURES, ItemStatus, OrderStatus, RetryAction
from executions.models import BulkItem, BulkRetry, Definition, Execution, Retry, Start, Stop
from executions.selectors.lists import LARGE, ready_to_show

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from django.db.models import QuerySet

_DEFINITIONS_CACHED_S = 60
SOON = timedelta(days=3)
"""How long before its end a deadline is worth a warning."""

SOON_SHOWN = 100


def retries_of(execution: Execution) -> list[Retry]:
    """Return what was asked for, latest first, with who asked."""
    found = Retry.objects.filter(execution=execution).select_related(
        "requested_by", "new_execution"
    )
    return list(
        found.defer(*(f"new_execution__{field}" for field in (*LARGE, "cause"))).order_by(
            "-requested_at", "-pk"
        )
    )


def stops_of(execution: Execution) -> list[Stop]:
    """Return who wanted it stopped, latest first."""
    found = Stop.objects.filter(execution=execution).select_related("requested_by")
    return list(found.order_by("-requested_at", "-pk"))


def start_by_id(public_id: UUID) -> Start | None:
    """Find a start by hand, with its execution once there is one."""
    return Start.objects.select_related("execution").filter(public_id=public_id).first()


def predecessor_of(execution: Execution) -> Execution | None:
    """Find the execution in whose place this one was started, with its input."""
    return (
        Execution.objects.defer("packed_output", "cause")
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
        cache.set("executions:latest-definitions", latest, _DEFINITIONS_CACHED_S)
    # One that is not in there was read a moment ago, so it is the latest.
    return latest.get(execution.definition_id, execution.definition_id) != execution.definition_id


def _latest_definitions() -> dict[int, int]:
    """Return for each definition the one that its machine ran last."""
    known = Definition.objects.order_by("latest_start_at", "pk").values_list(
        "pk", "state_machine_arn"
    )
    latest = {arn: pk for pk, arn in known}
    return {pk: latest[arn] for pk, arn in known}


def recoverable(*, now: datetime, within: timedelta = REDRIVABLE_FOR) -> QuerySet[Execution]:
    """Return failures that want attention and that AWS still resumes, in no order.

    The adviser has the last word on each: it also knows of changed definitions.

    Args:
        now: The moment.
        within: Only those that AWS resumes no more once this time has passed.
    """
    return (
        Execution.objects.filter(
            needs_attention=True,
            status__in=FAILURES,
            started_at__gt=now - OPEN_FOR_AT_MOST,
            stopped_at__gt=now - REDRIVABLE_FOR,
            stopped_at__lte=now - REDRIVABLE_FOR + within,
            ended_in_fail_state=False,
            history_event_count__lt=REDRIVABLE_BELOW_EVENTS,
        )
        .exclude(redrive_status__in=["NOT_REDRIVABLE", "REDRIVABLE_BY_MAP_RUN"])
        .exclude(error__in=[*HOPELESS_ERRORS, *STALE_ERRORS])
    )


def soon_unrecoverable(*, now: datetime) -> list[Execution]:
    """List failures that AWS soon resumes no more, the most urgent first, ready to show."""
    urgent = ready_to_show(recoverable(now=now, within=SOON)).order_by("stopped_at", "pk")
    return [
        row for row in urgent[:SOON_SHOWN] if advice_of(row, now=now).action == RetryAction.REDRIVE
    ]


def deadlines_by_day(*, now: datetime) -> dict[date, int]:
    """Count the failures that can still be resumed by the UTC day of their deadline."""
    ends = recoverable(now=now).order_by("stopped_at").values_list("stopped_at", flat=True)
    counted = Counter(
        (end + REDRIVABLE_FOR).astimezone(UTC).date() for end in ends.iterator() if end is not None
    )
    return dict(counted)


def bulk_by_id(public_id: UUID) -> BulkRetry | None:
    """Find a bulk retry, with who asked for it."""
    return BulkRetry.objects.select_related("requested_by").filter(public_id=public_id).first()


def bulk_retries() -> QuerySet[BulkRetry]:
    """Return all bulk retries, the latest first."""
    return BulkRetry.objects.select_related("requested_by").order_by("-pk")


def bulk_counts(bulk: BulkRetry) -> Counter[str]:
    """Count a bulk retry's executions by `bulk_outcome`."""
    return bulk_counts_of([bulk])[bulk.pk]


def bulk_counts_of(bulks: Iterable[BulkRetry]) -> dict[int, Counter[str]]:
    """Count the executions of several bulk retries by `bulk_outcome`, in one query."""
    counted: dict[int, Counter[str]] = {bulk.pk: Counter() for bulk in bulks}
    rows = (
        BulkItem.objects.filter(bulk__in=list(counted))
        .order_by("bulk", "status", "retry__status")
        .values_list("bulk", "status", "retry__status")
        .annotate(count=Count("pk"))
    )
    for bulk_pk, status, retry_status, count in rows:
        counted[bulk_pk][_outcome(status, retry_status)] += count
    return counted


def bulk_items(bulk: BulkRetry, *, outcome: str = "") -> QuerySet[BulkItem]:
    """Return a bulk retry's executions in order, with what came of each.

    Args:
        bulk: Whose.
        outcome: Only these, as `bulk_outcome` names them; all when empty.
    """
    found = BulkItem.objects.filter(bulk=bulk).select_related("execution", "retry__new_execution")
    if outcome in {*OrderStatus.values}:
        found = found.filter(status=ItemStatus.ASKED, retry__status=outcome)
    elif outcome:
        found = found.filter(status=outcome)
    unneeded = (*LARGE, "cause")
    return found.order_by("pk").defer(
        *(f"execution__{name}" for name in unneeded),
        *(f"retry__new_execution__{name}" for name in unneeded),
    )


def bulk_result(item: BulkItem) -> Execution:
    """Return the execution that tells what became of an item: the one started in its place, if any."""
    successor = item.retry.new_execution if item.retry else None
    return successor or item.execution


def bulk_outcome(item: BulkItem) -> str:
    """Say in one word how an item stands: waiting, requested, accepted, refused, skipped, cancelled."""
    return _outcome(item.status, item.retry.status if item.retry else None)


def _outcome(status: str, retry_status: str | None) -> str:
    if status != ItemStatus.ASKED:
        return status
    return retry_status or OrderStatus.REFUSED.value  # its retry was deleted
