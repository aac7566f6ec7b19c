"""Taking a delivery in: checked, stored once, answered."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import structlog
import zstandard
from django.conf import settings
from django.db import IntegrityError, InterfaceError, OperationalError, transaction

from core import work
from webhooks import ingress
from webhooks.enums import DeliveryStatus
from webhooks.models import Delivery

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

log = structlog.get_logger(__name__)

# zstd's usual level: 17 µs for a body of 19 kB, of which 2.5 kB remain.
_COMPRESSION_LEVEL = 3
# GitHub does not retry by itself; whoever redelivers by script waits this long.
_RETRY_AFTER_S = 5


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


def _delivery(reading: ingress.Reading, *, received_at: datetime) -> Delivery:
    delivery = Delivery(
        guid=reading.guid,
        event=reading.event,
        action=reading.action,
        repository=reading.repository,
        organization=reading.organization,
        sender=reading.sender,
        person=reading.person,
        installation_id=reading.installation_id,
        received_at=received_at,
        headers=reading.headers,
        body_bytes=len(reading.body),
    )
    if reading.reason:
        delivery.status = DeliveryStatus.IGNORED
        delivery.reason = reading.reason
        delivery.work_state = work.WorkState.DONE
    else:
        delivery.status = DeliveryStatus.WAITING
        delivery.state_machine = reading.route.state_machine if reading.route else ""
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
