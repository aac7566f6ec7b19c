"""The geometry of the pictures on the pages of deliveries, drawn as SVG by their templates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core import display
from webhooks.enums import DeliveryStatus

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from webhooks.models import CompletenessDay
    from webhooks.selectors import Course, Hour

BAR_HEIGHT = 60.0
BAR_STEP = 10.0
_BAR_WIDTH = 8.0
# One failure among a thousand others must still be seen.
_LEAST_HEIGHT = 2.0
COURSE_WIDTH = 1_000.0
_LEAST_WIDTH = 8.0

_HOUR_TONES = {
    DeliveryStatus.IGNORED: ("idle", "ignored"),
    DeliveryStatus.STARTED: ("ok", "started"),
    DeliveryStatus.RECORDED: ("ok", "recorded"),
    DeliveryStatus.WAITING: ("run", "waiting"),
    DeliveryStatus.FAILED: ("bad", "failed"),
}


@dataclass(frozen=True, slots=True)
class Block:
    """A rectangle of one tone, and what it stands for."""

    tone: str
    x: str
    y: str
    width: str
    height: str


@dataclass(frozen=True, slots=True)
class Bar:
    """Blocks that stand on each other, and what they say in words."""

    x: str
    label: str
    title: str
    blocks: list[Block]


@dataclass(frozen=True, slots=True)
class Bars:
    """A row of bars.

    Attributes:
        totals: The sum of each tone that occurs, as (tone, word, number).
    """

    bars: list[Bar]
    totals: list[tuple[str, str, int]]
    width: str
    height: str = f"{BAR_HEIGHT:g}"

    @property
    def in_words(self) -> str:
        """All of it in a sentence, for those who do not see it."""
        return ", ".join(f"{number:,} {word}" for _, word, number in self.totals) or "none"


def hour_bars(hours: Sequence[Hour]) -> Bars:
    """Draw a bar an hour: what was ignored at the bottom, what failed on top."""
    return _bars(
        [
            (
                f"{hour.starts_at:%H:%M}",
                f"{hour.starts_at:%H:%M} UTC",
                [
                    (tone, word, hour.counts.get(status, 0))
                    for status, (tone, word) in _HOUR_TONES.items()
                ],
            )
            for hour in hours
        ]
    )


def day_bars(days: Sequence[CompletenessDay]) -> Bars:
    """Draw a bar a day: what arrived at once at the bottom, what is lost on top."""
    return _bars(
        [
            (
                f"{day.day:%d %b}",
                f"{day.day:%d %b %Y}: {day.arrived:,} of {day.expected:,} are here",
                [
                    ("ok", "received", day.received),
                    ("run", "recovered", day.recovered),
                    ("warn", "missing", day.missing),
                    ("bad", "lost", day.lost),
                ],
            )
            for day in days
        ]
    )


def _bars(rows: Sequence[tuple[str, str, list[tuple[str, str, int]]]]) -> Bars:
    most = max((sum(number for *_, number in parts) for *_, parts in rows), default=0)
    totals: dict[tuple[str, str], int] = {}
    bars = []
    for index, (label, title, parts) in enumerate(rows):
        for tone, word, number in parts:
            totals[tone, word] = totals.get((tone, word), 0) + number
        words = ", ".join(f"{number:,} {word}" for _, word, number in parts if number)
        x = index * BAR_STEP
        bars.append(Bar(_n(x), label, f"{title}: {words or 'none'}", _blocks(parts, x, most)))
    shown = [(tone, word, number) for (tone, word), number in totals.items() if number]
    return Bars(bars, shown, _n(len(rows) * BAR_STEP))


def _blocks(parts: Sequence[tuple[str, str, int]], x: float, most: int) -> list[Block]:
    counts: Mapping[str, int] = {
        tone: sum(number for other, _, number in parts if other == tone) for tone, *_ in parts
    }
    shown = {tone: number for tone, number in counts.items() if number}
    # What is left once each tone that occurs has its least height is shared out by count.
    rest = BAR_HEIGHT - _LEAST_HEIGHT * len(shown)
    blocks, top = [], BAR_HEIGHT
    for tone, number in shown.items():
        height = _LEAST_HEIGHT + rest * number / most
        top -= height
        blocks.append(Block(tone, _n(x + 1), _n(top), _n(_BAR_WIDTH), _n(height)))
    return blocks


@dataclass(frozen=True, slots=True)
class Leg:
    """A part of a delivery's way, with its share of the picture."""

    tone: str
    name: str
    took: str
    x: str
    width: str


def course_bar(course: Course) -> list[Leg]:
    """Draw how long a delivery took: to be stored, to be started, to be finished.

    Empty as long as nothing is known beyond its arrival.
    """
    ends = [
        ("idle", "stored", course.stored_s),
        ("warn", "waited for its start", course.started_s),
        ("ok", "ran", course.finished_s),
    ]
    legs, before = [], 0.0
    for tone, name, end_s in ends:
        if end_s is None:
            continue
        legs.append((tone, name, max(0.0, end_s - before)))
        before = max(before, end_s)
    if not legs:
        return []
    whole = sum(took for *_, took in legs) or 1.0
    rest = COURSE_WIDTH - _LEAST_WIDTH * len(legs)
    drawn, x = [], 0.0
    for tone, name, took in legs:
        width = _LEAST_WIDTH + rest * took / whole
        drawn.append(Leg(tone, name, display.duration(took), _n(x), _n(width)))
        x += width
    return drawn


def _n(value: float) -> str:
    """Write a number for SVG; templates would write it in the reader's language."""
    return f"{value:.2f}".rstrip("0").rstrip(".")
