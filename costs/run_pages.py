"""Keyset pages of the attempts behind a bar, with what each of them has in the period."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from core import keyset
from costs.periods import utc_day
from costs.shares import Share

if TYPE_CHECKING:
    from datetime import date

    from django.db.models import QuerySet

    from costs.models import Run

_BY_END: Final = keyset.by_moment("completed_at", "run_id", "run_attempt")


@dataclass(frozen=True, slots=True)
class RunRow:
    """One attempt, and what its jobs of the wanted period and SKU come to."""

    run: Run
    shares: tuple[Share, ...]
    is_whole: bool


@dataclass(frozen=True, slots=True)
class RunPage:
    """Rows from the latest to the earliest, and the cursors of the pages around them."""

    rows: list[RunRow]
    newer: str
    older: str


def page_of(
    runs: QuerySet[Run], *, starts_on: date, ends_on: date, sku: str = "", cursor: str = ""
) -> RunPage:
    """Cut a page out of `costs.selectors.runs_behind`.

    Args:
        runs: All attempts that may have something in the period.
        starts_on: First day of the period.
        ends_on: The day after its last.
        sku: Whose shares count; empty for all.
        cursor: From a page's `newer` or `older`; anything else gives the first page.
    """
    found = keyset.page_of(runs, cursor=cursor, order=_BY_END)
    rows = [_row(run, starts_on, ends_on, sku) for run in found.rows]
    return RunPage(
        rows=[row for row in rows if _belongs(row, starts_on, ends_on, sku)],
        newer=found.newer,
        older=found.older,
    )


def _row(run: Run, starts_on: date, ends_on: date, sku: str) -> RunRow:
    shares = tuple(Share.from_json(raw) for raw in run.shares)
    wanted = tuple(
        share
        for share in shares
        if starts_on <= share.day < ends_on and (not sku or share.sku == sku)
    )
    return RunRow(run=run, shares=wanted, is_whole=len(wanted) == len(shares))


def _belongs(row: RunRow, starts_on: date, ends_on: date, sku: str) -> bool:
    if row.shares:
        return True
    return not sku and starts_on <= utc_day(row.run.completed_at) < ends_on
