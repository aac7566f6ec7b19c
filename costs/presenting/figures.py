"""Figures of months, days and repositories."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from costs import charts
from costs.charts import Bar
from costs.periods import shift_month
from costs.presenting.choices import page_url, repository_url

if TYPE_CHECKING:
    from collections.abc import Sequence

    from costs.presenting.tables import Others
    from costs.selectors import RepositoryRow, SkuSum


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
