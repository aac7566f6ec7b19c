"""Pages by key: page 10,000 costs what page 1 costs, and new rows shift nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Generic, TypeVar

from django.db.models import Model, Q

if TYPE_CHECKING:
    from django.db.models import QuerySet

M = TypeVar("M", bound=Model)

_CURSOR = re.compile(r"([on])([0-9]{1,17})\.([0-9]{1,18})")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class KeysetPage(Generic[M]):
    """Some rows, newest first, and the cursors of the pages beside them; empty at the ends."""

    rows: list[M]
    newer: str
    older: str
    is_first: bool


def keyset_page(queryset: QuerySet[M], *, field: str, cursor: str, size: int) -> KeysetPage[M]:
    """Return one page of `queryset`, ordered by `field` and `pk`, both falling.

    Args:
        queryset: Filtered, in any order.
        field: A datetime column that is never null, with an index that ends in it and `pk`.
        cursor: As an earlier page gave it; anything else is the first page.
        size: Rows a page.
    """
    direction, at, pk = _read(cursor)
    descending = queryset.order_by(f"-{field}", "-pk")
    if direction == "n":
        # The first condition is implied by the second, and is what the index understands.
        nearer = queryset.filter(
            Q(**{f"{field}__gte": at}), Q(**{f"{field}__gt": at}) | Q(pk__gt=pk)
        ).order_by(field, "pk")
        found = list(nearer[: size + 1])
        has_newer, rows = len(found) > size, found[:size][::-1]
        if has_newer:
            return KeysetPage(
                rows, _cursor("n", rows[0], field), _cursor("o", rows[-1], field), False
            )
        # Fewer than a page are newer: this is the first page, and it should be a full one.
        direction = ""
    if direction == "o":
        descending = descending.filter(
            Q(**{f"{field}__lte": at}), Q(**{f"{field}__lt": at}) | Q(pk__lt=pk)
        )
    found = list(descending[: size + 1])
    rows = found[:size]
    older = _cursor("o", rows[-1], field) if len(found) > size else ""
    newer = _cursor("n", rows[0], field) if direction == "o" and rows else ""
    return KeysetPage(rows, newer, older, direction != "o")


def _cursor(direction: str, row: Model, field: str) -> str:
    moment: datetime = getattr(row, field)
    return f"{direction}{(moment - _EPOCH) // timedelta(microseconds=1)}.{row.pk}"


def _read(cursor: str) -> tuple[str, datetime, int]:
    match = _CURSOR.fullmatch(cursor)
    if match is None:
        return "", _EPOCH, 0
    try:
        return match[1], _EPOCH + timedelta(microseconds=int(match[2])), int(match[3])
    except OverflowError:
        return "", _EPOCH, 0
