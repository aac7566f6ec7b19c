"""Lines of runs, attempts and jobs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from costs.charts import label_of
from costs.enums import SkuKind
from costs.presenting.choices import run_url
from costs.shares import UNKNOWN_SKU, ZERO
from costs.shares import minutes_of as shares_minutes
from ghkit import skus as ghkit_skus
from ghkit.pricing import Anomaly
from ghkit.timestamps import parse_timestamp

if TYPE_CHECKING:
    from datetime import datetime

    from costs.models import Run
    from costs.run_pages import RunRow

_ANOMALIES: Final[dict[str, str]] = {
    Anomaly.ENDED_BEFORE_STARTED: "It ended before it started, so no minutes are charged.",
    Anomaly.TIMES_MISSING: "GitHub names no start or no end, so its cost is unknown.",
    Anomaly.RAN_IN_EARLIER_ATTEMPT: "It ran in an earlier attempt and was charged there.",
}


@dataclass(frozen=True, slots=True)
class RunLine:
    """An attempt's line in the list behind a bar; `minutes` and money are of the bar alone."""

    run: Run
    url: str
    skus: str
    minutes: int
    unknown_minutes: int
    cost_usd: Decimal
    billed_usd: Decimal
    is_whole: bool
    all_minutes: int


@dataclass(frozen=True, slots=True)
class AttemptLine:
    """An attempt's line on its run's page."""

    run: Run
    url: str
    minutes: int
    is_shown: bool


@dataclass(frozen=True, slots=True)
class JobRow:
    """A job's line: money is None where nobody knows the price."""

    name: str
    conclusion: str
    label: str
    kind: str
    reason: str
    runner: str
    labels: str
    ended_at: datetime | None
    seconds: int
    minutes: int
    usd_per_minute: Decimal | None
    cost_usd: Decimal | None
    billed_usd: Decimal | None
    price_period: date | None
    anomaly: str

    @property
    def is_idle(self) -> bool:
        """Whether nothing ran, so that there is nothing to charge."""
        return self.kind == ghkit_skus.SkuKind.NONE

    @property
    def is_priced(self) -> bool:
        """Whether the price is known."""
        return self.cost_usd is not None


def run_line(row: RunRow) -> RunLine:
    """Make an attempt of `costs.run_pages` a line."""
    shares = row.shares
    return RunLine(
        run=row.run,
        url=run_url(row.run),
        skus=", ".join(sorted({label_of(share.sku, share.kind) for share in shares})),
        minutes=sum(share.minutes for share in shares),
        unknown_minutes=shares_minutes(shares, SkuKind.UNKNOWN),
        cost_usd=sum((share.cost_usd for share in shares), ZERO),
        billed_usd=sum((share.billed_usd for share in shares), ZERO),
        is_whole=row.is_whole,
        all_minutes=minutes_of(row.run),
    )


def attempt_line(run: Run, shown: Run) -> AttemptLine:
    """Make an attempt a line of its run's page, where another may be shown with its jobs."""
    return AttemptLine(
        run=run, url=run_url(run), minutes=minutes_of(run), is_shown=run.pk == shown.pk
    )


def minutes_of(run: Run) -> int:
    """Add up an attempt's minutes of every kind."""
    return run.billable_minutes + run.self_hosted_minutes + run.unknown_sku_minutes


def job_row(raw: dict[str, Any]) -> JobRow:
    """Read a job as `ghkit.run_items` wrote it."""
    return JobRow(
        name=raw["name"],
        conclusion=raw["conclusion"] or "",
        label=label_of(raw["sku"] or UNKNOWN_SKU, raw["sku_kind"]),
        kind=raw["sku_kind"],
        reason=raw["reason"],
        runner=raw.get("runner_name") or "",
        labels=", ".join(raw["labels"]),
        ended_at=_moment(raw["completed_at"]),
        seconds=raw["seconds"],
        minutes=raw["minutes"],
        usd_per_minute=_amount(raw["usd_per_minute"]),
        cost_usd=_amount(raw["cost_usd"]),
        billed_usd=_amount(raw["billed_usd"]),
        price_period=date.fromisoformat(raw["price_period"]) if raw["price_period"] else None,
        anomaly=_ANOMALIES[raw["anomaly"]] if raw["anomaly"] else "",
    )


def _moment(text: str | None) -> datetime | None:
    return None if text is None else parse_timestamp(text, field="completed_at")


def _amount(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
