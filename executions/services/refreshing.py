"""Asking AWS about an execution: what it says now, and its history where somebody wants it."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import structlog
from django.db import transaction
from django.db.models import Q

from core import work
from core.aws import stepfunctions
from core.aws.errors import AwsError, ExecutionDoesNotExist
from core.errors import NotFound
from executions.enums import FAILURES, OPEN_STATUSES, ExecutionStatus
from executions.models import FORGOTTEN, Execution
from executions.packing import pack_text
from executions.services.archive import drop_older_generations, store_history
from executions.services.definitions import find_definition
from executions.services.families import family_fields
from executions.services.intake import our_machines
from executions.services.rows import (
    ask_aws,
    input_fields,
    new_row,
    send_finished,
    tell_finish,
    took,
)
from executions.status_events import is_same_finish
from ghkit import history

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

log = structlog.get_logger(__name__)

# What is watched while it runs is read anew this often, and no more than this many events a second:
# GetExecutionHistory refills at 20 pages a second for the whole account.
WATCH_EVERY = timedelta(seconds=2)
WATCH_EVENTS_PER_S = 500
# The history lags behind DescribeExecution by a moment; a status without an event (an emulator that
# was killed) never gets one, so the waiting ends.
HISTORY_LAG = timedelta(seconds=3)
HISTORY_LAG_AT_MOST = timedelta(minutes=2)
# A page whose execution has no definition asks for it again after this long.
DEFINITION_EVERY = timedelta(minutes=1)
# How long a request waits for a worker that is reading the same execution.
READ_THROUGH_S = 5.0
# A page that polls is drawn anew when one of these has changed, and not because AWS was asked.
_VISIBLE = (
    "status",
    "stopped_at",
    "error",
    "redrive_count",
    "redrive_status",
    "packed_input",
    "history_is_current",
    "history_event_count",
    "definition_id",
)


class ExecutionUnknown(NotFound):
    """Neither the mirror nor AWS knows an execution of that ARN in this stack."""

    code = "execution_unknown"


@dataclass(frozen=True, slots=True)
class _History:
    events: list[dict[str, Any]]
    folded: history.FoldedHistory


def refresh_due_executions(*, clock: Callable[[], datetime]) -> None:
    """Ask AWS about every execution that is marked for it; the body of the task."""
    work.work_off(Execution, refresh_execution, clock=clock)


def refresh_execution(row: Execution, now: datetime) -> None:
    """Record what AWS says of an execution; a handler of `work_off`.

    Network first; then one short transaction that records status, end, history and signal together,
    or nothing where the row was marked again meanwhile.
    """
    try:
        described = stepfunctions.describe_execution(row.arn)
    except ExecutionDoesNotExist:
        _close_forgotten(row, now=now)
        return
    except AwsError as exc:
        # Even a refusal is not this row's fault: with the permission in place it goes on by itself.
        raise work.TryLater(str(exc)) from exc
    fields = _described_fields(row, described, now=now)
    try:
        found = _read_history(row, fields["status"])
    except AwsError as exc:
        # Better the status alone, now, than nothing.
        with transaction.atomic():
            _save(row, fields, now=now, again_at=work.retry_at(row, now=now), error=str(exc))
        raise work.TryLater(str(exc)) from exc
    if found is None:
        with transaction.atomic():
            _save(row, fields, now=now)
        return
    definition = row.definition_id or _definition_id(row, described, now=now)
    store_history(row, found.events, found.folded)
    fields |= _history_fields(row, found, fields, now=now) | {"definition_id": definition}
    lags = fields["history_wanted"]
    with transaction.atomic():
        _save(row, fields, now=now, again_at=now + HISTORY_LAG if lags else None)
    drop_older_generations(row)
    log.info("executions.history_stored", execution_id=row.pk, events=len(found.events))


def _described_fields(
    row: Execution, described: Mapping[str, Any], *, now: datetime
) -> dict[str, Any]:
    status = ExecutionStatus(described["status"]).value
    stopped_at = None
    if status not in OPEN_STATUSES:
        stop = described.get("stopDate")
        stopped_at = now if stop is None else datetime.fromisoformat(stop)
    fields: dict[str, Any] = {
        "status": status,
        "stopped_at": stopped_at,
        "took": took(row.started_at, stopped_at),
        "error": (described.get("error") or "")[:256],
        "cause": described.get("cause") or "",
        "redrive_count": described.get("redriveCount") or 0,
        "redrive_status": described.get("redriveStatus") or "",
        "redrive_status_reason": described.get("redriveStatusReason") or "",
        "described_at": now,
    }
    if status != row.status or (stopped_at and not is_same_finish(row.stopped_at, stopped_at)):
        fields["history_is_current"] = False
    if row.packed_input is None:
        fields |= input_fields(described.get("input"))
    if described.get("output") is not None:
        fields["packed_output"] = pack_text(described["output"])
    return fields


def _read_history(row: Execution, status: str) -> _History | None:
    """Read what somebody looks at, and every failure; successes are read when they are wanted."""
    if not row.history_wanted and status not in FAILURES:
        return None
    events = [event for page in stepfunctions.execution_history(row.arn) for event in page]
    return _History(events, history.fold(events))


def _definition_id(row: Execution, described: Mapping[str, Any], *, now: datetime) -> int | None:
    found = find_definition(row, state_machine_arn=described["stateMachineArn"], now=now)
    return None if found is None else found.pk


def _history_fields(
    row: Execution, found: _History, fields: Mapping[str, Any], *, now: datetime
) -> dict[str, Any]:
    folded = found.folded
    is_current = (
        folded.status == fields["status"] and folded.redrive_count >= fields["redrive_count"]
    )
    failed_step = "" if folded.culprit is None else folded.steps[folded.culprit].path
    stopped_at = fields["stopped_at"]
    lags = not is_current and stopped_at is not None and now - stopped_at < HISTORY_LAG_AT_MOST
    return {
        "history_wanted": lags,
        "history_fetched_at": now,
        "history_is_current": is_current and stopped_at is not None,
        "history_event_count": folded.event_count,
        "redriven_at": [at.isoformat() for at in folded.redriven_at],
        "history_generation": row.attempt,
        "ended_in_fail_state": folded.ended_in_fail_state,
        "failed_step": failed_step or _last_open(folded),
        "unknown_event_types": list(folded.unknown_event_types),
    }


def _last_open(folded: history.FoldedHistory) -> str:
    """Name where a stopped execution would resume; nothing where several branches would."""
    stopped = [step.path for step in folded.steps if step.status in ("aborted", "timed_out")]
    leaves = [path for path in stopped if not any(p.startswith(f"{path}/") for p in stopped)]
    return leaves[0] if len(leaves) == 1 else ""


def _save(
    row: Execution,
    fields: dict[str, Any],
    *,
    now: datetime,
    again_at: datetime | None = None,
    error: str = "",
) -> None:
    """Save under the fence, and tell of a finish that was not told before."""
    if any(getattr(row, name) != fields.get(name, getattr(row, name)) for name in _VISIBLE):
        fields["updated_at"] = now
    fields |= family_fields(row, fields, now=now)
    before = row.status
    row.status, row.stopped_at = fields["status"], fields["stopped_at"]
    finished = tell_finish(row)
    row.status = before
    work.finish(row, **fields, **finished)
    if again_at is not None:
        itself = Execution.objects.filter(pk=row.pk)
        work.rearm(itself, now=again_at)
        itself.update(last_error=error)
    if before != row.status:
        log.info("executions.status_changed", execution_id=row.pk, before=before, after=row.status)
    if finished:
        send_finished(row)


def _close_forgotten(row: Execution, *, now: datetime) -> None:
    if row.is_open:
        work.give_up(row, reason=FORGOTTEN, updated_at=now)
    else:
        # There is no history to be had, now or later.
        work.finish(row, history_wanted=False, history_fetched_at=now)


@transaction.atomic
def look_at(execution: Execution, *, now: datetime) -> None:
    """Have read what somebody looks at: a history that was never read, and whatever still moves.

    Asked for at most every `WATCH_EVERY`, however many people watch.
    """
    if execution.is_being_read or execution.is_forgotten or _is_told(execution, now=now):
        return
    marked = work.rearm(
        Execution.objects.filter(pk=execution.pk).exclude(
            # Looked at by somebody else at this moment: leave the worker its lease.
            Q(work_state=work.WorkState.WAITING) | Q(work_state=work.WorkState.LEASED)
        ),
        now=now,
        history_wanted=True,
    )
    if marked:
        execution.work_state, execution.history_wanted = work.WorkState.WAITING, True
        work.wake(Execution)


def _is_told(execution: Execution, *, now: datetime) -> bool:
    """Whether AWS has nothing more to say, or was asked a moment ago."""
    fetched_at = execution.history_fetched_at
    if fetched_at is None:
        return False
    if execution.history_is_current:
        # AWS was too busy to tell the definition, or does not know it any more.
        return execution.definition_id is not None or now - fetched_at < DEFINITION_EVERY
    if not execution.is_open:
        return fetched_at >= execution.updated_at  # asked until AWS had nothing more to say
    events = timedelta(seconds=execution.history_event_count / WATCH_EVENTS_PER_S)
    return now - fetched_at < max(WATCH_EVERY, events)


def read_through(execution: Execution, *, now: datetime) -> Execution:
    """Return the execution with its history, reading it from AWS in this process if need be.

    For programs, which ask once: what has ended since its history was read is read again, and so is
    what still runs, as often as for somebody who looks at it. Waits a few seconds for a worker that
    is reading it already.

    Raises:
        AwsUnavailable, AwsRejected: There is no history yet, or not to the end, and AWS gave none.
    """
    begun = time.monotonic()
    while not _is_readable(execution, now=now) and time.monotonic() - begun < READ_THROUGH_S:
        moment = now + timedelta(seconds=time.monotonic() - begun)
        look_at(execution, now=moment)
        itself = Execution.objects.filter(pk=execution.pk)
        claimed = work.claim(itself, limit=1, now=moment, lease_s=work.LEASE_S)
        for row in claimed:
            row.history_wanted = True
            _read_now(row, now=moment)
        if not claimed:
            time.sleep(0.05)
        execution.refresh_from_db()
        if execution.work_state == work.WorkState.DEAD:
            break
    return execution


def _is_readable(execution: Execution, *, now: datetime) -> bool:
    """Whether the stored history is as whole as it gets now."""
    if execution.history_is_current:
        return True
    lags = not execution.is_open and execution.is_being_read
    return _is_told(execution, now=now) and not lags


def _read_now(row: Execution, *, now: datetime) -> None:
    try:
        with suppress(work.LeaseLost):
            refresh_execution(row, now)
    except work.TryLater as exc:
        with suppress(work.LeaseLost):
            work.postpone(row, not_before=work.retry_at(row, now=now), error=str(exc))
        if isinstance(exc.__cause__, AwsError):
            raise exc.__cause__ from exc
        raise


def look_up(arn: str, *, now: datetime) -> Execution:
    """Make a row of an execution that the mirror has not heard of, by asking AWS.

    Raises:
        ExecutionUnknown: It is no execution of this stack, or AWS does not know it.
        AwsUnavailable: AWS did not answer.
    """
    machines = our_machines()
    try:
        described = stepfunctions.describe_execution(arn) if arn.count(":") >= 7 else {}
    except ExecutionDoesNotExist:
        described = {}
    if described.get("stateMachineArn") not in machines:
        message = "AWS knows no such execution of this stack."
        raise ExecutionUnknown(message)
    return record_started(
        arn=described["executionArn"],
        name=described["name"],
        state_machine=machines[described["stateMachineArn"]],
        started_at=datetime.fromisoformat(described["startDate"]),
        input_json=described.get("input"),
        now=now,
        ask=True,
    )


@transaction.atomic
def record_started(
    *,
    arn: str,
    name: str,
    state_machine: str,
    started_at: datetime,
    input_json: str | None,
    now: datetime,
    ask: bool = False,
) -> Execution:
    """Make a row of an execution that was just started or found, unless there is one; return it.

    Args as `note_started`.
    """
    note_started(
        arn=arn,
        name=name,
        state_machine=state_machine,
        started_at=started_at,
        input_json=input_json,
        now=now,
        ask=ask,
    )
    return Execution.objects.get(arn=arn)


def note_started(
    *,
    arn: str,
    name: str,
    state_machine: str,
    started_at: datetime,
    input_json: str | None,
    now: datetime,
    ask: bool = False,
) -> None:
    """Make a row of an execution that was just started or found, unless there is one.

    Args:
        arn: Its ARN.
        name: Its name.
        state_machine: Our name of its machine.
        started_at: When AWS started it.
        input_json: Its input, as given to AWS.
        now: Marks the row.
        ask: Whether AWS must be asked how it stands.
    """
    row = new_row(
        arn=arn,
        name=name,
        state_machine=state_machine,
        started_at=started_at,
        input_json=input_json,
        now=now,
    )
    Execution.objects.bulk_create([row], ignore_conflicts=True)
    if ask:
        ask_aws(list(Execution.objects.filter(arn=arn).values_list("pk", flat=True)), now=now)
