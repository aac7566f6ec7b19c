"""How many of each day's deliveries are here, by GitHub's own log."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Count
from django.db.models.functions import TruncDate

from webhooks.enums import Outcome
from webhooks.models import CompletenessDay, LoggedDelivery

COUNTED_DAYS: Final = 4
"""Days that may still change: GitHub's log reaches over four of them."""


def count_days(*, now: datetime) -> None:
    """Count the latest days anew; those before stay as they were when they left GitHub's log."""
    since = start_of_day(now - timedelta(days=COUNTED_DAYS))
    rows = (
        LoggedDelivery.objects.filter(delivered_at__gte=since)
        .annotate(day=TruncDate("delivered_at", tzinfo=UTC))
        .values_list("day", "outcome")
        .annotate(number=Count("pk"))
        .order_by("day", "outcome")
    )
    counts: dict[date, dict[str, int]] = {}
    for day, outcome, number in rows:
        counts.setdefault(day, dict.fromkeys(Outcome.values, 0))[outcome] = number
    with transaction.atomic():
        CompletenessDay.objects.bulk_create(
            [
                CompletenessDay(day=day, expected=sum(numbers.values()), counted_at=now, **numbers)
                for day, numbers in counts.items()
            ],
            update_conflicts=True,
            unique_fields=["day"],
            update_fields=["expected", *Outcome.values, "counted_at"],
        )


def start_of_day(moment: datetime) -> datetime:
    """Return the beginning of the UTC day in which a moment lies."""
    return datetime.combine(moment.astimezone(UTC).date(), time(), UTC)
