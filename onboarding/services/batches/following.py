"""Starting parts at AWS, and learning from the mirror what became of them and of each person."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import orjson
import structlog
from django.db import transaction
from django.db.models import OuterRef, Subquery, Value
from django.db.models.functions import Coalesce

from core import work
from core.aws import stack, stepfunctions
from core.aws.errors import (
    AwsRejected,
    AwsUnavailable,
    ExecutionAlreadyExists,
    InvalidExecutionInput,
    StateMachineDoesNotExist,
)
from executions import services as executions
from executions.enums import ExecutionStatus
from executions.models import Execution
from executions.words import plain_error
from onboarding.enums import OPEN_ROWS, BatchState, PartState, RowState
from onboarding.models.batches import Batch, Part, Row

log = structlog.get_logger(__name__)

if TYPE_CHECKING:
    from collections.abc import Mapping

PARENT_MACHINE: Final = "onboard-members"
CHILD_MACHINE: Final = "onboard-member"

_PARENT_NAME: Final = re.compile(r"by-hand-([0-9a-f-]{36})-([0-9]{1,9})\Z")


def part_name(part: Part) -> str:
    """Name the execution of a part: the same at every attempt, so that it is started once."""
    return f"by-hand-{part.batch.public_id}-{part.number}"


def note_finished(*, execution: Execution, now: datetime) -> None:
    """Have looked at what an ended execution says of a batch; in the transaction of its end."""
    if execution.state_machine == PARENT_MACHINE:
        if place := _place(execution.name):
            public_id, number = place
            part = Part.objects.filter(batch__public_id=public_id, number=number)
            if work.rearm(part, now=now):
                work.wake(Part)
    elif execution.state_machine == CHILD_MACHINE and (
        place := _place(execution.parent_arn.rpartition(":")[2])
    ):
        row = Row.objects.filter(batch__public_id=place[0], number=_row_number(execution) or 0)
        if work.rearm(row, now=now, ended_execution_id=execution.pk):
            work.wake(Row)


def work_off_part(part: Part, now: datetime) -> None:
    """Start a part, once however often this runs, or record how it ended; for `work_off`.

    Raises:
        TryLater: AWS is away, throttles, or the stack is not deployed yet.
        LeaseLost: Another worker has the part.
    """
    if part.state == PartState.STARTING:
        execution = _start(part, now=now)
        if execution is None:
            return
    else:
        execution = Execution.objects.get(arn=part.execution_arn)
    if execution.is_open:
        work.finish(part, state=PartState.RUNNING, execution_arn=execution.arn, error="")
        return
    with transaction.atomic():
        _settle_part(part, execution, now=now)
        work.finish(
            part,
            state=PartState.ENDED,
            execution_arn=execution.arn,
            error="" if execution.status == ExecutionStatus.SUCCEEDED else _why(execution),
        )


def follow_row(row: Row, now: datetime) -> None:
    """Record what the ended child says of its person; for `work_off`.

    A success counts whenever it comes, from whichever part. A failure counts while the person is
    with the part that it belongs to: a late one of an earlier part says nothing of the present.
    """
    with transaction.atomic():
        _lock(row.batch_id)
        current = Row.objects.select_related("part", "batch").get(pk=row.pk)
        execution = Execution.objects.filter(pk=row.ended_execution_id or 0).first()
        changes: dict[str, Any] = {}
        if execution is None or execution.is_open:
            pass  # redriven meanwhile: its next end is told again
        elif execution.status == ExecutionStatus.SUCCEEDED:
            changes = {"state": RowState.SUCCEEDED, "error": ""}
        elif current.state in (RowState.RUNNING, RowState.FAILED) and _is_of(execution, current):
            changes = {"state": RowState.FAILED, "error": _why(execution)}
        if changes and execution is not None:
            changes["execution_arn"] = execution.arn
        work.finish(row, **changes)
        if changes:
            close_if_over(row.batch_id, now=now)


def close_if_over(batch_id: int, *, now: datetime) -> None:
    """Note that a batch changed, and end it with its last person; under the batch's lock."""
    batch = Batch.objects.filter(pk=batch_id)
    batch.update(updated_at=now)
    if not Row.objects.filter(batch_id=batch_id, state__in=OPEN_ROWS).exists():
        batch.filter(state__in=[BatchState.RUNNING, BatchState.PAUSED]).update(
            state=BatchState.DONE, ended_at=now
        )


def _start(part: Part, *, now: datetime) -> Execution | None:
    """Start the part's execution or find the one that there is; None where AWS refuses it."""
    try:
        machine = stack.state_machine_arn(PARENT_MACHINE)
        input_json = _input(part)
        started, is_new = _started(machine, part_name(part), input_json)
    except AwsUnavailable as exc:
        raise work.TryLater(str(exc)) from exc
    except InvalidExecutionInput as exc:
        _refuse(part, str(exc), now=now)
        return None
    except AwsRejected as exc:
        if isinstance(exc, StateMachineDoesNotExist):
            stack.forget()  # deployed anew, the machine may have another ARN
        if part.strikes + 1 < work.MAX_STRIKES:
            work.postpone(
                part, not_before=work.retry_at(part, now=now), error=str(exc), strike=True
            )
        else:
            _refuse(part, str(exc), now=now)
        return None
    log.info("onboarding.part_started", batch_id=part.batch_id, execution_arn=started.arn)
    return executions.record_started(
        arn=started.arn,
        name=part_name(part),
        state_machine=PARENT_MACHINE,
        started_at=started.started_at,
        input_json=input_json,
        now=now,
        ask=not is_new,
    )


