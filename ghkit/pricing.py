"""What the jobs of one attempt of a workflow run cost.

`cost_usd` is the list price; `billed_usd` is what remains of it once the runners that GitHub
gives away to public repositories are taken out. Included minutes are no part of either: they
belong to an account and a month, not to a run. Nothing is rounded but the minutes.

Source: GitHub Docs, billing/concepts/product-billing/github-actions and
billing/reference/actions-runner-pricing, read 2026-08-22. What is inferred says "derived".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from ghkit.errors import UnknownSku
from ghkit.rates import PUBLISHED
from ghkit.skus import SkuKind, resolve_sku
from ghkit.timestamps import utc_day

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, datetime

    from ghkit.contracts import Visibility
    from ghkit.jobs import Job
    from ghkit.rates import Rate, RateTable

ZERO: Final = Decimal(0)
NOTHING: Final = timedelta(0)
SECOND: Final = timedelta(seconds=1)
MINUTE: Final = timedelta(minutes=1)

CLOCK_TOLERANCE: Final = timedelta(seconds=5)
"""How far GitHub's clocks may disagree: far less than a person needs to press "Re-run"."""


class Anomaly(StrEnum):
    """Why a job's figures deserve a second look."""

    ENDED_BEFORE_STARTED = "ended_before_started"
    """Its times contradict each other: no minutes are charged."""
    TIMES_MISSING = "times_missing"
    """It had a runner, but GitHub names no start or no end: its cost is unknown."""
    RAN_IN_EARLIER_ATTEMPT = "ran_in_earlier_attempt"
    """It is listed again but did not run again: the attempt in which it ran is charged."""


@dataclass(frozen=True, slots=True)
class Price:
    """Whole minutes of one SKU at the rate of one day, in unrounded US dollars."""

    rate: Rate
    cost_usd: Decimal
    billed_usd: Decimal


@dataclass(frozen=True, slots=True)
class PricedJob:
    """A job and what it cost; money is None where it is unknown.

    Attributes:
        reason: How the SKU is known, or why it is not, in words fit for a page.
        seconds: Time on its runner, of which `minutes` are charged.
        price_period: First day of the price list that the rate is from.
    """

    job: Job
    sku: str | None
    sku_kind: SkuKind
    reason: str
    seconds: int = 0
    minutes: int = 0
    usd_per_minute: Decimal | None = None
    cost_usd: Decimal | None = ZERO
    billed_usd: Decimal | None = ZERO
    price_period: date | None = None
    anomaly: Anomaly | None = None


@dataclass(frozen=True, slots=True)
class PricedRun:
    """One attempt of a workflow run: its jobs and their sums.

    Attributes:
        completed_at: The latest end of a job, else when GitHub last touched the run.
        billable_minutes: Minutes on GitHub's runners of known SKUs, free ones included.
        unknown_sku_minutes: Minutes whose cost nobody knows and no sum of money contains.
    """

    completed_at: datetime
    billable_minutes: int
    self_hosted_minutes: int
    unknown_sku_minutes: int
    cost_usd: Decimal
    billed_usd: Decimal
    jobs: tuple[PricedJob, ...]


def price_run(
    jobs: Sequence[Job],
    *,
    visibility: Visibility,
    run_attempt: int,
    run_started_at: datetime | None,
    run_updated_at: datetime,
    rates: RateTable = PUBLISHED,
) -> PricedRun:
    """Price one attempt of a workflow run: each job by itself, then the sums.

    Args:
        jobs: All jobs that GitHub lists for this attempt, each completed.
        visibility: Of the repository; standard runners are free in public ones.
        run_attempt: From 1; each attempt is paid for again.
        run_started_at: When this attempt began, if GitHub says so.
        run_updated_at: When GitHub last touched the run; dates a run without jobs.
        rates: Prices by SKU and day.
    """
    began_at = _trusted_beginning(jobs, run_attempt, run_started_at)
    priced = tuple(
        price_job(job, visibility=visibility, attempt_began_at=began_at, rates=rates)
        for job in jobs
    )
    ends = (job.completed_at for job in jobs if job.completed_at)
    return PricedRun(
        completed_at=max(ends, default=run_updated_at),
        billable_minutes=_minutes(priced, SkuKind.STANDARD, SkuKind.LARGER),
        self_hosted_minutes=_minutes(priced, SkuKind.SELF_HOSTED),
        unknown_sku_minutes=_minutes(priced, SkuKind.UNKNOWN),
        cost_usd=sum((job.cost_usd for job in priced if job.cost_usd is not None), ZERO),
        billed_usd=sum((job.billed_usd for job in priced if job.billed_usd is not None), ZERO),
        jobs=priced,
    )


