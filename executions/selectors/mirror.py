"""How the mirror stands, and the day in numbers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from django.core.cache import cache
from django.db.models import CharField, Count, F, Q
from django.db.models.functions import Cast, Substr

from executions.enums import ExecutionStatus
from executions.models import Execution, MirrorState, SweepReport

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet

HOURS = 24
# A list that thousands look at must not count the day's executions for each of them.
_HOURS_CACHED_S = 10


@dataclass(frozen=True, slots=True)
class Hour:
    """How many executions that started in one hour stand how."""

    starts_at: datetime
    counts: dict[str, int]

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.counts.values())


def hours(*, now: datetime) -> list[Hour]:
    """Count the executions that started in each of the last 24 hours, by status, oldest first.

    The present hour is the last one. Up to ten seconds old.
    """
    latest = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    starts = [latest - timedelta(hours=ago) for ago in reversed(range(HOURS))]
    key = f"executions:hours:{latest:%Y%m%d%H}"
    counted: dict[str, dict[str, int]] | None = cache.get(key)
    if counted is None:
        counted = _count_by_hour(since=starts[0])
        cache.set(key, counted, _HOURS_CACHED_S)
    return [Hour(start, counted.get(f"{start:%Y-%m-%d %H}", {})) for start in starts]


def _count_by_hour(*, since: datetime) -> dict[str, dict[str, int]]:
    # The text of a moment begins alike on both databases ("2026-11-23 17"): TruncHour would call
    # Python for every row on SQLite.
    rows = (
        Execution.objects.filter(status__in=ExecutionStatus.values, started_at__gte=since)
        .annotate(hour=Substr(Cast("started_at", CharField()), 1, 13))
        .values_list("hour", "status")
        .annotate(count=Count("pk"))
        .order_by("hour", "status")
    )
    counted: dict[str, dict[str, int]] = {}
    for hour, status, count in rows:
        counted.setdefault(hour, {})[status] = count
    return counted


def totals(of: Iterable[Hour]) -> dict[str, int]:
    """Add hours up, by status."""
    total: Counter[str] = Counter()
    for hour in of:
        total.update(hour.counts)
    return dict(total)


def mirror_state() -> MirrorState:
    """Return how far the mirror has come; of one that never ran, nothing."""
    return MirrorState.objects.filter(pk=MirrorState.ONLY).first() or MirrorState()


def mirror_lag_s(*, now: datetime) -> float | None:
    """Return the age of what the mirror shows, in seconds; None when it never ran.

    At rest it goes up to the 20 seconds that a poll of the queue waits.
    """
    caught_up_at = mirror_state().caught_up_at
    return None if caught_up_at is None else max(0.0, (now - caught_up_at).total_seconds())


def sweep_reports(*, limit: int) -> list[SweepReport]:
    """Return the latest sweeps, latest first."""
    return list(SweepReport.objects.order_by("-swept_at", "-pk")[:limit])


UNREAD_COUNTED = 10_000


def unread_success_count() -> int:
    """Count the successes whose histories are still to be kept, `UNREAD_COUNTED` at most."""
    return unread_successes().order_by("stopped_at")[:UNREAD_COUNTED].count()


def unread_successes() -> QuerySet[Execution]:
    """Return the successes whose histories are still to be read, or to be read to their end.

    One that failed, was resumed and then succeeded has the history of its failure until then.
    """
    never, not_since = Q(history_fetched_at=None), Q(history_fetched_at__lt=F("updated_at"))
    return Execution.objects.filter(
        never | not_since, status=ExecutionStatus.SUCCEEDED, history_is_current=False
    )
