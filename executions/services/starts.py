"""Starting an execution by hand: written down first, started once by a worker."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import structlog
from django.db import transaction

from core import work
from core.aws import stack, stepfunctions
from core.aws.errors import AwsError, AwsUnavailable, ExecutionAlreadyExists
from core.errors import NotFound
from executions import selectors
from executions.enums import OrderStatus
from executions.models import Start
from executions.packing import pack_text
from executions.services.inputs import parse_input
from executions.services.pacing import start_execution
from executions.services.refreshing import look_up, record_started

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from django.contrib.auth.models import User

log = structlog.get_logger(__name__)


class MachineUnknown(NotFound):
    """The stack has no state machine of that name."""

    code = "state_machine_unknown"


@transaction.atomic
def request_start(*, state_machine: str, text: str, user: User | None, now: datetime) -> Start:
    """Note that somebody wants an execution started, and wake a worker.

    Args:
        state_machine: Our name of the machine.
        text: Its input, JSON.
        user: Who asks; None for a program.
        now: The moment.

    Raises:
        InvalidInput: The machine does not take that input.
        MachineUnknown: There is no such machine.
    """
    if state_machine not in selectors.startable_machines():
        message = f"There is no state machine {state_machine!r}."
        raise MachineUnknown(message)
    start = Start.objects.create(
        state_machine=state_machine,
        name=f"by-hand-{uuid4()}",
        packed_input=pack_text(parse_input(state_machine, text)),
        requested_by=user,
        requested_at=now,
        not_before=now,
    )
    work.wake(Start)
    log.info("executions.start_requested", state_machine=state_machine, name=start.name)
    return start


def carry_out_due_starts(*, clock: Callable[[], datetime]) -> None:
    """Start whatever was asked for; the body of the task."""
    work.work_off(Start, carry_out_start, clock=clock)


def carry_out_start(row: Start, now: datetime) -> None:
    """Start it and record it; a handler of `work_off`. A second try finds the first by its name."""
    try:
        machine_arn = stack.state_machine_arn(row.state_machine)
        try:
            started = start_execution(
                state_machine_arn=machine_arn, name=row.name, input_json=row.input
            )
        except ExecutionAlreadyExists:
            # Nobody else draws this name: it is ours, and has ended by now.
            arn = stepfunctions.execution_arn(machine_arn, row.name)
            started = stepfunctions.Started(arn, look_up(arn, now=now).started_at)
    except AwsUnavailable as exc:
        raise work.TryLater(str(exc)) from exc
    except AwsError as exc:
        with transaction.atomic():
            work.finish(
                row, status=OrderStatus.REFUSED, outcome=f"AWS refused: {exc}", ended_at=now
            )
        return
    _record(row, started, now=now)


@transaction.atomic
def _record(row: Start, started: stepfunctions.Started, *, now: datetime) -> None:
    execution = record_started(
        arn=started.arn,
        name=row.name,
        state_machine=row.state_machine,
        started_at=started.started_at,
        input_json=row.input,
        now=now,
    )
    work.finish(
        row,
        status=OrderStatus.ACCEPTED,
        outcome="AWS started it.",
        execution_id=execution.pk,
        ended_at=now,
    )
    log.info("executions.started_by_hand", execution_id=execution.pk)
