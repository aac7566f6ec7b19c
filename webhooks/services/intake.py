"""Taking deliveries in: checked, stored once, answered.

Every way in is made of the same two: `check`, which needs no database, and `take_in`, which stores
one or many. `ingest` is both for a request at a time; webhooks/endpoint.py collects what arrives
while the last commit is under way, and where it waits for the database itself it takes `take_in`
apart: `rows_of`, the INSERT, `answers_of`.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import structlog
import zstandard
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection

from core import work
from webhooks import ingress
from webhooks.enums import DeliveryStatus
from webhooks.models import Delivery
from webhooks.services.insertion import defaults, insert_new

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

log = structlog.get_logger(__name__)

# 12 µs for a body of 19 kB, of which 2.5 kB remain; the usual level takes a fifth more for 90 bytes.
_COMPRESSION_LEVEL = 1
# GitHub does not retry by itself; whoever redelivers by script waits this long.
_RETRY_AFTER_S = 5

_of_thread = threading.local()


@dataclass(frozen=True, slots=True)
class Answer:
    """What the endpoint says to GitHub."""

    status_code: int
    payload: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def has_work(self) -> bool:
        """Whether a worker should be woken."""
        return self.payload.get("status") == "accepted"


@dataclass(frozen=True, slots=True)
class Arrival:
    """A delivery that passed every check, and when it arrived.

    Attributes:
        compressed: Its body as it will be stored, where that is done ahead of its batch.
    """

    reading: ingress.Reading
    received_at: datetime
    compressed: bytes | None = None


def ingest(*, headers: Mapping[str, str], body: bytes, now: datetime) -> Answer:
    """Take one delivery in: check, store, wake a worker, answer. The endpoint without HTTP.

    Args:
        headers: Of the request; see `ingress.read`.
        body: The raw bytes.
        now: When it arrived.
    """
    try:
        arrival = check(headers=headers, body=body, now=now)
    except ingress.Refused as exc:
        return refusal(exc)
    [answer] = take_in([arrival])
    if answer.has_work:
        work.wake(Delivery)
    return answer


def check(*, headers: Mapping[str, str], body: bytes, now: datetime) -> Arrival:
    """Check a delivery against our secrets; see `ingress.read`.

    Raises:
        Refused: It is not taken.
    """
    return Arrival(ingress.read(headers, body, secrets=_secrets()), now)


def compress_ahead(arrival: Arrival) -> Arrival:
    """Compress a body on its own, where it is so large that its batch should not wait for it."""
    [compressed] = _compressed([arrival])
    return replace(arrival, compressed=compressed)


def take_in(arrivals: Sequence[Arrival]) -> list[Answer]:
    """Store many in one transaction and answer each; what is stored is committed. Never raises.

    One that cannot be stored for its own sake, which is a bug of ours, does not take its neighbours
    with it.
    """
    try:
        new = _insert_reconnecting(rows_of(arrivals))
    except (OperationalError, InterfaceError) as exc:
        # Not committed, so not accepted: GitHub notes a failure that can be redelivered.
        log.warning("webhooks.deliveries_not_stored", count=len(arrivals), error=str(exc))
        return [unavailable()] * len(arrivals)
    except Exception:
        if len(arrivals) > 1:
            return [answer for arrival in arrivals for answer in take_in([arrival])]
        log.exception("webhooks.delivery_unstorable", delivery_id=str(arrivals[0].reading.guid))
        return [unavailable()]
    return answers_of(arrivals, new)


def rows_of(arrivals: Sequence[Arrival]) -> list[dict[str, Any]]:
    """Return what `insert_new` stores."""
    return [
        _row(arrival, body) for arrival, body in zip(arrivals, _compressed(arrivals), strict=True)
    ]


def answers_of(arrivals: Sequence[Arrival], new: set[UUID]) -> list[Answer]:
    """Answer each after the commit: `accepted`, `ignored` (nothing uses it) or `duplicate`.

    Args:
        arrivals: What was to be stored, in that order.
        new: The GUIDs that were not there before; used up.
    """
    return [
        Answer(202, {"delivery": str(arrival.reading.guid), "status": _status(arrival, new)})
        for arrival in arrivals
    ]


def refusal(refused: ingress.Refused) -> Answer:
    """Write a refusal in the one shape of all our errors, and note it."""
    log.warning("webhooks.delivery_refused", status_code=refused.status_code, code=refused.code)
    return Answer(
        refused.status_code,
        {"code": refused.code, "message": str(refused), "fields": refused.fields},
    )


def unavailable() -> Answer:
    """Say that a delivery is not stored, and that it may be sent again."""
    text = "The delivery could not be stored; send it again."
    return Answer(
        503,
        {"code": "database_busy", "message": text, "fields": {}},
        {"Retry-After": str(_RETRY_AFTER_S)},
    )


def record_delivery(reading: ingress.Reading, *, received_at: datetime) -> str:
    """Store one delivery and wake a worker; a repeated GUID changes nothing.

    Returns:
        Its status, see `answers_of`.

    Raises:
        As `insert_new`.
    """
    arrival = Arrival(reading, received_at)
    status = _status(arrival, insert_new(rows_of([arrival])))
    if status == "accepted":
        work.wake(Delivery)
    return status


def _insert_reconnecting(rows: Sequence[Mapping[str, Any]]) -> set[UUID]:
    """Insert, a second time where the connection proves to have broken since it was last used."""
    try:
        return insert_new(rows)
    except (OperationalError, InterfaceError):
        if connection.connection is None or connection.in_atomic_block or connection.is_usable():
            raise
        connection.close()
        return insert_new(rows)


def _status(arrival: Arrival, new: set[UUID]) -> str:
    guid = arrival.reading.guid
    if guid not in new:
        return "duplicate"
    new.remove(guid)  # a second one in this batch is a duplicate, too
    return "ignored" if arrival.reading.reason else "accepted"


def _row(arrival: Arrival, body: bytes | None) -> dict[str, Any]:
    reading = arrival.reading
    row = defaults() | {
        "guid": reading.guid,
        "event": reading.event,
        "action": reading.action,
        "repository": reading.repository,
        "organization": reading.organization,
        "sender": reading.sender,
        "person": reading.person,
        "installation_id": reading.installation_id,
        "received_at": arrival.received_at,
        "headers": reading.headers,
        "body_bytes": len(reading.body),
    }
    if reading.reason:
        return row | {
            "status": DeliveryStatus.IGNORED.value,
            "reason": reading.reason,
            "work_state": work.WorkState.DONE.value,
        }
    return row | {
        "status": DeliveryStatus.WAITING.value,
        "state_machine": reading.route.state_machine if reading.route else "",
        "body": body,
        "not_before": arrival.received_at,
    }


def _compressed(arrivals: Sequence[Arrival]) -> list[bytes | None]:
    """Compress the bodies of a batch; what is stored without one has none.

    All in one call: each call lets go of the interpreter's lock, and whoever takes it meanwhile
    costs the event loop more than the compression does.
    """
    waiting = [one.reading.body for one in arrivals if _is_to_compress(one)]
    if not waiting:
        return [one.compressed for one in arrivals]
    # A new compressor costs more than using it, and two threads must not share one.
    if not hasattr(_of_thread, "compressor"):
        _of_thread.compressor = zstandard.ZstdCompressor(level=_COMPRESSION_LEVEL)
    done = iter(_of_thread.compressor.multi_compress_to_buffer(waiting))
    return [next(done).tobytes() if _is_to_compress(one) else one.compressed for one in arrivals]


def _is_to_compress(arrival: Arrival) -> bool:
    return arrival.compressed is None and not arrival.reading.reason


def _secrets() -> list[bytes]:
    # Bytes that are no UTF-8 came through the environment as surrogate escapes.
    return [
        secret.encode("utf-8", "surrogateescape")
        for secret in (settings.GITHUB_WEBHOOK_SECRET, settings.GITHUB_WEBHOOK_SECRET_OLD)
        if secret
    ]
