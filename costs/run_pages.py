"""Keyset pages of the attempts behind a bar, with what each of them has in the period."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from django.db.models import Q

from costs.periods import utc_day
from costs.shares import Share

if TYPE_CHECKING:
    from datetime import date

    from django.db.models import QuerySet

    from costs.models import Run

PAGE_SIZE: Final = 50
_ORDER: Final = ("completed_at", "run_id", "run_attempt")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_CURSOR: Final = re.compile(r"(before|after)-(\d{1,17})-(\d{1,18})-(\d{1,9})", re.ASCII)
_MICROSECOND: Final = timedelta(microseconds=1)


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
    match = _CURSOR.fullmatch(cursor)
    if match and match[1] == "after":
        found = list(_beyond(runs, match, "gt").order_by(*_ORDER)[: PAGE_SIZE + 1])
        if len(found) <= PAGE_SIZE:  # the top is reached: show it in full
            match = None
        else:
            has_newer, has_older = True, True
            found = found[:PAGE_SIZE][::-1]
    if match is None or match[1] == "before":
        below = _beyond(runs, match, "lt") if match else runs
        found = list(below.order_by(*(f"-{name}" for name in _ORDER))[: PAGE_SIZE + 1])
        has_newer, has_older = match is not None, len(found) > PAGE_SIZE
        found = found[:PAGE_SIZE]
    rows = [_row(run, starts_on, ends_on, sku) for run in found]
    return RunPage(
        rows=[row for row in rows if _belongs(row, starts_on, ends_on, sku)],
        newer=_cursor("after", found[0]) if found and has_newer else "",
        older=_cursor("before", found[-1]) if found and has_older else "",
    )


def _beyond(runs: QuerySet[Run], match: re.Match[str], side: str) -> QuerySet[Run]:
    """Keep what lies beyond the cursor; the first condition bounds the index, the second is exact."""
    at, run_id, attempt = _EPOCH + int(match[2]) * _MICROSECOND, int(match[3]), int(match[4])
    return runs.filter(
        Q(**{f"completed_at__{side}": at})
        | Q(**{"completed_at": at, f"run_id__{side}": run_id})
        | Q(**{"completed_at": at, "run_id": run_id, f"run_attempt__{side}": attempt}),
        **{f"completed_at__{side}e": at},
    )


def _cursor(side: str, run: Run) -> str:
    microseconds = (run.completed_at - _EPOCH) // _MICROSECOND
    return f"{side}-{microseconds}-{run.run_id}-{run.run_attempt}"


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
