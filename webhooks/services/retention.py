"""Removing what is past its time, in batches that nobody notices: bodies first, then rows."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings

from webhooks.enums import DeliveryStatus, Outcome
from webhooks.models import Delivery, LoggedDelivery
from webhooks.services.completeness import COUNTED_DAYS, start_of_day
from webhooks.services.turns import Turn

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import QuerySet

_TURN: Final = timedelta(seconds=5)
# A delete of so many rows takes a few milliseconds, also on SQLite, where everybody waits for it.
_BATCH: Final = 200


def take_turn(place: dict[str, Any], clock: Callable[[], datetime]) -> Turn:
    """Remove batch after batch, as long as a turn lasts."""
    now = clock()
    ends_at = now + _TURN
    bodies, rows = place.get("bodies", 0), place.get("rows", 0)
    earlier = place.get("bodies_to")
    bodies_to = datetime.fromisoformat(earlier) if earlier else None
    while clock() < ends_at:
        emptied, bodies_to = _empty(bodies_to, now=now)
        removed = 0 if emptied else _remove(now=now)
        if not emptied and not removed:
            note = f"{bodies:,} bodies and {rows:,} rows removed"
            return Turn(is_over=True, note=note, place=_place(bodies_to))
        bodies, rows = bodies + emptied, rows + removed
    return Turn(is_over=False, place=_place(bodies_to) | {"bodies": bodies, "rows": rows})


def _empty(since: datetime | None, *, now: datetime) -> tuple[int, datetime | None]:
    """Drop the next bodies; returns how many, and until when there are no more."""
    before = now - timedelta(days=settings.DELIVERY_BODY_RETENTION_DAYS)
    old = Delivery.objects.filter(received_at__lt=before, body__isnull=False)
    if since is not None:
        # Those before are empty already; without this each round would pass over all of them.
        old = old.filter(received_at__gte=since)
    found = list(
        old.exclude(status=DeliveryStatus.WAITING)
        .order_by("received_at", "pk")
        .values_list("pk", "received_at")[:_BATCH]
    )
    if not found:
        return 0, since
    # A replay may have made one of them wait meanwhile; then it needs its body.
    chosen = Delivery.objects.filter(pk__in=[pk for pk, _ in found])
    chosen.exclude(status=DeliveryStatus.WAITING).update(body=None)
    return len(found), found[-1][1]


def _remove(*, now: datetime) -> int:
    """Delete the next rows, and return how many."""
    before = now - timedelta(days=settings.DELIVERY_RETENTION_DAYS)
    settled = Delivery.objects.filter(received_at__lt=before).exclude(
        status=DeliveryStatus.WAITING
    )
    # One day more than is counted, so that a counted day is whole.
    log_before = start_of_day(now - timedelta(days=COUNTED_DAYS + 1))
    logged = LoggedDelivery.objects.filter(delivered_at__lt=log_before)
    return (
        _delete(settled.order_by("received_at", "pk"))
        + _delete(logged.exclude(outcome=Outcome.LOST).order_by("delivered_at", "pk"))
        + _delete(logged.filter(delivered_at__lt=before).order_by("delivered_at", "pk"))
    )


def _delete(rows: QuerySet[Any]) -> int:
    chosen = list(rows.values_list("pk", flat=True)[:_BATCH])
    # With the condition again: a replay may have made one of them wait meanwhile.
    deleted, _ = rows.order_by().filter(pk__in=chosen).delete() if chosen else (0, {})
    return int(deleted)


def _place(bodies_to: datetime | None) -> dict[str, Any]:
    return {"bodies_to": bodies_to.isoformat()} if bodies_to else {}
