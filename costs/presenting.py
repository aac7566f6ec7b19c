"""What the templates print, made ready: addresses, columns, figures."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from django.urls import reverse

from costs import charts
from costs.charts import Bar, label_of
from costs.enums import Measure, SkuKind, Visibility
from costs.periods import month_text, shift_month
from costs.shares import UNKNOWN_SKU, ZERO
from costs.shares import minutes_of as shares_minutes
from ghkit import skus as ghkit_skus
from ghkit.pricing import Anomaly
from ghkit.timestamps import parse_timestamp

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from costs.models import Run
    from costs.run_pages import RunRow
    from costs.selectors import RepositoryRow, SkuSum, Totals

# Below this a cent is too coarse to tell two amounts of a page apart.
_COARSE_USD: Final = Decimal(10)
_LONGEST_OTHERS: Final = 2
_ANOMALIES: Final[dict[str, str]] = {
    Anomaly.ENDED_BEFORE_STARTED: "It ended before it started, so no minutes are charged.",
    Anomaly.TIMES_MISSING: "GitHub names no start or no end, so its cost is unknown.",
    Anomaly.RAN_IN_EARLIER_ATTEMPT: "It ran in an earlier attempt and was charged there.",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """A link among several, for `components/chips.html` and the month's own."""

    label: str
    url: str
    is_active: bool = False
    count: str | None = None


@dataclass(frozen=True, slots=True)
class MonthChoice:
    """The picker: one step back, one ahead, and every month that there may be."""

    month: date
    previous_url: str
    next_url: str
    months: list[tuple[str, date]]

    @property
    def value(self) -> str:
        """The month as in addresses."""
        return month_text(self.month)


@dataclass(frozen=True, slots=True)
class Cell:
    """A repository's SKU in the table, or None where it used none of it."""

    sku: str
    kind: str
    label: str
    sum: SkuSum | None
    url: str = ""

    @property
    def kind_label(self) -> str:
        """The kind, for people."""
        return str(SkuKind(self.kind).label)

    @property
    def short_label(self) -> str:
        """The SKU without the prefix that GitHub's price list drops too."""
        return self.sku.removeprefix("actions_").replace("self_hosted", "self-hosted")


@dataclass(frozen=True, slots=True)
class TableRow:
    """A repository's line."""

    row: RepositoryRow
    url: str
    is_public: bool
    cells: list[Cell]


@dataclass(frozen=True, slots=True)
class Others:
    """The repositories that have no bar of their own.

    Attributes:
        is_drawn: Whether they have one together; a very long one would leave no room for the rest.
        in_minutes: Whether `total` is minutes rather than dollars.
    """

    count: int
    skus: list[SkuSum]
    total: Decimal | int
    is_drawn: bool
    in_minutes: bool


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


def month_choice(
    month: date, known: tuple[date, date] | None, *, this_month: date, url: str, measure: str
) -> MonthChoice:
    """Make the picker for `month`.

    Args:
        month: The one that is shown.
        known: Earliest and latest month that anything is known of.
        this_month: The present one.
        url: The page.
        measure: Kept over a change of month.
    """
    earliest = min(month, this_month, *(known or ()))
    latest = max(month, this_month, *(known or ()))
    months: list[tuple[str, date]] = []
    each = latest
    while (
        each >= earliest and len(months) < 600
    ):  # fifty years: a nonsense date makes no huge list
        months.append((month_text(each), each))
        each = shift_month(each, -1)
    return MonthChoice(
        month=month,
        previous_url=page_url(url, shift_month(month, -1), measure) if month > earliest else "",
        next_url=page_url(url, shift_month(month, 1), measure) if month < latest else "",
        months=months,
    )


def page_url(url: str, month: date, measure: str = "", **more: str) -> str:
    """Write the address of a page's month; what is empty or usual is left out."""
    query = {"month": month_text(month)}
    if measure and measure != Measure.LIST:
        query["measure"] = measure
    query |= {name: value for name, value in more.items() if value}
    return f"{url}?{urlencode(query)}"


def repository_url(full_name: str) -> str:
    """Write the address of a repository's page."""
    owner, _, name = full_name.partition("/")
    return reverse("costs:repository", args=[owner, name])


def measure_choices(url: str, month: date, measure: str, **more: str) -> list[Choice]:
    """Offer what the charts may be by."""
    return [
        Choice(str(one.label), page_url(url, month, one.value, **more), one.value == measure)
        for one in Measure
    ]


def places_for(totals: Totals) -> int:
    """Choose the digits of a page's money: cents, or a tenth of one where all is small."""
    return 3 if totals.cost_usd < _COARSE_USD else 2


def sku_choices(
    url: str, month: date, columns: Sequence[Cell], measure: str, *, sku: str, day: str
) -> list[Choice]:
    """Offer the SKUs that the list of runs may be narrowed down to."""
    return [
        Choice("All SKUs", page_url(url, month, measure, day=day), not sku),
        *(
            Choice(one.label, page_url(url, month, measure, day=day, sku=one.sku), one.sku == sku)
            for one in columns
        ),
    ]


