"""Pieces of SVG: numbers, rounded lines, arrow tips, symbols."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from executions.graph.paper import BEND, Box, Point
from executions.graph.symbols import KINDS, MARKS

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

TIP_LENGTH: Final = 7
_TIP_HALF: Final = 4
# A line ends inside of its tip, so that its square end does not stick out.
_UNDER_TIP: Final = 4
_SLANT: Final = 14


def number(value: float) -> str:
    """Write a coordinate as short as can be."""
    return f"{value:.1f}".removesuffix(".0")


def line(points: Sequence[Point], *, has_tip: bool) -> str:
    """Write a line with rounded corners as a path's `d`."""
    corners = list(points)
    if has_tip:
        x, y = corners[-1]
        corners[-1] = (x, y - _UNDER_TIP)
    said = [f"M{number(corners[0][0])} {number(corners[0][1])}"]
    for before, corner, after in zip(corners, corners[1:], corners[2:], strict=False):
        radius = min(BEND, _distance(before, corner) / 2, _distance(corner, after) / 2)
        x1, y1 = _towards(corner, before, radius)
        x2, y2 = _towards(corner, after, radius)
        said.append(
            f"L{number(x1)} {number(y1)}Q{number(corner[0])} {number(corner[1])}"
            f" {number(x2)} {number(y2)}"
        )
    said.append(f"L{number(corners[-1][0])} {number(corners[-1][1])}")
    return "".join(said)


def tip(point: Point) -> str:
    """Write an arrow's tip that points down to `point`, as a path's `d`."""
    x, y = point
    return f"M{number(x)} {number(y)}l-{_TIP_HALF} -{TIP_LENGTH}h{2 * _TIP_HALF}z"


def rectangle(box: Box, css: str, radius: float) -> str:
    """Write a box; its border of one pixel falls on whole pixels."""
    return (
        f'<rect class="{css}" x="{number(box.x + 0.5)}" y="{number(box.y + 0.5)}"'
        f' width="{number(box.width - 1)}" height="{number(box.height - 1)}"'
        f' rx="{number(radius)}"/>'
    )


def rhombus(box: Box, css: str) -> str:
    """Write a box that comes to a point on its left and right, as a Choice is drawn."""
    flat, half = box.width - 1 - 2 * _SLANT, (box.height - 1) / 2
    return (
        f'<path class="{css}" d="M{number(box.x + 0.5 + _SLANT)} {number(box.y + 0.5)}'
        f"h{number(flat)}l{_SLANT} {number(half)}l-{_SLANT} {number(half)}"
        f'h-{number(flat)}l-{_SLANT} -{number(half)}z"/>'
    )


def symbol(name: str, css: str, x: float, y: float, size: int) -> str:
    """Write a reference to a symbol of `definitions`."""
    return (
        f'<use class="{css}" href="#graph-{name}" x="{number(x)}" y="{number(y)}"'
        f' width="{size}" height="{size}"/>'
    )


def definitions(kinds: Collection[str]) -> str:
    """Write the symbols of these kinds, and of all statuses."""
    said = [
        f'<symbol id="graph-{kind}" viewBox="0 0 24 24"><path d="{KINDS[kind]}"/></symbol>'
        for kind in sorted(kinds)
    ]
    said.extend(
        f'<symbol id="graph-{name}" viewBox="0 0 24 24">{shapes}</symbol>'
        for name, shapes in MARKS.items()
    )
    return f"<defs>{''.join(said)}</defs>"


def _distance(one: Point, other: Point) -> float:
    return abs(one[0] - other[0]) + abs(one[1] - other[1])


def _towards(start: Point, goal: Point, distance: float) -> Point:
    length = _distance(start, goal) or 1
    share = distance / length
    return start[0] + (goal[0] - start[0]) * share, start[1] + (goal[1] - start[1]) * share
