"""Until when failures can be resumed, as a picture."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import TYPE_CHECKING

from executions import selectors
from executions.advice import REDRIVABLE_FOR
from executions.pictures import BAR_HEIGHT, BAR_STEP

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class DeadlineBar:
    """The failures whose deadline falls on one day, as a bar and in words."""

    day: date
    count: int
    x: str
    y: str
    height: str
    is_soon: bool
    title: str


def deadline_bars(days: Mapping[date, int], *, now: datetime) -> list[DeadlineBar]:
    """Draw a bar for each of the days on which failures become unrecoverable, from today on."""
    today = now.astimezone(UTC).date()
    most = max(days.values(), default=0)
    bars = []
    for number in range(REDRIVABLE_FOR.days + 1):
        day = today + timedelta(days=number)
        count = days.get(day, 0)
        height = max(BAR_HEIGHT * count / most, 2.0) if count else 0.0
        bars.append(
            DeadlineBar(
                day=day,
                count=count,
                x=f"{number * BAR_STEP:g}",
                y=f"{BAR_HEIGHT - height:.2f}",
                height=f"{height:.2f}",
                is_soon=timedelta(days=number) <= selectors.SOON,
                title=f"{day.day} {day:%B}: {count:,} "
                + ("failure" if count == 1 else "failures"),
            )
        )
    return bars
