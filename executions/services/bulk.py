"""Bulk retries: collect what matches, then ask for retries no faster than AWS takes them."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING

import structlog
from django.db import transaction

from core import work
from core.errors import Conflict
from executions import selectors
from executions.enums import FAILURES, BulkStatus, ItemStatus, RetryAction
from executions.models import BulkItem, BulkRetry, Execution, Retry
from executions.services.buckets import draw
from executions.services.retries import NothingToRetry, request_retry

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from django.contrib.auth.models import User
    from django.db.models import QuerySet

log = structlog.get_logger(__name__)

PREVIEWED = 10_000
"""A preview looks at so many failures; the order itself takes all."""

_COLLECTED_AT_ONCE = 200
_ASKED_AT_ONCE = 50
# A message for each of a thousand would keep workers from the retries; who wakes drains them all.
_ASKED_A_WAKE = 10
_CLOSED_AT_ONCE = 500
_PAUSE = timedelta(seconds=1)


class NothingMatches(Conflict):
    """The filter matches no failure, and nothing else can be retried."""

    code = "nothing_matches"


class BulkEnded(Conflict):
    """The bulk retry has ended: there is nothing left to cancel."""

    code = "bulk_ended"


def preview(wanted: selectors.Filter, *, now: datetime) -> Counter[str]:
    """Count what a bulk retry would do, by `RetryAction`; looks at `PREVIEWED` failures at most."""
    found = selectors.ready_to_show(_failures(wanted)).order_by()
    return Counter(
        selectors.advice_of(row, now=now).action.value
        for row in islice(found.iterator(chunk_size=1_000), PREVIEWED)
    )


def _failures(wanted: selectors.Filter) -> QuerySet[Execution]:
    """Return the failures that match: among a million, what succeeded must not be looked at."""
    return selectors.matching(wanted).filter(status__in=FAILURES)


@transaction.atomic
def request_bulk_retry(*, wanted: selectors.Filter, user: User | None, now: datetime) -> BulkRetry:
    """Note that every failure that matches shall be retried, and wake a worker.

    Args:
        wanted: What matches.
        user: Who asks; None for a program.
        now: Executions that start later are not part of it.

    Raises:
        NothingMatches: There is nothing to retry.
    """
    if not _failures(wanted).exists():
        message = "No failure matches: what runs or succeeded is not retried."
        raise NothingMatches(message)
    bulk = BulkRetry.objects.create(
        filter=wanted.to_json(), requested_by=user, requested_at=now, not_before=now
    )
    work.wake(BulkRetry)
    log.info("executions.bulk_requested", bulk_id=str(bulk.public_id))
    return bulk


@transaction.atomic
def cancel_bulk_retry(*, bulk: BulkRetry, now: datetime) -> None:
    """Ask for no more retries; those that were asked for go on.

    Raises:
        BulkEnded: It is over.
    """
    open_ones = BulkRetry.objects.filter(
        pk=bulk.pk, status__in=[BulkStatus.COLLECTING, BulkStatus.RUNNING]
    )
    # The next attempt number fences off a worker that holds it.
    if not work.rearm(open_ones, now=now, status=BulkStatus.CANCELLED, ended_at=now):
        message = "It has ended already."
        raise BulkEnded(message)
    work.wake(BulkRetry)
    log.info("executions.bulk_cancelled", bulk_id=str(bulk.public_id))


def advance_due_bulk_retries(*, clock: Callable[[], datetime]) -> None:
    """Bring every bulk retry that is due a step further; the body of the task."""
    work.work_off(BulkRetry.objects.select_related("requested_by"), advance, clock=clock)


def advance(row: BulkRetry, now: datetime) -> None:
    """Do the next stretch of a bulk retry; a handler of `work_off`. A repetition changes nothing."""
    match row.status:
        case BulkStatus.COLLECTING:
            _collect(row, now=now)
        case BulkStatus.RUNNING:
            _ask(row, now=now)
        case _:
            _close(row, now=now)


def _collect(row: BulkRetry, *, now: datetime) -> None:
    """Write items in order of the executions' keys, so that a dead worker's successor goes on."""
    wanted = selectors.Filter.from_json(row.filter)
    found = selectors.ready_to_show(_failures(wanted)).filter(
        pk__gt=row.collected_up_to, started_at__lte=row.requested_at
    )
    rows = list(found.order_by("pk")[:_COLLECTED_AT_ONCE])
    items = [_item(row, execution, now=now) for execution in rows]
    with transaction.atomic():
        BulkItem.objects.bulk_create(items, ignore_conflicts=True)
        if len(rows) < _COLLECTED_AT_ONCE:
            work.postpone(row, not_before=now, error="", status=BulkStatus.RUNNING)
        else:
            work.postpone(row, not_before=now, error="", collected_up_to=rows[-1].pk)
    work.wake(BulkRetry)


def _item(row: BulkRetry, execution: Execution, *, now: datetime) -> BulkItem:
    advice = selectors.advice_of(execution, now=now)
    return BulkItem(
        bulk=row,
        execution=execution,
        action=advice.action,
        reason=advice.reason,
        status=ItemStatus.WAITING if advice.is_possible else ItemStatus.SKIPPED,
    )


def _ask(row: BulkRetry, *, now: datetime) -> None:
    """Ask for as many retries as AWS would carry out now."""
    waiting = list(
        BulkItem.objects.filter(bulk=row, status=ItemStatus.WAITING)
        .select_related("execution")
        .defer(*(f"execution__{name}" for name in ("packed_input", "packed_output", "cause")))
        .order_by("pk")[:_ASKED_AT_ONCE]
    )
    if not waiting:
        with transaction.atomic():
            work.finish(row, status=BulkStatus.DONE, ended_at=now)
        return
    allowed = {
        action: draw(api, wanted=sum(item.action == action for item in waiting), now=now)
        for action, api in (
            (RetryAction.REDRIVE, "RedriveExecution"),
            (RetryAction.RESTART, "StartExecution"),
        )
    }
    asked = 0
    for item in waiting:
        action = RetryAction(item.action)
        if allowed[action]:
            allowed[action] -= 1
            asked += 1
            _ask_for(item, row, now=now)
            if asked % _ASKED_A_WAKE == 1:
                work.wake(Retry)
    with transaction.atomic():
        work.postpone(row, not_before=now if asked else now + _PAUSE, error="")
    work.wake(BulkRetry)


@transaction.atomic
def _ask_for(item: BulkItem, row: BulkRetry, *, now: datetime) -> None:
    mine = BulkItem.objects.filter(pk=item.pk, status=ItemStatus.WAITING)
    try:
        with transaction.atomic():
            retry = request_retry(
                execution=item.execution, user=row.requested_by, now=now, in_bulk=True
            )
    except NothingToRetry as exc:
        # Somebody was faster, or it went on by itself.
        mine.update(status=ItemStatus.SKIPPED, reason=str(exc))
    else:
        mine.update(status=ItemStatus.ASKED, retry=retry)


def _close(row: BulkRetry, *, now: datetime) -> None:
    """Cancel what waits, a few items a transaction: there may be hundreds of thousands."""
    waiting = BulkItem.objects.filter(bulk=row, status=ItemStatus.WAITING)
    while pks := list(waiting.order_by("pk").values_list("pk", flat=True)[:_CLOSED_AT_ONCE]):
        waiting.filter(pk__in=pks).update(status=ItemStatus.CANCELLED)
    work.finish(row, ended_at=row.ended_at or now)
