"""Starting a delivery's execution, once however often it is tried."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import orjson
import structlog
from django.db import transaction

from core import work
from core.aws import stack, stepfunctions
from core.aws.errors import (
    AwsForbidden,
    AwsRejected,
    AwsUnavailable,
    ExecutionAlreadyExists,
    ExecutionDoesNotExist,
    InvalidExecutionInput,
    StateMachineDoesNotExist,
)
from core.errors import Conflict, NotFound
from executions import services as executions
from ghkit import routing
from ghkit.errors import InvalidPayload
from webhooks import ingress
from webhooks.enums import DeliveryStatus, RoutineName
from webhooks.models import Delivery
from webhooks.services import admission, installations, routines

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from uuid import UUID

log = structlog.get_logger(__name__)


class NotRetryable(Conflict):
    """The delivery did not fail, so there is nothing to try again."""

    code = "delivery_not_failed"


def dispatch_deliveries(*, clock: Callable[[], datetime]) -> int:
    """Start the executions of all waiting deliveries; return how many were handled."""
    # A batch of bodies may be large; each is read when its turn comes.
    return work.work_off(Delivery.objects.defer("body"), start_execution, clock=clock)


def start_execution(delivery: Delivery, now: datetime) -> None:
    """Start a delivery's execution, once however often this runs: its name is the delivery's.

    A worker that dies between the start and the save leaves a waiting row; the next one starts the
    same name with the same input and gets the same execution.

    Raises:
        TryLater: AWS is away, throttles, or the stack is not deployed yet.
        LeaseLost: Another worker has the row.
    """
    route = routing.find_route(delivery.event, delivery.action or None)
    try:
        payload = ingress.parse(delivery.body_json() or b"")
        if route is None:
            _record(delivery, payload, now=now)
            return
        wanted = ingress.project(route, payload, guid=delivery.guid)
    except (ingress.Refused, InvalidPayload) as exc:
        work.give_up(delivery, reason=f"The body cannot be read as this event: {exc}")
        return
    if not _is_admitted(delivery, payload, now=now):
        return
    try:
        started, is_new = _start(route, delivery, wanted)
    except AwsUnavailable as exc:
        raise work.TryLater(str(exc)) from exc
    except (InvalidExecutionInput, _OtherInput) as exc:
        work.give_up(delivery, reason=str(exc))
    except AwsRejected as exc:
        if isinstance(exc, StateMachineDoesNotExist):
            stack.forget()  # deployed anew, the machine may have another ARN
        work.postpone(
            delivery,
            not_before=work.retry_at(delivery, now=now),
            error=str(exc),
            # A policy that lacks something is none of the delivery's doing: that is a queue, too.
            strike=not isinstance(exc, AwsForbidden),
        )
    else:
        _record_start(delivery, started, input_json=wanted, is_new=is_new, now=now)


@transaction.atomic
def retry_delivery(guid: UUID, *, now: datetime) -> Delivery:
    """Try a failed delivery again from the start, under the same execution name.

    Raises:
        NotFound: There is no such delivery.
        NotRetryable: It did not fail, or somebody was faster.
    """
    found = Delivery.objects.filter(guid=guid)
    failed = found.filter(status=DeliveryStatus.FAILED)
    if not work.rearm(failed, now=now, status=DeliveryStatus.WAITING, reason=""):
        if not found.exists():
            message = f"There is no delivery {guid}."
            raise NotFound(message)
        message = "Only a delivery that failed can be tried again."
        raise NotRetryable(message)
    work.wake(Delivery)
    log.info("webhooks.delivery_retried", delivery_id=str(guid))
    return found.get()


def _record(delivery: Delivery, payload: Mapping[str, Any], *, now: datetime) -> None:
    """Note what an event says that starts nothing.

    Raises:
        InvalidPayload: It cannot be that event.
    """
    if routing.find_record(delivery.event, delivery.action or None) is None:
        work.give_up(delivery, reason="The version that runs now has no route for this event.")
        return
    with transaction.atomic():
        installations.apply_event(delivery.event, delivery.action, payload, now=now)
        work.finish(delivery, status=DeliveryStatus.RECORDED, reason="")
        # The event may be late, or say less than it means: GitHub's own list decides.
        routines.run_now(RoutineName.INSTALLATIONS, now=now)


def _is_admitted(delivery: Delivery, payload: Mapping[str, Any], *, now: datetime) -> bool:
    """Let a delivery through, or end or postpone it for the stated reason."""
    verdict = admission.judge(delivery, payload)
    if verdict.is_ignored:
        # With its body, so that it can be replayed when the filter changes.
        work.finish(delivery, status=DeliveryStatus.IGNORED, reason=verdict.reason)
    elif verdict.must_wait:
        work.postpone(delivery, not_before=now + admission.HELD_FOR, error=verdict.reason)
    elif verdict.reason:
        work.give_up(delivery, reason=verdict.reason)
    return not verdict.reason


class _OtherInput(AwsRejected):
    """The delivery's name belongs to an execution that was started with something else."""


def _start(
    route: routing.Route, delivery: Delivery, wanted: str
) -> tuple[stepfunctions.Started, bool]:
    """Start the execution or find the one that there is; the flag says that it is surely running."""
    machine = stack.state_machine_arn(route.state_machine)
    name = routing.execution_name(route.event, delivery.guid, start=delivery.start_number)
    try:
        started = executions.start_execution(
            state_machine_arn=machine, name=name, input_json=wanted
        )
    except ExecutionAlreadyExists as taken:
        # Closed already, or started with another input: only the execution itself can tell.
        arn = stepfunctions.execution_arn(machine, name)
        try:
            found = stepfunctions.describe_execution(arn)
        except ExecutionDoesNotExist:
            raise taken from None
        if not _is_same_json(found.get("input"), wanted):
            message = f"The name {name!r} is taken by an execution with another input: {arn}"
            raise _OtherInput(message, taken.aws_code) from taken
        return stepfunctions.Started(arn, datetime.fromisoformat(found["startDate"])), False
    return started, True


@transaction.atomic
def _record_start(
    delivery: Delivery,
    started: stepfunctions.Started,
    *,
    input_json: str,
    is_new: bool,
    now: datetime,
) -> None:
    # The mirror has the execution at once, whether or not AWS's event ever arrives.
    executions.note_started(
        arn=started.arn,
        name=started.arn.rpartition(":")[2],
        state_machine=delivery.state_machine,
        started_at=started.started_at,
        input_json=input_json,
        now=now,
        ask=not is_new,
    )
    work.finish(delivery, status=DeliveryStatus.STARTED, reason="", execution_arn=started.arn)
    log.info(
        "webhooks.execution_started", delivery_id=str(delivery.guid), execution_arn=started.arn
    )


def _is_same_json(found: Any, wanted: str) -> bool:
    try:
        return bool(orjson.loads(found) == orjson.loads(wanted))
    except (orjson.JSONDecodeError, TypeError):
        return False
