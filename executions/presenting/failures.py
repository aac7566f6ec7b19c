"""Kinds of failures as lines, each with the picture of its last two weeks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import TYPE_CHECKING

from executions.words import plain_error

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from executions import selectors
    from executions.models import Family

_STEP, _WIDTH, _HEIGHT, _LEAST = 8, 6, 24.0, 2.0


@dataclass(frozen=True, slots=True)
class DayBar:
    """The failures of one kind on one day."""

    x: int
    y: str
    height: str
    title: str


@dataclass(frozen=True, slots=True)
class FamilyRow:
    """One kind of failure, ready to print."""

    family: Family
    meaning: str
    open: int
    recent: int
    bars: list[DayBar]


def family_rows(counted: Iterable[selectors.FamilyCount], *, now: datetime) -> list[FamilyRow]:
    """Make lines of kinds of failures; no query."""
    rows = []
    for one in counted:
        plain = plain_error(one.family.error, one.family.cause)
        rows.append(
            FamilyRow(
                family=one.family,
                meaning="" if plain is None else plain.meaning,
                open=one.open,
                recent=sum(one.by_day),
                bars=_bars(one.by_day, now=now),
            )
        )
    return rows


def _bars(by_day: list[int], *, now: datetime) -> list[DayBar]:
    today = now.astimezone(UTC).date()
    most = max(by_day, default=0)
    bars = []
    for place, count in enumerate(by_day):
        height = max(_HEIGHT * count / most, _LEAST) if count else 0.0
        day = today - timedelta(days=len(by_day) - 1 - place)
        title = f"{day.day} {day:%B}: {count:,}"
        bars.append(DayBar(place * _STEP, f"{_HEIGHT - height:.1f}", f"{height:.1f}", title))
    return bars
