"""Addresses of the pages, and links among several: months, measures, SKUs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.urls import reverse

from costs.enums import Measure
from costs.periods import month_text, shift_month

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from costs.models import Run
    from costs.presenting.tables import Cell


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


def run_url(run: Run) -> str:
    """Write the address of an attempt."""
    return f"{reverse('costs:run', args=[run.run_id])}?attempt={run.run_attempt}"


def execution_url(arn: str) -> str:
    """Write an address that leads to an execution; empty where none is known."""
    return f"{reverse('executions:find')}?{urlencode({'arn': arn})}" if arn else ""


def measure_choices(url: str, month: date, measure: str, **more: str) -> list[Choice]:
    """Offer what the charts may be by."""
    return [
        Choice(str(one.label), page_url(url, month, one.value, **more), one.value == measure)
        for one in Measure
    ]


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
