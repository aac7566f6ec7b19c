"""Positions across: straight lines first, then short ones.

Items that a line merely passes form a column that stays straight; every item and column is pulled
towards its neighbours, and network simplex finds the positions with the least pull.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

from executions.graph.scopes import Kind
from executions.graph.simplex import Simplex

if TYPE_CHECKING:
    from executions.graph.rows import Hop, Item, Rows

# Pulls across. What is meant to happen runs straight. A line to a label bends where it leaves its state
# and is straight behind the label, or the other way around where it joins another line.
_TURN, _BENDING = 1, 1
_PULLS: Final = {Kind.NORMAL: 3, Kind.CATCH: 1}
_STRAIGHT, _PASSING = 3, 6
# Space between two neighbours.
_SPACE: Final = {
    frozenset({"state"}): 30,
    frozenset({"state", "label"}): 22,
    frozenset({"state", "line"}): 22,
    frozenset({"label"}): 18,
    frozenset({"label", "line"}): 16,
    frozenset({"line"}): 16,
}
# Steps of the simplex, by points: it gets better by less and less.
_EFFORT: Final = 600_000
_MAX_PIVOTS: Final = 1_500


def place(rows: Rows) -> None:
    """Set `x` of every item; the leftmost border is at 0."""
    columns = _columns(rows)
    problem = Simplex([0] * (1 + max(columns.values())))
    for (left, right), distance in _distances(rows, columns).items():
        problem.add(left, right, distance, 0)
    problem.settle()
    for (one, other, offset), weight in _pulls(rows, columns).items():
        problem.pull(one, other, offset, weight)
    found = problem.solve(min(_MAX_PIVOTS, _EFFORT // len(problem.x)))
    for row in rows.rows:
        for item in row:
            item.x = found[columns[id(item)]]
    left = min(item.x - item.width // 2 for row in rows.rows for item in row)
    for row in rows.rows:
        for item in row:
            item.x -= left


def _columns(rows: Rows) -> dict[int, int]:
    """Number the items; lines that pass straight into each other get one number."""
    next_line: dict[int, Item] = {}
    for hop in rows.hops:
        if hop.source.is_line and hop.target.is_line and not hop.turns:
            upper, lower = sorted((hop.source, hop.target), key=lambda item: item.row)
            next_line[id(upper)] = lower
    columns: dict[int, int] = {}
    count = 0
    for number, row in enumerate(rows.rows):
        for item in row:
            if id(item) not in columns:
                columns[id(item)] = count
                count += 1
        if number + 1 == len(rows.rows):
            break
        places = {id(item): place for place, item in enumerate(rows.rows[number + 1])}
        reached = -1
        for item in row:
            below = next_line.get(id(item))
            # Two that cross cannot both be straight; the left one is.
            if below is not None and places[id(below)] > reached:
                reached = places[id(below)]
                columns[id(below)] = columns[id(item)]
    return columns


def _distances(rows: Rows, columns: dict[int, int]) -> dict[tuple[int, int], int]:
    distances: dict[tuple[int, int], int] = {}
    for row in rows.rows:
        for left, right in pairwise(row):
            pair = columns[id(left)], columns[id(right)]
            distance = (left.width + right.width) // 2 + _SPACE[
                frozenset((_sort(left), _sort(right)))
            ]
            distances[pair] = max(distances.get(pair, 0), distance)
    return distances


def _sort(item: Item) -> str:
    if item.is_line:
        return "line"
    return "state" if item.label_of is None else "label"


def _pulls(rows: Rows, columns: dict[int, int]) -> dict[tuple[int, int, int], int]:
    """Return how strongly one column is pulled to some place right of another."""
    passed = {id(hop.target) for hop in rows.hops if hop.source.is_line and hop.target.is_line}
    # A line that joins one from further up bends there in any case.
    joining = {
        id(hop.source) for hop in rows.hops if not hop.source.is_line and id(hop.target) in passed
    }
    pulls: dict[tuple[int, int, int], int] = {}
    for hop in rows.hops:
        one, other = columns[id(hop.source)], columns[id(hop.target)]
        if one != other:
            offset = hop.leaves_beside - hop.arrives_beside
            key = (one, other, offset) if offset >= 0 else (other, one, -offset)
            pulls[key] = pulls.get(key, 0) + _pull(hop, joining)
    return pulls


def _pull(hop: Hop, joining: set[int]) -> int:
    if hop.turns:
        return _TURN
    pull = hop.main or _PULLS[hop.kind]
    if hop.source.is_line:
        return pull * _PASSING if hop.target.is_line else pull
    if hop.target.is_line and id(hop.source) in joining:
        return _BENDING
    if hop.source.label_of is not None:
        return pull * _STRAIGHT
    if hop.target.label_of is not None:
        if id(hop.target) in joining:
            return pull * _STRAIGHT
        return hop.main or _BENDING
    return pull