def _started(machine: str, name: str, input_json: str) -> tuple[stepfunctions.Started, bool]:
    try:
        started = executions.start_execution(
            state_machine_arn=machine, name=name, input_json=input_json
        )
    except ExecutionAlreadyExists:
        # It has closed already. The name is ours alone, so it is this part's own.
        arn = stepfunctions.execution_arn(machine, name)
        found = stepfunctions.describe_execution(arn)
        return stepfunctions.Started(arn, datetime.fromisoformat(found["startDate"])), False
    return started, True


def _input(part: Part) -> str:
    """Write the input of `onboard-members`: the same text at every attempt."""
    batch = part.batch
    rows = part.rows.order_by("number").values_list("number", "github_id", "login")
    return json.dumps(
        {
            "batch": str(batch.public_id),
            "organization": {"login": batch.organization, "id": batch.organization_id},
            "installation_id": batch.installation_id,
            "requested_by": batch.requested_by_name or None,
            "users": [
                {"row": number, "id": github_id, "login": login}
                for number, github_id, login in rows
            ],
        },
        separators=(",", ":"),
    )


@transaction.atomic
def _refuse(part: Part, reason: str, *, now: datetime) -> None:
    """Give a part up and say so of each of its people, who may then be retried."""
    _lock(part.batch_id)
    Row.objects.filter(part=part, state=RowState.RUNNING).update(
        state=RowState.FAILED, error=f"AWS did not start it: {reason}"
    )
    work.give_up(part, reason=reason)
    close_if_over(part.batch_id, now=now)


def _settle_part(part: Part, execution: Execution, *, now: datetime) -> None:
    """Decide about those of whom no child has told: the parent's own rows, or that it ended."""
    batch = _lock(part.batch_id)
    told = _told_rows(execution.output)
    silent = Row.objects.filter(part=part, state=RowState.RUNNING)
    done = [number for number, status in told.items() if status == "succeeded"]
    # The child may have ended, too, and only its turn has not come: who reads that a person is done
    # reads by which execution.
    child = Execution.objects.filter(pk=OuterRef("ended_execution_id"), parent_arn=execution.arn)
    arn = Coalesce(Subquery(child.values("arn")), Value(""))
    silent.filter(number__in=done).update(state=RowState.SUCCEEDED, error="", execution_arn=arn)
    # A child may outlive its parent, and its end will be told; who has none was never begun.
    alive = _numbers_with_open_child(execution)
    reason = (
        "It failed; its execution has not been read yet."
        if execution.status == ExecutionStatus.SUCCEEDED
        else f"The part of the batch that it belongs to ended: {_why(execution)}"
    )
    silent.exclude(number__in=alive).exclude(number__in=done).update(
        state=RowState.FAILED, error=reason, execution_arn=arn
    )
    close_if_over(batch.pk, now=now)
    # The next part may wait for this one.
    if work.rearm(Batch.objects.filter(pk=batch.pk, state=BatchState.RUNNING), now=now):
        work.wake(Batch)


def _told_rows(output: str | None) -> Mapping[int, str]:
    try:
        rows = orjson.loads(output or "{}").get("rows", [])
        return {int(row["row"]): str(row["status"]) for row in rows}
    except (orjson.JSONDecodeError, AttributeError, KeyError, TypeError, ValueError):
        log.warning("onboarding.part_output_unreadable")
        return {}


def _numbers_with_open_child(parent: Execution) -> list[int]:
    children = Execution.objects.filter(
        parent_arn=parent.arn, stopped_at__isnull=True, state_machine=CHILD_MACHINE
    ).order_by("pk")
    # One that AWS has forgotten ends no more: nobody will be told of it.
    alive = (child for child in children if not child.is_forgotten)
    return [number for child in alive if (number := _row_number(child)) is not None]


def _place(name: str) -> tuple[UUID, int] | None:
    """Read batch and part out of a parent's name; None where it is not one of ours."""
    match = _PARENT_NAME.match(name)
    if match is None:
        return None
    try:
        return UUID(match[1]), int(match[2])
    except ValueError:
        return None


def _row_number(execution: Execution) -> int | None:
    try:
        number = orjson.loads(execution.input or "{}").get("row")
    except (orjson.JSONDecodeError, AttributeError):
        return None
    return number if isinstance(number, int) else None


def _is_of(execution: Execution, row: Row) -> bool:
    if row.part is None:
        return False
    place = _place(execution.parent_arn.rpartition(":")[2])
    return place == (row.batch.public_id, row.part.number)


def _why(execution: Execution) -> str:
    """Say in one line why an execution failed: the error's name and what it said."""
    error = plain_error(execution.error, execution.cause)
    if error is None:
        return f"It ended as {execution.get_status_display().lower()}."
    said = error.message or error.meaning
    return f"{error.name}: {said}" if error.name and said else error.name or said


def _lock(batch_id: int) -> Batch:
    """Hold the batch until the commit: of two workers with its last two rows, one sees the end."""
    return Batch.objects.select_for_update().get(pk=batch_id)
