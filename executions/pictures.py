"""The geometry of the small pictures that pages draw as SVG."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from executions.enums import FAILURES, OPEN_STATUSES, ExecutionStatus

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from executions.selectors import Hour

BAR_HEIGHT = 60.0
BAR_STEP = 10.0
_BAR_WIDTH = 8.0
# One failure among a thousand successes must still be seen.
_LEAST_HEIGHT = 2.0

_TONES = (
    ("ok", (ExecutionStatus.SUCCEEDED,)),
    ("run", OPEN_STATUSES),
    ("bad", FAILURES),
)


@dataclass(frozen=True, slots=True)
class Block:
    """A rectangle of one tone."""

    tone: str
    x: str
    y: str
    width: str
    height: str


@dataclass(frozen=True, slots=True)
class HourBar:
    """The executions of one hour, as blocks that stand on each other, and in words."""

    starts_at: datetime
    x: str
    title: str
    counts: dict[str, int]
    blocks: list[Block]


def hour_bars(hours: Sequence[Hour]) -> list[HourBar]:
    """Draw a bar an hour: successes at the bottom, what runs above them, failures on top."""
    most = max((hour.total for hour in hours), default=0)
    return [_hour_bar(number, hour, most) for number, hour in enumerate(hours)]


def _hour_bar(number: int, hour: Hour, most: int) -> HourBar:
    counts = by_tone(hour.counts)
    shown = [tone for tone, count in counts.items() if count]
    # What is left once each tone that occurs has its least height is shared out by count.
    rest = BAR_HEIGHT - _LEAST_HEIGHT * len(shown)
    blocks, top = [], BAR_HEIGHT
    for tone in shown:
        height = _LEAST_HEIGHT + rest * counts[tone] / most
        top -= height
        blocks.append(Block(tone, _n(number * BAR_STEP + 1), _n(top), _n(_BAR_WIDTH), _n(height)))
    words = ", ".join(
        f"{counts[tone]:,} {word}"
        for tone, word in (("ok", "succeeded"), ("run", "running"), ("bad", "failed"))
        if counts[tone]
    )
    title = f"{hour.starts_at:%H}:00 UTC: {words or 'none'}"
    return HourBar(hour.starts_at, _n(number * BAR_STEP), title, counts, blocks)


def by_tone(counts: dict[str, int]) -> dict[str, int]:
    """Add statuses up by what they mean to an operator: ok, run, bad."""
    return {tone: sum(counts.get(status, 0) for status in statuses) for tone, statuses in _TONES}


def _n(value: float) -> str:
    """Write a number for SVG; templates would write it in the reader's language."""
    return f"{value:.2f}".rstrip("0").rstrip(".")
