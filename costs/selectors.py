"""Every question that pages and the REST API ask of the costs.

Months are answered from the rollups alone, so that they cost the same over ten million runs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Count, F, Max, Min, Q, QuerySet, Sum

from core.errors import NotFound
from core.work import WorkState
from costs.enums import Measure, SkuKind
from costs.models import (
    Repository,
    RepositoryDaySku,
    RepositoryMonth,
    RepositoryMonthSku,
    Run,
    RunImport,
)
from costs.periods import shift_month, starts_at
from costs.shares import ZERO

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import date, datetime
    from decimal import Decimal

MONTHS_IN_CHART: Final = 12
SHOWN_PROBLEMS: Final = 20
# GitHub ends a run after 35 days (GitHub Docs, actions/reference/limits), so what ended later than
# that has no job in the period. One day for good measure.
LONGEST_RUN: Final = timedelta(days=36)
# Nobody reads a longer number of waiting rows, and in a burst an exact one costs more than the page.
COUNT_CAP: Final = 1_000

_ORDERS: Final[dict[str, tuple[Any, ...]]] = {
    Measure.LIST: (F("cost_usd").desc(),),
    Measure.BILLED: (F("billed_usd").desc(), F("cost_usd").desc()),
    Measure.MINUTES: (),
}
_MINUTES: Final = F("billable_minutes") + F("self_hosted_minutes") + F("unknown_sku_minutes")


@dataclass(frozen=True, slots=True)
class SkuSum:
    """What the jobs of one SKU come to; money is None where nobody knows the price."""

    sku: str
    kind: str
    jobs: int
    minutes: int
    cost_usd: Decimal | None
    billed_usd: Decimal | None

    @property
    def key(self) -> tuple[str, str]:
        """What tells it from the others; one name may have been of two kinds."""
        return (self.sku, self.kind)

    @property
    def is_priced(self) -> bool:
        """Whether the price of these minutes is known."""
        return self.cost_usd is not None

    def measured(self, measure: str) -> Decimal | int:
        """Return what a chart draws of it."""
        if measure == Measure.MINUTES:
            return self.minutes
        return (self.cost_usd if measure == Measure.LIST else self.billed_usd) or ZERO


@dataclass(frozen=True, slots=True)
class Totals:
    """A month of one repository or of all."""

    repositories: int = 0
    runs: int = 0
    attempts: int = 0
    jobs: int = 0
    billable_minutes: int = 0
    self_hosted_minutes: int = 0
    unknown_sku_minutes: int = 0
    cost_usd: Decimal = ZERO
    billed_usd: Decimal = ZERO
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RepositoryRow:
    """One repository's month, with its SKUs."""

    sums: RepositoryMonth
    skus: list[SkuSum] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The repository as `owner/name`."""
        return self.sums.repository.full_name


@dataclass(frozen=True, slots=True)
class Backlog:
    """What of the results is not counted yet."""

    waiting: int
    waiting_is_capped: bool
    waiting_for: str
    dead: list[RunImport]
    dead_count: int


# REST


def runs(
    *, repository: str = "", month: date | None = None, run_id: int | None = None
) -> QuerySet[Run]:
    """Return attempts, the latest to end first.

    Args:
        repository: `owner/name` as it is now, in any case; empty for all.
        month: The one in which the attempt ended.
        run_id: GitHub's id of the run.
    """
    found = Run.objects.select_related("repository")
    if repository:
        found = found.filter(repository__in=_ids_of(repository))
    if month:
        ends_at = starts_at(shift_month(month, 1))
        found = found.filter(completed_at__gte=starts_at(month), completed_at__lt=ends_at)
    if run_id is not None:
        found = found.filter(run_id=run_id)
    return found.order_by("-completed_at", "-run_id", "-run_attempt")


def repository_months(
    *, repository: str = "", month: date | None = None
) -> QuerySet[RepositoryMonth]:
    """Return the months of repositories, the latest to be first seen first."""
    found = RepositoryMonth.objects.select_related("repository")
    if repository:
        found = found.filter(repository__in=_ids_of(repository))
    if month:
        found = found.filter(month=month)
    return found.order_by("-pk")


# Months of all repositories


def month_range(repositories: Collection[int] | None = None) -> tuple[date, date] | None:
    """Return the earliest and the latest month that anything is known of."""
    found = _of(RepositoryMonth.objects.all(), repositories).aggregate(
        earliest=Min("month"), latest=Max("month")
    )
    return (found["earliest"], found["latest"]) if found["latest"] else None


def totals_of(month: date, repositories: Collection[int] | None = None) -> Totals:
    """Add up one month."""
    rows = _of(RepositoryMonth.objects.filter(month=month), repositories)
    sums = rows.aggregate(
        repositories=Count("pk"),
        updated_at=Max("updated_at"),
        **{name: Sum(name) for name in RepositoryMonth.sum_fields},
    )
    return Totals(**sums) if sums["repositories"] else Totals()


def repositories_of(
    month: date, *, measure: str, search: str = "", start: int = 0, count: int
) -> list[RepositoryRow]:
    """Return some of the month's repositories, the largest first, with their SKUs.

    By offset: a month has a few thousand repositories, all under one prefix of an index.
    """
    rows = _searched(month, search).select_related("repository")
    order = (*_ORDERS[measure], _MINUTES.desc(), "repository__full_name", "pk")
    found = [RepositoryRow(row) for row in rows.order_by(*order)[start : start + count]]
    by_id = {row.sums.repository_id: row for row in found}
    sums = RepositoryMonthSku.objects.filter(month=month, repository__in=by_id)
    for row in sums.values("repository_id", "sku", "sku_kind").annotate(**_sums()):
        by_id[row["repository_id"]].skus.append(_sku_sum(row))
    return found


def count_repositories(month: date, *, search: str = "") -> int:
    """Return how many repositories `repositories_of` pages through."""
    return _searched(month, search).count()


def skus_of(month: date, repositories: Collection[int] | None = None) -> list[SkuSum]:
    """Add up one month by SKU, the most expensive first, what has no price last."""
    rows = _of(RepositoryMonthSku.objects.filter(month=month), repositories)
    sums = [_sku_sum(row) for row in rows.values("sku", "sku_kind").annotate(**_sums())]
    return sorted(
        sums, key=lambda one: (not one.is_priced, -(one.cost_usd or 0), -one.minutes, one.sku)
    )


def skus_by_month(
    latest: date, repositories: Collection[int] | None = None
) -> dict[date, list[SkuSum]]:
    """Add up the twelve months up to `latest` by SKU; a month without jobs is empty."""
    months = [shift_month(latest, by) for by in range(1 - MONTHS_IN_CHART, 1)]
    rows = _of(
        RepositoryMonthSku.objects.filter(month__gte=months[0], month__lte=latest), repositories
    )
    found: dict[date, list[SkuSum]] = {month: [] for month in months}
    for row in rows.values("month", "sku", "sku_kind").annotate(**_sums()).order_by("sku"):
        found[row["month"]].append(_sku_sum(row))
    return found


def skus_by_day(month: date, repositories: Collection[int]) -> dict[date, list[SkuSum]]:
    """Add up the days of a month by SKU; only days with jobs are there."""
    rows = RepositoryDaySku.objects.filter(
        repository__in=repositories, day__gte=month, day__lt=shift_month(month, 1)
    )
    found: dict[date, list[SkuSum]] = {}
    for row in rows.values("day", "sku", "sku_kind").annotate(**_sums()).order_by("day", "sku"):
        found.setdefault(row["day"], []).append(_sku_sum(row))
    return found


# One repository and one run


def get_repositories(full_name: str) -> list[Repository]:
    """Return the repositories of a name: one, or more where it was deleted and made anew.

    Raises:
        NotFound: No run of a repository of that name was ever seen.
    """
    found = list(Repository.objects.filter(pk__in=_ids_of(full_name)).order_by("pk"))
    if not found:
        message = f"No run of {full_name} has been seen."
        raise NotFound(message)
    return found


def runs_behind(
    repositories: Collection[int], *, starts_on: date, ends_on: date, sku: str = ""
) -> QuerySet[Run]:
    """Return the attempts behind a bar: that ended in the period, or had a job that did.

    An attempt may be among them that has nothing in the period itself, only before and after;
    `costs.run_pages` drops it. The large list of jobs is left unread.

    Args:
        repositories: Their ids.
        starts_on: The first day.
        ends_on: The day after the last.
        sku: As in the rollups; empty for all.
    """
    latest = starts_at(ends_on) + LONGEST_RUN
    found = Run.objects.filter(
        repository__in=repositories,
        completed_at__gte=starts_at(starts_on),
        completed_at__lt=latest,
        earliest_day__lt=ends_on,
    )
    if sku:
        found = found.filter(skus__contains=f",{sku},")
    return found.defer("jobs")


def attempts_of(run_id: int) -> list[Run]:
    """Return all attempts of a run, the latest first, without their jobs.

    Raises:
        NotFound: No attempt of it was ever seen.
    """
    found = Run.objects.filter(run_id=run_id).select_related("repository").defer("jobs")
    attempts = list(found.order_by("-run_attempt"))
    if not attempts:
        message = f"No attempt of run {run_id} has been seen."
        raise NotFound(message)
    return attempts


def get_attempt(run_id: int, run_attempt: int) -> Run:
    """Return one attempt with its jobs.

    Raises:
        NotFound: It was never seen.
    """
    try:
        return Run.objects.select_related("repository").get(run_id=run_id, run_attempt=run_attempt)
    except Run.DoesNotExist:
        message = f"No attempt {run_attempt} of run {run_id} has been seen."
        raise NotFound(message) from None


def totals_of_attempts(attempts: Sequence[Run]) -> Totals:
    """Add up the attempts of one run."""
    return Totals(
        repositories=1,
        runs=1,
        attempts=len(attempts),
        jobs=sum(one.job_count for one in attempts),
        billable_minutes=sum(one.billable_minutes for one in attempts),
        self_hosted_minutes=sum(one.self_hosted_minutes for one in attempts),
        unknown_sku_minutes=sum(one.unknown_sku_minutes for one in attempts),
        cost_usd=sum((one.cost_usd for one in attempts), ZERO),
        billed_usd=sum((one.billed_usd for one in attempts), ZERO),
        updated_at=max(one.imported_at for one in attempts),
    )


def backlog() -> Backlog:
    """Return what is not counted yet, and why."""
    waiting = RunImport.objects.filter(not_before__isnull=False)
    dead = RunImport.objects.filter(work_state=WorkState.DEAD)
    problem = waiting.exclude(last_error="").order_by("-not_before").values_list("last_error")
    waiting_count = waiting.order_by()[: COUNT_CAP + 1].count()
    dead_count = dead.order_by()[: COUNT_CAP + 1].count()
    return Backlog(
        waiting=min(waiting_count, COUNT_CAP),
        waiting_is_capped=waiting_count > COUNT_CAP,
        waiting_for=(problem.first() or ("",))[0] if waiting_count else "",
        dead=list(dead.select_related("execution").order_by("-pk")[:SHOWN_PROBLEMS])
        if dead_count
        else [],
        dead_count=dead_count,
    )


def _ids_of(full_name: str) -> QuerySet[Repository, int]:
    # GitHub's names do not care about case. A few thousand rows: no index of its own.
    return Repository.objects.filter(full_name__iexact=full_name).values_list("pk", flat=True)


def _searched(month: date, search: str) -> QuerySet[RepositoryMonth]:
    matches = Q(repository__full_name__icontains=search) if search else Q()
    return RepositoryMonth.objects.filter(matches, month=month)


def _of(rows: QuerySet[Any], repositories: Collection[int] | None) -> QuerySet[Any]:
    return rows if repositories is None else rows.filter(repository__in=repositories)


def _sums() -> dict[str, Sum]:
    # Not under the columns' own names, which Django would take for the columns.
    return {f"total_{name}": Sum(name) for name in RepositoryMonthSku.sum_fields}


def _sku_sum(row: Mapping[str, Any]) -> SkuSum:
    is_priced = row["sku_kind"] != SkuKind.UNKNOWN
    return SkuSum(
        sku=row["sku"],
        kind=row["sku_kind"],
        jobs=row["total_jobs"],
        minutes=row["total_minutes"],
        cost_usd=row["total_cost_usd"] if is_priced else None,
        billed_usd=row["total_billed_usd"] if is_priced else None,
    )


def known_attempts(run_ids: Collection[int]) -> set[tuple[int, int]]:
    """Return which attempts of these runs have their cost here, as (run id, attempt)."""
    found = Run.objects.filter(run_id__in=run_ids).order_by()
    return set(found.values_list("run_id", "run_attempt"))
