"""What a person may do with a batch: start, pause, resume, cancel, retry what failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import structlog
from django.db import transaction
from django.db.models import Q

from core import work
from core.errors import Conflict
from onboarding.enums import BatchState, PartState, RowState
from onboarding.models.batches import Batch, Row
from onboarding.selectors import batches as selectors

if TYPE_CHECKING:
    from datetime import datetime

log = structlog.get_logger(__name__)


class BatchMoved(Conflict):
    """The batch is no longer (or not yet) where this would make sense."""

    code = "onboarding_moved"


@transaction.atomic
def start(*, batch: Batch, now: datetime) -> None:
    """Run a batch that has been checked.

    Raises:
        BatchMoved: It is not waiting for that.
    """
    _lock(batch)
    _move(batch, {BatchState.READY}, BatchState.RUNNING, "started", now=now, started_at=now)
    _end_if_nobody_is_left(batch, now=now)


@transaction.atomic
def pause(*, batch: Batch, now: datetime) -> None:
    """Release nobody more for now; who has been handed to AWS goes on.

    Raises:
        BatchMoved: It does not run.
    """
    _lock(batch)
    _move(batch, {BatchState.RUNNING}, BatchState.PAUSED, "paused", now=now)


@transaction.atomic
def resume(*, batch: Batch, now: datetime) -> None:
    """Release on.

    Raises:
        BatchMoved: It is not paused.
    """
    _lock(batch)
    _move(batch, {BatchState.PAUSED}, BatchState.RUNNING, "resumed", now=now)


@transaction.atomic
def cancel(*, batch: Batch, now: datetime) -> None:
    """Release nobody more, for good; who has been handed to AWS goes on.

    Raises:
        BatchMoved: It is over already.
    """
    _lock(batch)
    open_states = {
        BatchState.CHECKING,
        BatchState.READY,
        BatchState.RUNNING,
        BatchState.PAUSED,
    }
    _move(batch, open_states, BatchState.CANCELLED, "cancelled", now=now, ended_at=now)
    batch.rows.filter(state__in=[RowState.CHECKING, RowState.WAITING]).update(
        state=RowState.CANCELLED
    )


@transaction.atomic
def retry_failed(*, batch: Batch, now: datetime) -> int:
    """Try those again who failed, and nobody else; returns how many.

    Who failed at AWS goes into a new part. Who never got so far is checked anew: the directory or
    the team rules may have been put right. What is wrong in the list itself stays as it is.

    Raises:
        BatchMoved: It is still being checked, or nobody failed whom a second try could help.
    """
    _lock(batch)
    current = Batch.objects.get(pk=batch.pk)
    if current.state == BatchState.CHECKING and current.work_state != work.WorkState.DEAD:
        message = "It is being checked; wait until that is over."
        raise BatchMoved(message)
    # Of a part that no worker could even start, its people still count as running.
    unstarted = Q(state=RowState.RUNNING, part__state=PartState.REFUSED)
    failed = list(
        batch.rows.filter(Q(state=RowState.FAILED) | unstarted)
        .order_by("number")
        .only("pk", "part_id", "checks", "github_id")
    )
    ran = [row.pk for row in failed if row.part_id is not None]
    unchecked = [row.pk for row in failed if row.part_id is None and selectors.may_change(row)]
    if not ran and not unchecked and current.work_state != work.WorkState.DEAD:
        message = "Nobody failed whom a second try could help."
        raise BatchMoved(message)
    Row.objects.filter(pk__in=ran).update(state=RowState.WAITING, error="", part=None)
    Row.objects.filter(pk__in=unchecked).update(state=RowState.CHECKING, error="", checks=[])
    checking = batch.rows.filter(state=RowState.CHECKING).exists()
    changes: dict[str, Any] = {
        "state": BatchState.CHECKING if checking else BatchState.RUNNING,
        "updated_at": now,
        "ended_at": None,
        "problem": "",
    }
    if ran or current.started_at:
        # Whoever presses retry wants it to run; where nothing ran yet, the report comes first.
        changes["is_confirmed"] = True
    work.rearm(Batch.objects.filter(pk=batch.pk), now=now, **changes)
    work.wake(Batch)
    batch.refresh_from_db()
    log.info("onboarding.retried", batch=str(batch.public_id), people=len(ran) + len(unchecked))
    return len(ran) + len(unchecked)


def _move(
    batch: Batch,
    allowed: set[BatchState],
    state: BatchState,
    word: str,
    *,
    now: datetime,
    **fields: Any,
) -> None:
    """Put the batch into a state from one of the allowed ones; all its work is due anew."""
    found = Batch.objects.filter(pk=batch.pk, state__in=allowed)
    if not work.rearm(found, now=now, state=state, updated_at=now, **fields):
        batch.refresh_from_db()
        message = f"It cannot be {word}: it is {batch.get_state_display().lower()}."
        raise BatchMoved(message)
    batch.refresh_from_db()
    work.wake(Batch)
    log.info("onboarding.batch_moved", batch=str(batch.public_id), state=str(state))


def _end_if_nobody_is_left(batch: Batch, *, now: datetime) -> None:
    if not batch.rows.filter(state__in=[RowState.WAITING, RowState.RUNNING]).exists():
        Batch.objects.filter(pk=batch.pk).update(state=BatchState.DONE, ended_at=now)
        batch.refresh_from_db()


def _lock(batch: Batch) -> None:
    """Hold the batch until the commit, as everybody does who changes its rows."""
    Batch.objects.select_for_update().only("pk").get(pk=batch.pk)
