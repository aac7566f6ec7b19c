"""Retrying: asked for here, carried out by a worker, exactly once whatever dies in between."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import structlog
from django.db import IntegrityError, transaction

from core import work
from core.aws import stack, stepfunctions
from core.aws.errors import (
    AwsError,
    AwsUnavailable,
    ExecutionAlreadyExists,
    ExecutionDoesNotExist,
    ExecutionNotRedrivable,
)
from core.errors import Conflict
from executions import selectors
from executions.enums import FAILURES, OPEN_STATUSES, ExecutionStatus, OrderStatus, RetryAction
from executions.models import Execution, Retry
from executions.packing import pack_text
from executions.services import pacing
from executions.services.refreshing import record_started
from executions.services.rows import ask_aws
from ghkit.routing import EXECUTION_NAME_MAX_CHARS, delivery_guid

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from django.contrib.auth.models import User

log = structlog.get_logger(__name__)

# Clocks of AWS and of this machine may differ by this much when asking whether a start was ours.
_CLOCK_SKEW = timedelta(minutes=5)
# Names may be taken by starts that this database does not know, for example before a rebuild.
_NAMES_TRIED = 20
_START_NUMBER = re.compile(r"-([1-9][0-9]*)\Z")


class NothingToRetry(Conflict):
    """A retry would do nothing; the text says why."""

    code = "nothing_to_retry"


@transaction.atomic
def request_retry(
    *,
    execution: Execution,
    user: User | None,
    now: datetime,
    input_json: str | None = None,
    in_bulk: bool = False,
) -> Retry:
    """Note that somebody wants a retry and wake a worker; the adviser's word at `now` decides.

    Args:
        execution: What failed.
        user: Who asks; None for a program.
        now: The adviser's moment.
        input_json: A corrected input, from `inputs.parse_input`: it starts anew, even where the same
            input would be refused again.
        in_bulk: Whether it is one of many: AWS is asked about it as little as possible, and the
            caller wakes the workers, once for many.

    Raises:
        NothingToRetry: The adviser says `none`, with the reason; or somebody was faster.
    """
    # Two requests at once wait for each other here; SQLite's transactions do so by themselves.
    execution = (
        Execution.objects.select_for_update(of=("self",))
        .select_related("latest_retry__new_execution")
        .get(pk=execution.pk)
    )
    advice = selectors.advice_of(execution, now=now, with_edited_input=input_json is not None)
    if not advice.is_possible:
        raise NothingToRetry(advice.reason)
    try:
        with transaction.atomic():
            retry = Retry.objects.create(
                execution=execution,
                requested_by=user,
                requested_at=now,
                action=advice.action,
                reason=advice.reason,
                in_bulk=in_bulk,
                redrive_count_before=execution.redrive_count if in_bulk else None,
                packed_input=None if input_json is None else pack_text(input_json),
                not_before=now,
            )
    except IntegrityError as exc:
        if not Retry.objects.filter(execution=execution, status=OrderStatus.REQUESTED).exists():
            raise
        message = "A retry is already under way."
        raise NothingToRetry(message) from exc
    Execution.objects.filter(pk=execution.pk).update(latest_retry=retry)
    if not in_bulk:
        work.wake(Retry)
    log.info("executions.retry_requested", execution_id=execution.pk, action=retry.action)
    return retry


def carry_out_due_retries(*, clock: Callable[[], datetime]) -> None:
    """Tell AWS of every retry that was asked for; the body of the task."""
    work.work_off(Retry.objects.select_related("execution"), carry_out_retry, clock=clock)


def carry_out_retry(row: Retry, now: datetime) -> None:
    """Tell AWS, and record what came of it; a handler of `work_off`.

    May run again after a crash at any point, so it looks before it acts: a redrive shows in
    redriveCount, a start under its name.
    """
    try:
        described = _describe(row)
    except ExecutionDoesNotExist:
        described = {}
    except AwsError as exc:
        raise work.TryLater(str(exc)) from exc
    try:
        if row.action == RetryAction.REDRIVE:
            _redrive(row, described, now=now)
        else:
            _start_anew(row, described, now=now)
    except AwsUnavailable as exc:
        raise work.TryLater(str(exc)) from exc
    except ExecutionNotRedrivable as exc:
        _refuse(row, f"AWS does not resume it: {exc}", now=now, redrive_status="NOT_REDRIVABLE")
    except AwsError as exc:
        _refuse(row, f"AWS refused: {exc}", now=now)


def _describe(row: Retry) -> dict[str, Any]:
    """Ask AWS how it stands; the first try of one among many goes by what the mirror knows."""
    execution = row.execution
    if row.in_bulk and row.attempt == 1 and row.action == RetryAction.REDRIVE:
        return {"status": execution.status, "redriveCount": execution.redrive_count}
    return stepfunctions.describe_execution(execution.arn)


def _is_drawn(row: Retry) -> bool:
    """Whether the bulk retry drew for it when it asked; what AWS refused then must draw anew."""
    return row.in_bulk and row.attempt == 1


def _redrive(row: Retry, described: Mapping[str, Any], *, now: datetime) -> None:
    if not described:
        _refuse(row, "AWS no longer knows this execution.", now=now)
        return
    count = described.get("redriveCount") or 0
    if row.redrive_count_before is not None and count > row.redrive_count_before:
        # An earlier attempt got through, and this process or its predecessor died before it knew.
        _accept_redrive(row, count, now=now)
        return
    if described["status"] not in FAILURES:
        _refuse(row, _moved_on(described["status"]), now=now)
        return
    if row.redrive_count_before is None:
        Retry.objects.filter(pk=row.pk, attempt=row.attempt).update(redrive_count_before=count)
        row.redrive_count_before = count
    try:
        pacing.redrive_execution(
            row.execution.arn, client_token=str(row.token), is_drawn=_is_drawn(row)
        )
    except ExecutionNotRedrivable:
        # A first try whose answer got lost may have got through; AWS's own retries count as well.
        count_now = stepfunctions.describe_execution(row.execution.arn).get("redriveCount") or 0
        if count_now <= row.redrive_count_before:
            raise
        _accept_redrive(row, count_now, now=now)
    else:
        _accept_redrive(row, count + 1, now=now)


def _moved_on(status: str) -> str:
    if status == ExecutionStatus.SUCCEEDED:
        return "It had succeeded meanwhile: nothing was done."
    return "It was running again already: nothing was done."


@transaction.atomic
def _accept_redrive(row: Retry, count: int, *, now: datetime) -> None:
    """Show the execution as running at once; DescribeExecution follows and has the last word."""
    _lock_execution(row)
    work.finish(
        row,
        status=OrderStatus.ACCEPTED,
        outcome="AWS resumed the execution.",
        ended_at=now,
    )
    # What an event told of the resumed execution meanwhile is newer than this: leave that be.
    Execution.objects.filter(
        pk=row.execution_id, redrive_count__lt=count, status__in=FAILURES
    ).update(
        status=ExecutionStatus.RUNNING,
        stopped_at=None,
        took=None,
        needs_attention=False,
        error="",
        cause="",
        redrive_count=count,
        redrive_status="",
        redrive_status_reason="",
        history_is_current=False,
        updated_at=now,
    )
    if not row.in_bulk:  # the events and the sweep tell of the others
        ask_aws([row.execution_id], now=now, history_wanted=True)
    log.info("executions.redriven", execution_id=row.execution_id, redrive_count=count)


def _start_anew(row: Retry, described: Mapping[str, Any], *, now: datetime) -> None:
    execution = row.execution
    input_json = row.edited_input or described.get("input") or execution.input
    if input_json is None:
        _refuse(row, "Its input is no longer known, neither here nor at AWS.", now=now)
        return
    if described and described["status"] in (*OPEN_STATUSES, ExecutionStatus.SUCCEEDED):
        _refuse(row, _moved_on(described["status"]), now=now)
        return
    machine_arn = described.get("stateMachineArn") or stack.state_machine_arn(
        execution.state_machine
    )
    for name in names_after(execution.name):
        started = _start(
            name,
            machine_arn=machine_arn,
            input_json=input_json,
            after=row.requested_at - _CLOCK_SKEW,
            is_drawn=_is_drawn(row),
        )
        if started:
            _accept_start(row, name, started, input_json, now=now)
            return
    _refuse(row, f"All of {_NAMES_TRIED} names for a new start are taken.", now=now)


def names_after(name: str) -> list[str]:
    """List the names for starting an execution anew, in the order to try them.

    `workflow_run-<guid>` is followed by `workflow_run-<guid>-2`, that by `…-3`: the delivery's GUID
    stays readable, and no name is ever used twice.
    """
    base, number = name, 1
    if (match := _START_NUMBER.search(name)) and delivery_guid(name[: match.start()]):
        base, number = name[: match.start()], int(match[1])
    return [
        f"{base[: EXECUTION_NAME_MAX_CHARS - len(str(n)) - 1]}-{n}"
        for n in range(number + 1, number + 1 + _NAMES_TRIED)
    ]


def _start(
    name: str, *, machine_arn: str, input_json: str, after: datetime, is_drawn: bool
) -> stepfunctions.Started | None:
    """Start under this name, or find that we did before; None where the name is somebody else's."""
    try:
        return pacing.start_execution(
            state_machine_arn=machine_arn, name=name, input_json=input_json, is_drawn=is_drawn
        )
    except ExecutionAlreadyExists:
        arn = f"{machine_arn.replace(':stateMachine:', ':execution:')}:{name}"
        existing = stepfunctions.describe_execution(arn)
        started_at = datetime.fromisoformat(existing["startDate"])
        if existing.get("input") == input_json and started_at >= after:
            return stepfunctions.Started(arn=arn, started_at=started_at)
        return None