def others_of(
    rows: Sequence[RepositoryRow], *, count: int, whole: Sequence[SkuSum], measure: str
) -> Others | None:
    """Add up the repositories that are too many to be drawn one by one.

    Args:
        rows: Those that are drawn.
        count: How many there are.
        whole: The month of all of them.
        measure: Of `Measure`.
    """
    if count <= len(rows):
        return None
    drawn = [one for row in rows for one in row.skus]
    left = [_less(one, drawn) for one in whole]
    total = _total(left, measure)
    largest = max(_total(row.skus, measure) for row in rows)
    return Others(
        count=count - len(rows),
        skus=left,
        total=total,
        is_drawn=total <= _LONGEST_OTHERS * largest,
        in_minutes=measure == Measure.MINUTES,
    )


def repositories_figure(
    rows: Sequence[RepositoryRow], others: Others | None, *, month: date, measure: str
) -> dict[str, Any] | None:
    """Draw the largest repositories of a month, and the others as one more bar."""
    names = charts.short_names([row.name for row in rows])
    bars = [
        Bar(name, row.skus, page_url(repository_url(row.name), month, measure))
        for row, name in zip(rows, names, strict=True)
    ]
    if others and others.is_drawn:
        bars.append(Bar(f"{others.count:,} others", others.skus))
    return charts.stacked(bars, measure=measure, is_horizontal=True)


def months_figure(
    months: dict[date, list[SkuSum]], url: str, measure: str
) -> dict[str, Any] | None:
    """Draw the months up to the chosen one."""
    bars = [
        Bar(_month_label(month), sums, page_url(url, month, measure))
        for month, sums in months.items()
    ]
    return charts.stacked(bars, measure=measure, has_legend=False)


def _month_label(month: date) -> str:
    # Twelve months: each name is there once.
    return f"{month:%b}<br>{month.year}" if month.month == 1 else f"{month:%b}"


def days_figure(
    days: dict[date, list[SkuSum]], month: date, url: str, measure: str
) -> dict[str, Any] | None:
    """Draw every day of a month, with jobs or without."""
    bars, day = [], month
    while day < shift_month(month, 1):
        href = page_url(url, month, measure, day=day.isoformat())
        bars.append(Bar(f"{day.day}", days.get(day, []), href))
        day += timedelta(days=1)
    return charts.stacked(bars, measure=measure, period=f" {month:%B} {month.year}")


def table_rows(
    rows: Sequence[RepositoryRow], columns: Sequence[Cell], month: date
) -> list[TableRow]:
    """Put each repository's SKUs into the columns of the month's."""
    found = []
    for row in rows:
        url, used = repository_url(row.name), {one.key: one for one in row.skus}
        cells = [
            replace(
                column,
                sum=used.get((column.sku, column.kind)),
                url=page_url(url, month, sku=column.sku),
            )
            for column in columns
        ]
        found.append(
            TableRow(
                row=row,
                url=page_url(url, month),
                is_public=row.sums.repository.visibility == Visibility.PUBLIC,
                cells=cells,
            )
        )
    return found


def columns(skus: Sequence[SkuSum]) -> list[Cell]:
    """Name the columns of the table, with their sums."""
    return [Cell(one.sku, one.kind, label_of(one.sku, one.kind), one) for one in skus]


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


def run_url(run: Run) -> str:
    """Write the address of an attempt."""
    return f"{reverse('costs:run', args=[run.run_id])}?attempt={run.run_attempt}"


def execution_url(arn: str) -> str:
    """Write an address that leads to an execution; empty where none is known."""
    return f"{reverse('executions:find')}?{urlencode({'arn': arn})}" if arn else ""


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


def _less(whole: SkuSum, parts: Sequence[SkuSum]) -> SkuSum:
    """Take the parts out of a SKU's sum."""
    same = [one for one in parts if one.key == whole.key]
    return replace(
        whole,
        jobs=whole.jobs - sum(one.jobs for one in same),
        minutes=whole.minutes - sum(one.minutes for one in same),
        cost_usd=_difference(whole.cost_usd, [one.cost_usd for one in same]),
        billed_usd=_difference(whole.billed_usd, [one.billed_usd for one in same]),
    )


def _total(skus: Sequence[SkuSum], measure: str) -> Decimal | int:
    return sum((one.measured(measure) for one in skus), 0)


def _difference(whole: Decimal | None, parts: Sequence[Decimal | None]) -> Decimal | None:
    return None if whole is None else whole - sum((one or ZERO for one in parts), ZERO)


def _moment(text: str | None) -> datetime | None:
    return None if text is None else parse_timestamp(text, field="completed_at")


def _amount(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
