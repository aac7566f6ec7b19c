"""How complete each day is, what is missing, and where the App is installed."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Final

from django.db.models import Count, Prefetch, Q, QuerySet

from webhooks.models import (
    NOT_HERE,
    Backfill,
    BackfillPlace,
    CompletenessDay,
    Installation,
    LoggedDelivery,
    Routine,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

DAYS: Final = 30
BACKFILLS: Final = 10
TROUBLED: Final = 10


def completeness(*, now: datetime) -> list[CompletenessDay]:
    """Return the figures of the latest 30 days that have any, oldest first."""
    since = now.astimezone(UTC).date() - timedelta(days=DAYS)
    return list(CompletenessDay.objects.filter(day__gt=since).order_by("day"))


def completeness_totals(days: Iterable[CompletenessDay]) -> CompletenessDay:
    """Add days up."""
    total = CompletenessDay()
    for day in days:
        total.expected += day.expected
        total.received += day.received
        total.recovered += day.recovered
        total.missing += day.missing
        total.lost += day.lost
    return total


def gaps() -> QuerySet[LoggedDelivery]:
    """Return the deliveries that are not here: missing or lost, the latest first."""
    return LoggedDelivery.objects.filter(NOT_HERE).order_by("-pk")


def find_routine(name: str) -> Routine | None:
    """Return how a routine stands; None where no worker has ever started."""
    return Routine.objects.filter(name=name).first()


def installations() -> list[Installation]:
    """Return where the App is and was, with the number of repositories as `repository_count`."""
    found = Installation.objects.annotate(repository_count=Count("repositories"))
    return list(found.order_by("deleted_at", "account_login", "pk"))


def backfills() -> list[Backfill]:
    """Return the latest spans that were or are looked through.

    Each has `left_count`, the places that are left, `troubled_count`, those that could not be looked
    through as a whole, and the first of them as `troubled`.
    """
    troubled = BackfillPlace.objects.exclude(problems="").order_by("pk")
    found = (
        Backfill.objects.select_related("requested_by")
        .prefetch_related(Prefetch("places", troubled[:TROUBLED], to_attr="troubled"))
        .annotate(
            left_count=Count("places", filter=Q(places__is_done=False)),
            troubled_count=Count("places", filter=~Q(places__problems="")),
        )
    )
    return list(found.order_by("-requested_at", "-pk")[:BACKFILLS])
