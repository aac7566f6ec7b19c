"""How many of each day's deliveries are here, by GitHub's own log."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Count

from webhooks.enums import Outcome
from webhooks.models import CompletenessDay, LoggedDelivery

COUNTED_DAYS: Final = 4
"""Days that may still change: GitHub's log reaches over four of them."""


def count_days(*, now: datetime) -> None:
    """Count the latest days anew; those before stay as they were when they left GitHub's log."""
    latest = start_of_day(now)
    counts = {
        first.date(): found
        for first in (latest - timedelta(days=ago) for ago in reversed(range(COUNTED_DAYS + 1)))
        if (found := _count(first))
    }
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


def _count(first: datetime) -> dict[str, int]:
    """Count a day by outcome; empty where GitHub's log has nothing of it.

    A question a day: read off an index, where grouping by day would compute a date for each row.
    """
    rows = (
        LoggedDelivery.objects.filter(
            delivered_at__gte=first, delivered_at__lt=first + timedelta(days=1)
        )
        .values_list("outcome")
        .annotate(number=Count("pk"))
        .order_by("outcome")
    )
    found = dict(rows)
    return dict.fromkeys(Outcome.values, 0) | found if found else {}


def start_of_day(moment: datetime) -> datetime:
    """Return the beginning of the UTC day in which a moment lies."""
    return datetime.combine(moment.astimezone(UTC).date(), time(), UTC)
