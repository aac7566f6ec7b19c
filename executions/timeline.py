"""The picture of when each step ran: tries, the waits between them, redrives. Pure geometry.

Time in which nothing ran is cut to a narrow gap: an execution that was resumed a week later still
shows what took how long. All numbers are thousandths of the picture's width, as text.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from core.display import duration

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

TIMELINE_WIDTH = 1_000.0
_LEAST_WIDTH = 4.0
# Idle time that is longer than the one share of the time in which something ran takes the other.
_LONG, _GAP = 0.25, 0.02
# Shorter gaps between tries are AWS's own delay.
_LEAST_WAIT = timedelta(milliseconds=20)


class Span(Protocol):
    """What is read of a step or of one of its tries."""

    @property
    def started_at(self) -> datetime: ...
    @property
    def ended_at(self) -> datetime | None: ...
    @property
    def status(self) -> str: ...
    @property
    def error(self) -> str | None: ...


class Shown(Protocol):
    """What is read of a step: `executions.models.Step` has it."""

    @property
    def type(self) -> str: ...
    @property
    def entered_at(self) -> datetime: ...
    @property
    def ended_at(self) -> datetime | None: ...
    @property
    def status(self) -> str: ...
    @property
    def trials(self) -> Sequence[Span]: ...


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of time of one kind.

    Attributes:
        kind: A step's status, `waiting` (a Wait state), or `pause` (between two tries).
        title: What it is, in words.
    """

    kind: str
    x: str
    width: str
    title: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment on all lines: a redrive, or idle time that was cut short."""

    kind: str
    x: str
    title: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """The lines of the steps, in their order, and what lies across all of them."""

    lines: list[list[Block]]
    marks: list[Mark]


def timeline(
    steps: Sequence[Shown],
    *,
    starts_at: datetime,
    ends_at: datetime,
    redriven_at: Sequence[datetime] = (),
) -> Timeline:
    """Place each step between the execution's start and its end.

    Args:
        steps: In the order of their lines.
        starts_at: Where the picture begins.
        ends_at: Where it ends: the execution's end, or now.
        redriven_at: When the execution was resumed.
    """
    spans = [_pieces(step, ends_at) for step in steps]
    clipped = [
        (min(max(begin, starts_at), ends_at), min(max(end, starts_at), ends_at))
        for pieces in spans
        for _, begin, end, _ in pieces
        # What runs on through a redrive's gap, a Map say, would keep the gap as wide as it was.
        if not any(begin < at <= end for at in redriven_at)
    ]
    axis = _Axis(clipped, starts_at)
    return Timeline(
        lines=[[axis.block(*piece, ends_at=ends_at) for piece in pieces] for pieces in spans],
        marks=sorted(
            [
                *(
                    Mark("redrive", axis.x(at), f"Resumed ({number})")
                    for number, at in enumerate(redriven_at, start=1)
                    if starts_at <= at <= ends_at
                ),
                *axis.cuts(),
            ],
            key=lambda mark: float(mark.x),
        ),
    )


Piece = tuple[str, "datetime", "datetime", str]


def _pieces(step: Shown, ends_at: datetime) -> list[Piece]:
    """Part a step into its tries and the pauses between them."""
    begin, end = step.entered_at, step.ended_at or ends_at
    if len(step.trials) < 2:
        kind = (
            "waiting"
            if step.type == "Wait" and step.status in ("running", "succeeded")
            else step.status
        )
        return [(kind, begin, max(begin, end), _title(step.status, end - begin))]
    pieces: list[Piece] = []
    until = begin
    for number, one in enumerate(step.trials, start=1):
        if number > 1 and one.started_at - until >= _LEAST_WAIT:
            waited = one.started_at - until
            pieces.append(("pause", until, one.started_at, f"Waited {duration(waited)}"))
        over = max(one.ended_at or end, one.started_at)
        said = _title(one.status, over - one.started_at)
        error = f": {one.error}" if one.error else ""
        pieces.append((one.status, one.started_at, over, f"Try {number}, {said}{error}"))
        until = over
    return pieces


def _title(status: str, took: timedelta) -> str:
    return f"{status.replace('_', ' ')}, {duration(took)}"


class _Axis:
    """Where a moment lies on the picture."""

    def __init__(self, spans: Sequence[tuple[datetime, datetime]], starts_at: datetime) -> None:
        self._starts_at = starts_at
        self._idle: list[tuple[datetime, timedelta]] = []  # when it was over, and how long it was
        busy_until, busy = starts_at, timedelta()
        for begin, end in sorted(spans):
            if begin > busy_until:
                self._idle.append((begin, begin - busy_until))
                busy_until = begin
            if end > busy_until:
                busy += end - busy_until
                busy_until = end
        self._long = busy * _LONG
        self._short = max(busy * _GAP, timedelta(microseconds=1))
        whole = busy + sum(
            (self._short if gap > self._long else gap for _, gap in self._idle), timedelta()
        )
        self._whole = max(whole, timedelta(microseconds=1))

    def place(self, moment: datetime) -> float:
        cut = timedelta()
        for at, gap in self._idle:
            if gap > self._long and moment > at - gap:
                # Within what was cut, time runs faster.
                share = min((moment - (at - gap)) / gap, 1.0)
                cut += (gap - self._short) * share
        there = TIMELINE_WIDTH * ((moment - self._starts_at - cut) / self._whole)
        return min(max(there, 0.0), TIMELINE_WIDTH)

    def x(self, moment: datetime) -> str:
        return _n(self.place(moment))

    def block(
        self, kind: str, begin: datetime, end: datetime, title: str, *, ends_at: datetime
    ) -> Block:
        x = min(self.place(min(begin, ends_at)), TIMELINE_WIDTH - _LEAST_WIDTH)
        width = max(self.place(min(end, ends_at)) - x, _LEAST_WIDTH if kind != "pause" else 0.0)
        return Block(kind, _n(x), _n(width), title)

    def cuts(self) -> list[Mark]:
        return [
            Mark("cut", self.x(at - gap / 2), f"Nothing ran for {duration(gap)}")
            for at, gap in self._idle
            if gap > self._long
        ]


def _n(value: float) -> str:
    """Write a number for SVG; templates would write it in the reader's language."""
    return f"{value:.2f}".rstrip("0").rstrip(".")