@transaction.atomic
def _accept_start(
    row: Retry,
    name: str,
    started: stepfunctions.Started,
    input_json: str,
    *,
    now: datetime,
) -> None:
    _lock_execution(row)
    new = record_started(
        arn=started.arn,
        name=name,
        state_machine=row.execution.state_machine,
        started_at=started.started_at,
        input_json=input_json,
        now=now,
    )
    work.finish(
        row,
        status=OrderStatus.ACCEPTED,
        outcome=f"AWS started it anew as {name}"
        + (", with a corrected input." if row.packed_input is not None else "."),
        new_execution_id=new.pk,
        ended_at=now,
    )
    # What becomes of the matter is the new execution's to tell.
    Execution.objects.filter(pk=row.execution_id).update(updated_at=now, needs_attention=False)
    log.info("executions.started_anew", execution_id=row.execution_id, new_execution_id=new.pk)


@transaction.atomic
def _refuse(row: Retry, outcome: str, *, now: datetime, redrive_status: str = "") -> None:
    """Close the retry with what AWS said; ask anew how the execution stands."""
    _lock_execution(row)
    work.finish(row, status=OrderStatus.REFUSED, outcome=outcome, ended_at=now)
    ask_aws([row.execution_id], now=now)
    if redrive_status:
        # DescribeExecution will say so too; until then nobody should be offered the same again.
        Execution.objects.filter(pk=row.execution_id).update(redrive_status=redrive_status)
    log.info("executions.retry_refused", execution_id=row.execution_id, outcome=outcome)


def _lock_execution(row: Retry) -> None:
    """Lock the execution before its retry, as `request_retry` does: no deadlock between the two."""
    Execution.objects.select_for_update().only("pk").get(pk=row.execution_id)
