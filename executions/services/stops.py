"""Stopping what runs: asked for here, carried out by a worker."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from django.db import IntegrityError, transaction

from core import work
from core.aws import stepfunctions
from core.aws.errors import AwsError, AwsUnavailable, ExecutionDoesNotExist
from core.errors import Conflict
from executions.enums import OPEN_STATUSES, OrderStatus
from executions.models import Execution, Stop
from executions.services.rows import ask_aws

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from django.contrib.auth.models import User

log = structlog.get_logger(__name__)

STOP_ERROR = "StoppedByHand"
"""The error that AWS shows of an execution that was stopped here."""

NOTE_MAX_CHARS = 1_000


class NothingToStop(Conflict):
    """The execution does not run, or is being stopped already; the text says which."""

    code = "nothing_to_stop"


@transaction.atomic
def request_stop(*, execution: Execution, user: User | None, note: str, now: datetime) -> Stop:
    """Note that somebody wants an execution stopped, and wake a worker.

    Args:
        execution: What runs.
        user: Who asks; None for a program.
        note: Why, for whoever looks at it later; becomes the execution's cause.
        now: The moment.

    Raises:
        NothingToStop: It does not run, or somebody was faster.
    """
    execution = Execution.objects.select_for_update(of=("self",)).get(pk=execution.pk)
    if not execution.is_open or execution.is_forgotten:
        message = "It does not run, so there is nothing to stop."
        raise NothingToStop(message)
    if _is_stopped_unseen(execution):
        message = "It is being stopped already."
        raise NothingToStop(message)
    try:
        with transaction.atomic():
            stop = Stop.objects.create(
                execution=execution,
                requested_by=user,
                requested_at=now,
                note=note.strip()[:NOTE_MAX_CHARS],
                not_before=now,
            )
    except IntegrityError as exc:
        if not Stop.objects.filter(execution=execution, status=OrderStatus.REQUESTED).exists():
            raise
        message = "It is being stopped already."
        raise NothingToStop(message) from exc
    Execution.objects.filter(pk=execution.pk).update(updated_at=now)
    work.wake(Stop)
    log.info("executions.stop_requested", execution_id=execution.pk)
    return stop


def _is_stopped_unseen(execution: Execution) -> bool:
    """Whether AWS has stopped it since it was last asked how it stands."""
    told = Stop.objects.filter(execution=execution, status=OrderStatus.ACCEPTED)
    if execution.described_at is not None:
        told = told.filter(ended_at__gt=execution.described_at)
    return told.exists()


def carry_out_due_stops(*, clock: Callable[[], datetime]) -> None:
    """Tell AWS of every stop that was asked for; the body of the task."""
    work.work_off(Stop.objects.select_related("execution"), carry_out_stop, clock=clock)


def carry_out_stop(row: Stop, now: datetime) -> None:
    """Tell AWS, and record what came of it; a handler of `work_off`.

    Stopping what has ended does nothing at AWS, so a second try after a crash is harmless.
    """
    arn = row.execution.arn
    who = "a program" if row.requested_by is None else row.requested_by.get_username()
    cause = f"Stopped by {who}" + (f": {row.note}" if row.note else ".")
    try:
        if stepfunctions.describe_execution(arn)["status"] not in OPEN_STATUSES:
            _close(row, OrderStatus.REFUSED, "It had ended by itself meanwhile.", now=now)
            return
        stepfunctions.stop_execution(arn, error=STOP_ERROR, cause=cause)
    except ExecutionDoesNotExist:
        _close(row, OrderStatus.REFUSED, "AWS no longer knows this execution.", now=now)
    except AwsUnavailable as exc:
        raise work.TryLater(str(exc)) from exc
    except AwsError as exc:
        _close(row, OrderStatus.REFUSED, f"AWS refused: {exc}", now=now)
    else:
        _close(row, OrderStatus.ACCEPTED, "AWS stopped the execution.", now=now)


@transaction.atomic
def _close(row: Stop, status: OrderStatus, outcome: str, *, now: datetime) -> None:
    Execution.objects.select_for_update().only("pk").get(pk=row.execution_id)
    work.finish(row, status=status, outcome=outcome, ended_at=now)
    # What AWS says of it now, not the event alone, tells error and cause.
    ask_aws([row.execution_id], now=now)
    log.info("executions.stop_ended", execution_id=row.execution_id, outcome=outcome)
