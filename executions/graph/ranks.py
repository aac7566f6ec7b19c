"""Which row each state stands in: below everything that leads to it, and close to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from executions.graph.scopes import Edge, Kind
from executions.graph.simplex import Simplex

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from executions.graph.scopes import Scope

Spot = tuple[Literal["start", "state", "end"], str]
"""A thing that edges lead to or from; the start has no name, an end has that of its state."""

START: Final[Spot] = ("start", "")

# A long Catch disturbs less than a long way of what is meant to happen.
_CATCH, _NORMAL, _MAIN = 1, 2, 4
# How strongly main ways pull across.
_BRANCH, _SPINE = 8, 20
_PIVOTS: Final = 4_000


def ends(edge: Edge) -> tuple[Spot, Spot]:
    """Return where an edge begins and where it arrives."""
    source: Spot = START if edge.source is None else ("state", edge.source)
    target: Spot = ("end", edge.source or "") if edge.target is None else ("state", edge.target)
    return source, target


def main_ways(scope: Scope) -> dict[int, int]:
    """Choose, for each state, the way on that is drawn straight.

    It is the one that leads furthest, but not by a detour of a single simple state. Where many lead equally
    far, none is: they spread to both sides.

    Returns:
        Places in `scope.edges`, with how much they matter: those that lead on from the start, the
        spine of the drawing, most.
    """
    outs: dict[Spot, list[tuple[int, Spot]]] = {}
    for place, edge in enumerate(scope.edges):
        if edge.kind is Kind.NORMAL and not edge.is_loop:
            source, target = ends(edge)
            outs.setdefault(source, []).append((place, target))
    depth = _depths(outs)
    main: dict[Spot, int] = {}
    for source, ways in outs.items():
        furthest = max(depth[target] for _, target in ways)
        best = [way for way in ways if depth[way[1]] == furthest]
        if len(ways) > 2 and len(best) > 1:
            continue
        place, through = best[0]
        behind = {target for _, target in outs.get(through, ())}
        is_detour = not (through[0] == "state" and scope.states[through[1]].scopes)
        direct = [way for way, target in ways if is_detour and target in behind]
        main[source] = direct[0] if direct else place
    found = dict.fromkeys(main.values(), _BRANCH)
    spot = START
    while spot in main:
        found[main[spot]] = _SPINE
        spot = ends(scope.edges[main[spot]])[1]
    return found


def _depths(outs: Mapping[Spot, list[tuple[int, Spot]]]) -> dict[Spot, int]:
    """Count how many states may follow each, at most."""
    into: dict[Spot, list[Spot]] = {}
    left = {spot: len(ways) for spot, ways in outs.items()}
    for source, ways in outs.items():
        for _, target in ways:
            into.setdefault(target, []).append(source)
            left.setdefault(target, 0)
    depth = dict.fromkeys(left, 0)
    ready = [spot for spot, count in left.items() if not count]
    while ready:
        spot = ready.pop()
        for before in into.get(spot, ()):
            depth[before] = max(depth[before], depth[spot] + 1)
            left[before] -= 1
            if not left[before]:
                ready.append(before)
    return depth


def rank(scope: Scope, main: Collection[int]) -> dict[Spot, int]:
    """Return the row of each spot, from 0, which is the start's alone."""
    spots: dict[Spot, int] = {START: 0}
    for name in scope.states:
        spots["state", name] = len(spots)
    for edge in scope.edges:
        spots.setdefault(ends(edge)[1], len(spots))
    problem = Simplex([0] * len(spots))
    entered = set()
    for place, edge in enumerate(scope.edges):
        source, target = ends(edge)
        if edge.is_loop:
            if source != target:
                problem.add(spots[target], spots[source], 0, 1)
            continue
        entered.add(target)
        weight = _MAIN if place in main else _NORMAL if edge.kind is Kind.NORMAL else _CATCH
        problem.add(spots[source], spots[target], 1, weight)
    for spot, place in spots.items():
        # Nothing leads there: it stands in the first row of states.
        if spot not in entered and spot != START:
            problem.add(spots[START], place, 1, 1)
    problem.settle()
    found = problem.solve(_PIVOTS)
    top = min(found)
    return {spot: found[place] - top for spot, place in spots.items()}
