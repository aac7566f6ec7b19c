"""What one attempt of a run adds to which day and SKU, and how such shares add up.

Pure: both the service that keeps the rollups and whoever checks them compute from here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from costs.enums import SkuKind
from costs.periods import month_of, utc_day
from ghkit import skus
from ghkit.run_items import decimal_text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from ghkit.pricing import PricedJob, PricedRun

UNKNOWN_SKU: Final = "unknown"
"""Stands for every SKU whose price nobody knows, named or not."""

HOSTED: Final = (SkuKind.STANDARD, SkuKind.LARGER)

ZERO: Final = Decimal(0)


class RunContradictsItself(ValueError):
    """The sums of an item are not those of its jobs: storing either would be a guess."""


@dataclass(frozen=True, slots=True)
class Share:
    """Jobs of one attempt that ended on the same UTC day and used the same SKU."""

    day: date
    sku: str
    kind: SkuKind
    jobs: int
    minutes: int
    cost_usd: Decimal
    billed_usd: Decimal

    @property
    def month(self) -> date:
        """The month of the day."""
        return month_of(self.day)

    def to_json(self) -> dict[str, Any]:
        """Write it for a JSON column; money as text, for JSON's numbers are floats."""
        return {
            "day": self.day.isoformat(),
            "sku": self.sku,
            "kind": self.kind.value,
            "jobs": self.jobs,
            "minutes": self.minutes,
            "cost_usd": decimal_text(self.cost_usd),
            "billed_usd": decimal_text(self.billed_usd),
        }

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Share:
        """Read what `to_json` wrote."""
        return cls(
            day=date.fromisoformat(raw["day"]),
            sku=raw["sku"],
            kind=SkuKind(raw["kind"]),
            jobs=raw["jobs"],
            minutes=raw["minutes"],
            cost_usd=Decimal(raw["cost_usd"]),
            billed_usd=Decimal(raw["billed_usd"]),
        )


def shares_of(run: PricedRun) -> tuple[Share, ...]:
    """Part an attempt by the day its jobs ended and by SKU; jobs that never ran have no share.

    Raises:
        RunContradictsItself: The attempt's own sums are not those of its jobs.
    """
    found: dict[tuple[date, str, SkuKind], Share] = {}
    for job in run.jobs:
        if job.sku_kind is not skus.SkuKind.NONE:
            share = _share_of_job(job, run.completed_at)
            key = (share.day, share.sku, share.kind)
            found[key] = _added(found[key], share) if key in found else share
    shares = tuple(found[key] for key in sorted(found))
    _check_sums(run, shares)
    return shares


def minutes_of(shares: Iterable[Share], *kinds: SkuKind) -> int:
    """Add up the minutes of some kinds of SKU."""
    return sum(share.minutes for share in shares if share.kind in kinds)


def _share_of_job(job: PricedJob, run_completed_at: datetime) -> Share:
    kind = SkuKind(job.sku_kind.value)
    return Share(
        # A job without an end has no cost either, but it is counted somewhere.
        day=utc_day(job.job.completed_at or run_completed_at),
        sku=UNKNOWN_SKU if kind is SkuKind.UNKNOWN or job.sku is None else job.sku,
        kind=kind,
        jobs=1,
        minutes=job.minutes,
        cost_usd=ZERO if job.cost_usd is None else job.cost_usd,
        billed_usd=ZERO if job.billed_usd is None else job.billed_usd,
    )


def _added(one: Share, other: Share) -> Share:
    return Share(
        day=one.day,
        sku=one.sku,
        kind=one.kind,
        jobs=one.jobs + other.jobs,
        minutes=one.minutes + other.minutes,
        cost_usd=one.cost_usd + other.cost_usd,
        billed_usd=one.billed_usd + other.billed_usd,
    )


def _check_sums(run: PricedRun, shares: tuple[Share, ...]) -> None:
    claimed = {
        "billable_minutes": run.billable_minutes,
        "self_hosted_minutes": run.self_hosted_minutes,
        "unknown_sku_minutes": run.unknown_sku_minutes,
        "cost_usd": run.cost_usd,
        "billed_usd": run.billed_usd,
    }
    found = {
        "billable_minutes": minutes_of(shares, *HOSTED),
        "self_hosted_minutes": minutes_of(shares, SkuKind.SELF_HOSTED),
        "unknown_sku_minutes": minutes_of(shares, SkuKind.UNKNOWN),
        "cost_usd": sum((share.cost_usd for share in shares), ZERO),
        "billed_usd": sum((share.billed_usd for share in shares), ZERO),
    }
    for name, value in claimed.items():
        if value != found[name]:
            message = f"{name} is {value}, but the jobs come to {found[name]}"
            raise RunContradictsItself(message)
