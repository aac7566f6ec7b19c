"""What a laid-out graph consists of: boxes, lines and labels with their places on the paper."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from executions.graph.scopes import Kind, Path, State

Point = tuple[float, float]

NAME_SIZE, NOTE_SIZE, LABEL_SIZE = 13, 11, 11
"""Font sizes in pixels, the same as in static/css/graph.css."""
STATE_HEIGHT: Final = 44
"""Height of a state, and of the head of a Map or Parallel."""
GLYPH_SPACE, MARK_SPACE, EDGE_SPACE = 43, 30, 11
"""Left of a name, for the symbol of its kind; right of it, for that of its status; nothing else."""
LABEL_LINE, LABEL_PADDING = 14, 6
"""Height of a line of a label; space left and right of its text."""
BEND: Final = 8
"""Radius of a line's corners."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle; `x` and `y` are its upper left corner."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """The right border."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """The lower border."""
        return self.y + self.height

    @property
    def middle(self) -> float:
        """Halfway between left and right."""
        return self.x + self.width / 2

    def moved(self, dx: float, dy: float) -> Box:
        """Return it elsewhere."""
        return Box(self.x + dx, self.y + dy, self.width, self.height)


@dataclass(frozen=True, slots=True)
class Node:
    """A state in its place.

    Attributes:
        name: The state's name, shortened to fit.
        note: The words below it, shortened to fit.
        inset: How far the shape's slanted or round ends push everything inwards.
    """

    state: State
    box: Box
    name: str
    note: str
    inset: int


@dataclass(frozen=True, slots=True)
class Frame:
    """A branch of a Parallel, in its box."""

    path: Path
    box: Box


@dataclass(frozen=True, slots=True)
class Terminal:
    """The start of a scope, or the end behind the state that `path` names."""

    kind: Literal["start", "end"]
    path: Path
    box: Box


@dataclass(frozen=True, slots=True)
class Label:
    """Words on a line, broken to fit, and in full."""

    lines: tuple[str, ...]
    full: str
    box: Box


@dataclass(frozen=True, slots=True)
class Way:
    """An edge with its line.

    Attributes:
        scope: Path of the state around it.
        source: Name of the state that it leaves; None is the start.
        target: Name of the state that it reaches; None is the end.
        points: From border to border, in horizontal and vertical pieces.
        own_points: Its beginning, up to where it meets the line of another edge to the same place.
    """

    scope: Path
    source: str | None
    target: str | None
    kind: Kind
    points: tuple[Point, ...]
    own_points: tuple[Point, ...]
    label: Label | None

    def moved(self, dx: float, dy: float) -> Way:
        """Return it elsewhere."""
        return replace(
            self,
            points=tuple((x + dx, y + dy) for x, y in self.points),
            own_points=tuple((x + dx, y + dy) for x, y in self.own_points),
            label=self.label and replace(self.label, box=self.label.box.moved(dx, dy)),
        )


@dataclass(frozen=True, slots=True)
class Graph:
    """A drawing that reaches from (0, 0) to (`width`, `height`); nodes in order of reading."""

    width: float
    height: float
    nodes: tuple[Node, ...]
    frames: tuple[Frame, ...]
    terminals: tuple[Terminal, ...]
    ways: tuple[Way, ...]

    def moved(self, dx: float, dy: float) -> Graph:
        """Return it elsewhere."""
        return Graph(
            self.width,
            self.height,
            tuple(replace(node, box=node.box.moved(dx, dy)) for node in self.nodes),
            tuple(replace(frame, box=frame.box.moved(dx, dy)) for frame in self.frames),
            tuple(replace(one, box=one.box.moved(dx, dy)) for one in self.terminals),
            tuple(way.moved(dx, dy) for way in self.ways),
        )
