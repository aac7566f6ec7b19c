"""Keyset pages for lists on HTML pages: page 10,000 costs what page 1 costs.

The REST API has the same by `core.api.CursorPagination`; both read the parameter `cursor`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from django.db.models import Q

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from django.db.models import Model, QuerySet

M = TypeVar("M", bound="Model")

PAGE_SIZE = 50
# An exact count of a million rows costs more than the page.
COUNT_CAP = 1_000
_OLDER, _NEWER = "before", "after"
_MAX_KEY = 2**63 - 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Order:
    """An order in which a list is paged, and how a row's place in it stands in an address.

    Attributes:
        fields: As for `order_by`, all up or all down; unique together and never null. An index must
            end in them.
        write: The place of a row.
        read: The values of the fields that were written; None where the text is no place.
    """

    fields: tuple[str, ...]
    write: Callable[[Any], str]
    read: Callable[[str], Sequence[Any] | None]


@dataclass(frozen=True, slots=True)
class Page(Generic[M]):
    """One page of a list.

    Attributes:
        newer: Cursor of the page above, or empty.
        older: Cursor of the page below, or empty.
    """

    rows: list[M]
    newer: str
    older: str


def by_text(field: str) -> Order:
    """Order by a text column upwards, then by primary key; `newer` is then just the page above."""

    def read(place: str) -> tuple[str, int] | None:
        key, _, text = place.partition("-")
        found = _read_key(key)
        # PostgreSQL refuses a text with a zero byte in it.
        return None if found is None or "\0" in text else (text, *found)

    return Order((field, "pk"), lambda row: f"{row.pk}-{getattr(row, field)}", read)


def by_moment(field: str, *numbers: str) -> Order:
    """Order by a datetime column and whole numbers downwards: the latest comes first."""
    shape = re.compile(r"(\d{1,17})" + r"-(\d{1,18})" * len(numbers), re.ASCII)

    def write(row: Any) -> str:
        moment: datetime = getattr(row, field)
        places = [(moment - _EPOCH) // _MICROSECOND, *(getattr(row, name) for name in numbers)]
        return "-".join(map(str, places))

    def read(place: str) -> list[Any] | None:
        match = shape.fullmatch(place)
        if match is None:
            return None
        microseconds, *rest = map(int, match.groups())
        return [_EPOCH + microseconds * _MICROSECOND, *rest]

    return Order(tuple(f"-{name}" for name in (field, *numbers)), write, read)


def _read_key(place: str) -> tuple[int] | None:
    if not re.fullmatch(r"\d{1,19}", place, re.ASCII):
        return None
    return (int(place),) if int(place) <= _MAX_KEY else None


BY_KEY = Order(("-pk",), lambda row: str(row.pk), _read_key)


def page_of(
    queryset: QuerySet[M], *, cursor: str, size: int = PAGE_SIZE, order: Order = BY_KEY
) -> Page[M]:
    """Cut one page out of `queryset`.

    Args:
        queryset: The whole list.
        cursor: From a page's `newer` or `older`; anything else gives the first page.
        size: Rows a page.
        order: Of the rows; by default the latest key comes first.
    """
    direction, _, place = cursor.partition("-")
    values = order.read(place) if direction in {_OLDER, _NEWER} else None
    if direction == _NEWER and values is not None:
        # Counted from the cursor upwards, so that the page ends where the next one begins.
        upwards = reverse_of(order.fields)
        rows = list(queryset.filter(beyond(upwards, values)).order_by(*upwards)[: size + 1])
        if len(rows) <= size:  # the top is reached: show it in full
            return page_of(queryset, cursor="", size=size, order=order)
        has_newer, has_older = True, True
        rows = rows[:size][::-1]
    else:
        below = queryset if values is None else queryset.filter(beyond(order.fields, values))
        rows = list(below.order_by(*order.fields)[: size + 1])
        has_newer, has_older = values is not None, len(rows) > size
        rows = rows[:size]
    return Page(
        rows=rows,
        newer=f"{_NEWER}-{order.write(rows[0])}" if rows and has_newer else "",
        older=f"{_OLDER}-{order.write(rows[-1])}" if rows and has_older else "",
    )


def reverse_of(fields: Sequence[str]) -> list[str]:
    """Turn an order around."""
    return [name[1:] if name.startswith("-") else f"-{name}" for name in fields]


def beyond(fields: Sequence[str], values: Sequence[Any]) -> Q:
    """Match what comes, in the order of these fields, after the row that has these values."""
    same, found = Q(), Q()
    for name, value in zip(fields, values, strict=True):
        field, side = name.lstrip("-"), "lt" if name.startswith("-") else "gt"
        found |= same & Q(**{f"{field}__{side}": value})
        same &= Q(**{field: value})
    first, side = fields[0].lstrip("-"), "lte" if fields[0].startswith("-") else "gte"
    # Follows from the rest, which no index can use: 9 ms instead of 73 ms among a million rows.
    return Q(**{f"{first}__{side}": values[0]}) & found


def shown(page: Page[M], queryset: QuerySet[M]) -> str:
    """Say how much of the list the page shows, `50 of 1,000+`, counting no further than that."""
    is_whole = not (page.newer or page.older)
    count = len(page.rows) if is_whole else queryset.order_by()[: COUNT_CAP + 1].count()
    total = f"{COUNT_CAP:,}+" if count > COUNT_CAP else f"{count:,}"
    return f"{len(page.rows)} of {total}"
