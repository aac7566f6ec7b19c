"""Counting the last day's deliveries by hour, event, action and status, for the pages that show them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction
from django.db.models import Count

from webhooks.models import Delivery, HourlyCount
from webhooks.selectors import HOURS, start_of_hour
from webhooks.services.turns import Turn

if TYPE_CHECKING:
    from collections.abc import Callable

_TURN: Final = timedelta(seconds=5)
_HOUR: Final = timedelta(hours=1)


def take_turn(place: dict[str, Any], clock: Callable[[], datetime]) -> Turn:
    """Count the hours that have changed since the round before, and one of the older ones.

    This hour and the one before change all the time, the others seldom: by a replay, or because AWS
    was away. One of them a minute is soon enough.
    """
    now = clock()
    ends_at = now + _TURN
    latest = start_of_hour(now)
    earliest = latest - (HOURS - 1) * _HOUR
    begin = place.get("from")
    hour = max(earliest, datetime.fromisoformat(begin)) if begin else earliest
    while hour <= latest:
        count_hour(hour)
        hour += _HOUR
        if hour <= latest and clock() >= ends_at:
            return Turn(is_over=False, place={"from": hour.isoformat()})
    count_hour(earliest + int(now.timestamp() // 60) % (HOURS - 2) * _HOUR)
    HourlyCount.objects.filter(hour__lt=earliest).delete()
    return Turn(is_over=True, place={"from": (latest - _HOUR).isoformat()})


def count_hour(hour: datetime) -> None:
    """Count the deliveries that arrived within the hour that begins then."""
    counted = (
        Delivery.objects.filter(received_at__gte=hour, received_at__lt=hour + _HOUR)
        .values_list("event", "action", "status")
        .annotate(number=Count("pk"))
        .order_by("event", "action", "status")
    )
    rows = [
        HourlyCount(hour=hour, event=event, action=action, status=status, number=number)
        for event, action, status, number in counted
    ]
    with transaction.atomic():
        HourlyCount.objects.filter(hour=hour).delete()
        HourlyCount.objects.bulk_create(rows)
