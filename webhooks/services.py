"""What happens to a delivery: stored once, then its execution started once."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

import orjson
import structlog
import zstandard
from django.conf import settings
from django.db import IntegrityError, InterfaceError, OperationalError, transaction

from core import work
from core.aws import stack, stepfunctions
from core.aws.errors import (
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
from webhooks import ingress
from webhooks.enums import DeliveryStatus
from webhooks.models import Delivery

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from uuid import UUID

log = structlog.get_logger(__name__)

# zstd's usual level: 17 µs for a body of 19 kB, of which 2.5 kB remain.
_COMPRESSION_LEVEL = 3
# GitHub does not retry by itself; whoever redelivers by script waits this long.
_RETRY_AFTER_S = 5


class NotRetryable(Conflict):
    """The delivery did not fail, so there is nothing to try again."""

    code = "delivery_not_failed"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the endpoint says to GitHub."""

    status_code: int
    payload: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)


def ingest(*, headers: Mapping[str, str], body: bytes, now: datetime) -> Answer:
    """Take a delivery in: check, store, wake a worker, answer. The whole endpoint without HTTP.

    Args:
        headers: Of the request; the mapping ignores case.
        body: The raw bytes.
        now: When it arrived.
    """
    try:
        reading = ingress.read(headers, body, secrets=_secrets())
        status = record_delivery(reading, received_at=now)
    except ingress.Refused as exc:
        log.warning("webhooks.delivery_refused", status_code=exc.status_code, code=exc.code)
        return refusal(exc)
    except (OperationalError, InterfaceError) as exc:
        # Not committed, so not accepted: GitHub notes a failure that can be redelivered.
        log.warning("webhooks.delivery_not_stored", error=str(exc))
        text = "The delivery could not be stored; send it again."
        return Answer(
            503,
            {"code": "database_busy", "message": text, "fields": {}},
            {"Retry-After": str(_RETRY_AFTER_S)},
        )
    return Answer(202, {"delivery": str(reading.guid), "status": status})


def refusal(refused: ingress.Refused) -> Answer:
    """Write a refusal in the one shape of all our errors."""
    return Answer(
        refused.status_code,
        {"code": refused.code, "message": str(refused), "fields": refused.fields},
    )


def record_delivery(reading: ingress.Reading, *, received_at: datetime) -> str:
    """Store a delivery once and wake a worker after the commit; a repeated GUID changes nothing.

    Returns:
        `accepted`, `ignored` (no route uses it: stored without its body) or `duplicate`.
    """
    delivery = _delivery(reading, received_at=received_at)
    try:
        with transaction.atomic():
            delivery.save(force_insert=True)
            if delivery.is_waiting:
                work.wake(Delivery)
    except IntegrityError:
        # Only a GUID that is there may be swallowed; any other constraint is a bug of ours.
        if not Delivery.objects.filter(guid=reading.guid).exists():
            raise
        log.info("webhooks.delivery_repeated", delivery_id=str(reading.guid))
        return "duplicate"
    log.info(
        "webhooks.delivery_stored",
        delivery_id=str(reading.guid),
        event_name=reading.event,
        action=reading.action,
        status=delivery.status,
    )
    return "accepted" if delivery.is_waiting else "ignored"


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
    body = delivery.body_json()
    if route is None or body is None:
        work.give_up(delivery, reason="The version that runs now has no route for this event.")
        return
    try:
        wanted = ingress.project(route, ingress.parse(body), guid=delivery.guid)
    except ingress.Refused as exc:
        work.give_up(delivery, reason=f"The body cannot be read as this event: {exc}")
        return
    try:
        started, is_new = _start(route, delivery.guid, wanted)
    except AwsUnavailable as exc:
        raise work.TryLater(str(exc)) from exc
    except (InvalidExecutionInput, _OtherInput) as exc:
        work.give_up(delivery, reason=str(exc))
    except AwsRejected as exc:
        if isinstance(exc, StateMachineDoesNotExist):
            stack.forget()  # deployed anew, the machine may have another ARN
        work.postpone(
            delivery, not_before=work.retry_at(delivery, now=now), error=str(exc), strike=True
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


class _OtherInput(AwsRejected):
    """The delivery's name belongs to an execution that was started with something else."""


def _start(route: routing.Route, guid: UUID, wanted: str) -> tuple[stepfunctions.Started, bool]:
    """Start the execution or find the one that there is; the flag says that it is surely running."""
    machine = stack.state_machine_arn(route.state_machine)
    name = routing.execution_name(route.event, guid)
    try:
        started = stepfunctions.start_execution(
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
    executions.record_started(
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


def _delivery(reading: ingress.Reading, *, received_at: datetime) -> Delivery:
    delivery = Delivery(
        guid=reading.guid,
        event=reading.event,
        action=reading.action,
        repository=reading.repository,
        organization=reading.organization,
        sender=reading.sender,
        installation_id=reading.installation_id,
        received_at=received_at,
        headers=reading.headers,
        body_bytes=len(reading.body),
    )
    if reading.route is None:
        delivery.status = DeliveryStatus.IGNORED
        delivery.reason = reading.reason
        delivery.work_state = work.WorkState.DONE
    else:
        delivery.status = DeliveryStatus.WAITING
        delivery.state_machine = reading.route.state_machine
        delivery.body = zstandard.compress(reading.body, _COMPRESSION_LEVEL)
        delivery.not_before = received_at
    return delivery


def _secrets() -> list[bytes]:
    # Bytes that are no UTF-8 came through the environment as surrogate escapes.
    return [
        secret.encode("utf-8", "surrogateescape")
        for secret in (settings.GITHUB_WEBHOOK_SECRET, settings.GITHUB_WEBHOOK_SECRET_OLD)
        if secret
    ]
