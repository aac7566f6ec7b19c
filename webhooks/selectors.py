"""Deliveries, to be shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Count

from core.errors import NotFound
from executions.selectors import execution_by_arn
from webhooks.enums import DeliveryStatus
from webhooks.models import Delivery

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet

    from executions.models import Execution

# A page with more JSON than this helps nobody.
SHOWN_BODY_BYTES = 200_000


def deliveries(
    *, event: str = "", action: str = "", repository: str = "", status: str = ""
) -> QuerySet[Delivery]:
    """Return deliveries without their bodies, the latest first; empty filters let all through."""
    filters = {"event": event, "action": action, "repository": repository, "status": status}
    wanted = {name: value for name, value in filters.items() if value}
    return Delivery.objects.filter(**wanted).defer("body", "headers").order_by("-pk")


def get_delivery(guid: UUID) -> Delivery:
    """Return one delivery.

    Raises:
        NotFound: There is none of that GUID.
    """
    try:
        return Delivery.objects.get(guid=guid)
    except Delivery.DoesNotExist:
        message = f"There is no delivery {guid}."
        raise NotFound(message) from None


def count_by_status() -> dict[str, int]:
    """Return the number of deliveries of every status."""
    rows = Delivery.objects.order_by("status").values_list("status").annotate(Count("pk"))
    return dict.fromkeys(DeliveryStatus.values, 0) | dict(rows)


def latest_received_at() -> datetime | None:
    """Return when the latest delivery arrived."""
    return Delivery.objects.order_by("-pk").values_list("received_at", flat=True).first()


def execution_of(delivery: Delivery) -> Execution | None:
    """Return the execution that the delivery started, or None where the mirror lacks it."""
    return execution_by_arn(delivery.execution_arn) if delivery.execution_arn else None


def shown_body(delivery: Delivery) -> str:
    """Return the body as text for a page; one too large to be read there is cut, and says so."""
    body = delivery.body_json()
    if body is None:
        return ""
    text = body[:SHOWN_BODY_BYTES].decode("utf-8", "replace")
    left = len(body) - SHOWN_BODY_BYTES
    return f"{text}\n… and {left:,} bytes more" if left > 0 else text
