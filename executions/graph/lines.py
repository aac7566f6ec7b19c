"""The corners of each edge's line, and which part of it no other edge has drawn already."""

from __future__ import annotations

from typing import TYPE_CHECKING

from executions.graph.paper import BEND, Point
from executions.graph.rows import Side

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from executions.graph.rows import Hop, Item, Rows

_Port = tuple[int, Side, float]


def draw_lines(
    rows: Rows, main: Collection[int]
) -> list[tuple[tuple[Point, ...], tuple[Point, ...]]]:
    """Return the whole line of each edge and its own part, in the order of the edges.

    Edges to one state share their way from where they meet. Drawn once, it can be dashed.
    """
    whole = [_joined(_corners(hop) for hop in route) for route in rows.routes]
    drawn: set[int] = set()
    reached: dict[_Port, float] = {}
    own: list[tuple[Point, ...]] = [()] * len(whole)
    for place in sorted(range(len(whole)), key=lambda one: (one not in main, one)):
        own[place] = _joined(_fresh(rows.routes[place], drawn, reached))
    return list(zip(whole, own, strict=True))


def _fresh(
    route: Sequence[Hop], drawn: set[int], reached: dict[_Port, float]
) -> Iterable[list[Point]]:
    for hop in route:
        if id(hop) in drawn:
            return
        drawn.add(id(hop))
        corners = _corners(hop)
        port = (id(hop.target), hop.target_side, hop.target_x)
        begins = corners[-2][1]
        earlier = reached.get(port)
        if earlier is not None and len(corners) > 2:
            # The last vertical is there already, from `earlier` on: bend into it and stop.
            bent = begins + BEND if hop.target_side is Side.TOP else begins - BEND
            further = max if hop.target_side is Side.TOP else min
            yield [*corners[:-1], (hop.target_x, further(bent, earlier))]
            return
        reached[port] = begins
        yield corners


def _corners(hop: Hop) -> list[Point]:
    begin = (hop.source_x, _border(hop.source, hop.source_side))
    end = (hop.target_x, _border(hop.target, hop.target_side))
    if hop.source_x == hop.target_x and not hop.turns:
        return [begin, end]
    return [begin, (hop.source_x, hop.track), (hop.target_x, hop.track), end]


def _border(item: Item, side: Side) -> float:
    if item.label_of is not None:
        # A line runs behind its label, as high as the row.
        return item.row_top if side is Side.TOP else item.row_bottom
    return item.y if side is Side.TOP else item.y + item.height


def _joined(pieces: Iterable[Sequence[Point]]) -> tuple[Point, ...]:
    """Join pieces that begin where the one before ends, without points on a straight line."""
    points: list[Point] = []
    for piece in pieces:
        for point in piece:
            if points and point == points[-1]:
                continue
            if len(points) > 1 and _is_straight(points[-2], points[-1], point):
                points.pop()
            points.append(point)
    return tuple(points)


def _is_straight(first: Point, second: Point, third: Point) -> bool:
    return first[0] == second[0] == third[0] or first[1] == second[1] == third[1]
