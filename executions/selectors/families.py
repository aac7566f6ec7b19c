"""Families of failures: which there are, and how often each came of late."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import CharField, Count, Q
from django.db.models.functions import Cast, Substr

from executions.models import Execution, Family

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from django.db.models import QuerySet

DAYS = 14
"""The picture's days: as long as AWS resumes a failure."""

SHOWN = 100


@dataclass(frozen=True, slots=True)
class FamilyCount:
    """A family with what a list tells of it.

    Attributes:
        open: Its failures that want attention.
        by_day: Its failures of the last `DAYS` days, oldest day first.
    """

    family: Family
    open: int
    by_day: list[int]


def families(*, handled: bool, now: datetime) -> list[FamilyCount]:
    """List the families that want attention, or the handled ones.

    A family is handled once somebody has taken note of it, or each of its failures was put right.
    The latest seen first, `SHOWN` at most; two queries for the counts of all of them.
    """
    found = list(matching_families(handled=handled).order_by("-latest_seen_at", "-pk")[:SHOWN])
    return family_counts(found, now=now)


def matching_families(*, handled: bool) -> QuerySet[Family]:
    """Return the families that want attention, or the handled ones, in no order."""
    wanting = Execution.objects.filter(needs_attention=True, family__isnull=False).values("family")
    is_open = Q(acknowledged_at__isnull=True, pk__in=wanting)
    return Family.objects.filter(~is_open if handled else is_open).select_related(
        "acknowledged_by"
    )


def family_counts(found: Sequence[Family], *, now: datetime) -> list[FamilyCount]:
    """Count the failures of families, in two queries for all of them."""
    pks = [family.pk for family in found]
    waiting = dict(
        Execution.objects.filter(family__in=pks, needs_attention=True)
        .order_by("family")
        .values_list("family")
        .annotate(count=Count("pk"))
    )
    daily = _by_day(pks, now=now)
    return [
        FamilyCount(family, waiting.get(family.pk, 0), daily.get(family.pk, [0] * DAYS))
        for family in found
    ]


def family_by_id(public_id: UUID) -> Family | None:
    """Find a family, with who took note of it."""
    return Family.objects.select_related("acknowledged_by").filter(public_id=public_id).first()


def open_failure_count() -> int:
    """Count the failures that want attention."""
    return Execution.objects.filter(needs_attention=True).count()


def _by_day(pks: Sequence[int], *, now: datetime) -> dict[int, list[int]]:
    today = now.astimezone(UTC).date()
    earliest = today - timedelta(days=DAYS - 1)
    since = datetime(earliest.year, earliest.month, earliest.day, tzinfo=UTC)
    rows = (
        Execution.objects.filter(Q(family__in=pks), started_at__gte=since)
        # The text of a day begins alike on both databases.
        .annotate(day=Substr(Cast("started_at", CharField()), 1, 10))
        .order_by("family", "day")
        .values_list("family", "day")
        .annotate(count=Count("pk"))
    )
    counted: dict[int, list[int]] = {}
    for family, day, count in rows:
        place = (date.fromisoformat(day) - earliest).days
        if 0 <= place < DAYS and family is not None:
            counted.setdefault(family, [0] * DAYS)[place] = count
    return counted
