"""The table of repositories by SKU, and those that are left over."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from costs.charts import label_of
from costs.enums import Measure, SkuKind, Visibility
from costs.presenting.choices import page_url, repository_url
from costs.shares import ZERO

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from costs.selectors import RepositoryRow, SkuSum, Totals

# Below this a cent is too coarse to tell two amounts of a page apart.
_COARSE_USD: Final = Decimal(10)
_LONGEST_OTHERS: Final = 2


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


def columns(skus: Sequence[SkuSum]) -> list[Cell]:
    """Name the columns of the table, with their sums."""
    return [Cell(one.sku, one.kind, label_of(one.sku, one.kind), one) for one in skus]


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


def places_for(totals: Totals) -> int:
    """Choose the digits of a page's money: cents, or a tenth of one where all is small."""
    return 3 if totals.cost_usd < _COARSE_USD else 2


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
