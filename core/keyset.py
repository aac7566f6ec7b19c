"""Keyset pages for lists on HTML pages: page 10,000 costs what page 1 costs.

The REST API has the same by `core.api.CursorPagination`; both read the parameter `cursor`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from django.db.models import Q

if TYPE_CHECKING:
    from django.db.models import Model, QuerySet

M = TypeVar("M", bound="Model")

PAGE_SIZE = 50
# An exact count of a million rows costs more than the page.
COUNT_CAP = 1_000
_OLDER, _NEWER = "before", "after"
_MAX_KEY = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Page(Generic[M]):
    """One page of a list whose latest rows come first.

    Attributes:
        newer: Cursor of the page above, or empty.
        older: Cursor of the page below, or empty.
    """

    rows: list[M]
    newer: str
    older: str


def page_of(queryset: QuerySet[M], *, cursor: str, size: int = PAGE_SIZE) -> Page[M]:
    """Cut one page out of `queryset`, in descending order of primary key.

    Args:
        queryset: The whole list.
        cursor: From a page's `newer` or `older`; anything else gives the first page.
        size: Rows a page.
    """
    direction, key = _read(cursor)
    if direction == _NEWER:
        # Counted from the cursor upwards, so that the page ends where the next one begins.
        rows = list(queryset.filter(pk__gt=key).order_by("pk")[: size + 1])
        if len(rows) <= size:  # the top is reached: show it in full
            return page_of(queryset, cursor="", size=size)
        has_newer, has_older = True, True
        rows = rows[:size][::-1]
    else:
        below = queryset.filter(pk__lt=key) if direction else queryset
        rows = list(below.order_by("-pk")[: size + 1])
        has_newer, has_older = bool(direction), len(rows) > size
        rows = rows[:size]
    return Page(
        rows=rows,
        newer=f"{_NEWER}-{rows[0].pk}" if rows and has_newer else "",
        older=f"{_OLDER}-{rows[-1].pk}" if rows and has_older else "",
    )


def page_by_text(
    queryset: QuerySet[M], *, field: str, cursor: str, size: int = PAGE_SIZE
) -> Page[M]:
    """Cut one page out of `queryset`, in ascending order of `field` and primary key.

    `newer` is then the page above, `older` the one below.

    Args:
        queryset: The whole list.
        field: A text column that is never null; an index must end in it and the key.
        cursor: From a page's `newer` or `older`; anything else gives the first page.
        size: Rows a page.
    """
    direction, pk, text = _read_text(cursor)
    if direction == _NEWER:
        above = _beyond(queryset, field, "lt", text, pk).order_by(f"-{field}", "-pk")
        rows = list(above[: size + 1])
        if len(rows) <= size:  # the top is reached: show it in full
            return page_by_text(queryset, field=field, cursor="", size=size)
        has_newer, has_older = True, True
        rows = rows[:size][::-1]
    else:
        below = _beyond(queryset, field, "gt", text, pk) if direction else queryset
        rows = list(below.order_by(field, "pk")[: size + 1])
        has_newer, has_older = bool(direction), len(rows) > size
        rows = rows[:size]
    return Page(
        rows=rows,
        newer=f"{_NEWER}-{rows[0].pk}-{getattr(rows[0], field)}" if rows and has_newer else "",
        older=f"{_OLDER}-{rows[-1].pk}-{getattr(rows[-1], field)}" if rows and has_older else "",
    )


def _beyond(queryset: QuerySet[M], field: str, side: str, text: str, pk: int) -> QuerySet[M]:
    # The first condition follows from the second, which no index can use.
    return queryset.filter(
        Q(**{f"{field}__{side}e": text}),
        Q(**{f"{field}__{side}": text}) | Q(**{f"pk__{side}": pk}),
    )


def shown(page: Page[M], queryset: QuerySet[M]) -> str:
    """Say how much of the list the page shows, `50 of 1,000+`, counting no further than that."""
    is_whole = not (page.newer or page.older)
    count = len(page.rows) if is_whole else queryset.order_by()[: COUNT_CAP + 1].count()
    total = f"{COUNT_CAP:,}+" if count > COUNT_CAP else f"{count:,}"
    return f"{len(page.rows)} of {total}"


def _read_text(cursor: str) -> tuple[str, int, str]:
    place, _, rest = cursor.partition("-")
    key, _, text = rest.partition("-")
    direction, pk = _read(f"{place}-{key}")
    # PostgreSQL refuses a text with a zero byte in it.
    return ("", 0, "") if "\0" in text else (direction, pk, text)


def _read(cursor: str) -> tuple[str, int]:
    direction, _, key = cursor.partition("-")
    if direction in {_OLDER, _NEWER} and key.isascii() and key.isdigit() and int(key) <= _MAX_KEY:
        return direction, int(key)
    return "", 0