def price_job(
    job: Job,
    *,
    visibility: Visibility,
    attempt_began_at: datetime | None = None,
    rates: RateTable = PUBLISHED,
) -> PricedJob:
    """Price one finished job at the rate of the UTC day on which it ended.

    Failed, cancelled and timed-out jobs cost like others. Which instant selects the price when
    prices change is undocumented; the end is derived (usage reports carry one day a row).

    Args:
        job: The job, completed.
        visibility: Of the repository.
        attempt_began_at: A job that ended before this ran in an earlier attempt and is free here.
        rates: Prices by SKU and day.
    """
    resolution = resolve_sku(job)
    sku, reason = resolution.sku, resolution.reason
    if resolution.kind is SkuKind.NONE:
        return PricedJob(job, sku, SkuKind.NONE, reason)
    if attempt_began_at is not None and _ended_before(job, attempt_began_at):
        earlier = "ran before this attempt began, so it belongs to an earlier one"
        return PricedJob(job, None, SkuKind.NONE, earlier, anomaly=Anomaly.RAN_IN_EARLIER_ATTEMPT)
    if job.started_at is None or job.completed_at is None:
        return _unpriced(job, sku, reason, anomaly=Anomaly.TIMES_MISSING)

    duration = job.completed_at - job.started_at
    anomaly = Anomaly.ENDED_BEFORE_STARTED if duration < NOTHING else None
    seconds, minutes = whole_seconds(duration), billed_minutes(duration)
    if sku is None:
        return _unpriced(job, sku, reason, seconds, minutes, anomaly)
    try:
        price = price_minutes(
            sku=sku,
            minutes=minutes,
            day=utc_day(job.completed_at),
            visibility=visibility,
            rates=rates,
        )
    except UnknownSku as exc:
        return _unpriced(job, sku, f"{reason}: {exc}", seconds, minutes, anomaly)
    return PricedJob(
        job=job,
        sku=price.rate.sku,
        sku_kind=price.rate.kind,
        reason=reason,
        seconds=seconds,
        minutes=minutes,
        usd_per_minute=price.rate.usd_per_minute,
        cost_usd=price.cost_usd,
        billed_usd=price.billed_usd,
        price_period=price.rate.starts_on,
        anomaly=anomaly,
    )


def price_minutes(
    *, sku: str, minutes: int, day: date, visibility: Visibility, rates: RateTable = PUBLISHED
) -> Price:
    """Price whole billed minutes of one runner SKU.

    Standard runners are free in public repositories, and so would self-hosted ones stay there
    under the charge that GitHub announced for them; larger runners are charged everywhere.

    Args:
        sku: GitHub's name, for example `actions_linux`, or `linux_4_core` with or without
            the prefix `actions_`.
        minutes: Billed minutes, already rounded up job by job.
        day: UTC day of use.
        visibility: Of the repository.
        rates: Prices by SKU and day.

    Raises:
        UnknownSku: There is no price for the SKU on that day; never priced as zero.
    """
    rate = rates.get(sku, day)
    cost_usd = rate.usd_per_minute * minutes
    is_free = visibility == "public" and rate.kind is not SkuKind.LARGER
    return Price(rate, cost_usd, billed_usd=ZERO if is_free else cost_usd)


def billed_minutes(duration: timedelta) -> int:
    """Round the time a job spent on its runner up to whole minutes; backwards time is none.

    A job that had a runner takes a minute at least (derived): GitHub's timestamps are cut to whole
    seconds, so 0 s stands for less than one second and not for nothing.
    """
    return 0 if duration < NOTHING else max(1, -(-duration // MINUTE))


def whole_seconds(duration: timedelta) -> int:
    """Round a duration up to whole seconds; backwards time is none."""
    return max(0, -(-duration // SECOND))


def _trusted_beginning(
    jobs: Iterable[Job], run_attempt: int, run_started_at: datetime | None
) -> datetime | None:
    """Tell since when a job must have run to belong to this attempt; None if nothing tells.

    Re-running only the failed jobs may list the others again; whether it does is undocumented,
    so this is derived. A later attempt begins after everything before it has ended, and at
    least one job is of its own. Where every job ended earlier than that, it is the run's time
    that is wrong, and charging all beats losing all.
    """
    if run_attempt == 1 or run_started_at is None:
        return None
    if all(_ended_before(job, run_started_at) for job in jobs):
        return None
    return run_started_at


def _ended_before(job: Job, began_at: datetime) -> bool:
    return (
        job.started_at is not None
        and job.completed_at is not None
        and job.started_at < began_at - CLOCK_TOLERANCE
        and job.completed_at <= began_at
    )


def _unpriced(
    job: Job,
    sku: str | None,
    reason: str,
    seconds: int = 0,
    minutes: int = 0,
    anomaly: Anomaly | None = None,
) -> PricedJob:
    return PricedJob(
        job=job,
        sku=sku,
        sku_kind=SkuKind.UNKNOWN,
        reason=reason,
        seconds=seconds,
        minutes=minutes,
        cost_usd=None,
        billed_usd=None,
        anomaly=anomaly,
    )


def _minutes(jobs: Iterable[PricedJob], *kinds: SkuKind) -> int:
    return sum(job.minutes for job in jobs if job.sku_kind in kinds)
