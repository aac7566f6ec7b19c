"""Rows of items: states, and places for the lines that pass them and for the labels on the lines.

Between two rows of states stands a row of labels, where there are any. Lines to the same state share
their way as soon as they meet, like tracks before a station: ten Catch edges to one state need one
line, not ten.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from itertools import pairwise
from typing import TYPE_CHECKING

from executions.graph.ranks import Spot, ends
from executions.graph.scopes import Edge, Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from executions.graph.scopes import Scope

Size = tuple[int, int]


class Side(Enum):
    """Where a line touches an item."""

    TOP = "top"
    BOTTOM = "bottom"


@dataclass(slots=True, eq=False)
class Item:
    """Something with a place in a row. `x` is its middle, `y` its top, once they are known."""

    row: int
    width: int
    height: int
    spot: Spot | None = None
    # Place of the edge whose labels these are.
    label_of: int | None = None
    x: int = 0
    y: float = 0
    row_top: float = 0
    row_bottom: float = 0

    @property
    def is_line(self) -> bool:
        """Whether nothing but a line passes here."""
        return self.spot is None and self.label_of is None


@dataclass(slots=True, eq=False)
class Hop:
    """A line from one item to another in the next row, or around into its own row."""

    source: Item
    target: Item
    source_side: Side
    target_side: Side
    kind: Kind
    # How strongly it is pulled straight, where it is the main way on from its state.
    main: int = 0
    # How far right of the middle it leaves and arrives: a Catch does so beside the other lines.
    leaves_beside: int = 0
    arrives_beside: int = 0
    source_x: float = 0
    target_x: float = 0
    # Height of its horizontal part.
    track: float = 0

    @property
    def gap(self) -> int:
        """The row above the gap that it is drawn in."""
        if self.source_side is Side.BOTTOM:
            return self.source.row
        return self.target.row if self.target_side is Side.BOTTOM else self.source.row - 1

    @property
    def turns(self) -> bool:
        """Whether it leads around into its own row."""
        return self.source_side is self.target_side


@dataclass(slots=True)
class Rows:
    """All items of a scope.

    Attributes:
        rows: From top to bottom; each from left to right, once ordered.
        routes: The hops of each edge, from its source to its target.
        hops: All of them, once: edges that have met share theirs.
    """

    rows: list[list[Item]] = field(default_factory=list)
    routes: list[list[Hop]] = field(default_factory=list)
    hops: list[Hop] = field(default_factory=list)


class RowBuilder:
    """Gives every state, passing line and label its row."""

    def __init__(
        self,
        scope: Scope,
        ranks: Mapping[Spot, int],
        *,
        main: Mapping[int, int],
        sizes: Mapping[Spot, Size],
        label_sizes: Mapping[int, Size],
    ) -> None:
        self.edges = scope.edges
        self.main = main
        self.label_sizes = label_sizes
        labelled = {
            ranks[ends(edge)[0]]
            for place, edge in enumerate(scope.edges)
            if place in label_sizes and not edge.is_loop
        }
        self.row_of: list[int] = []
        count = 0
        for one in range(max(ranks.values()) + 1):
            self.row_of.append(count)
            count += 2 if one in labelled else 1
        self.spots = {
            spot: Item(self.row_of[ranks[spot]], *sizes[spot], spot=spot) for spot in ranks
        }
        self.ranks = ranks
        self.built = Rows(rows=[[] for _ in range(count)])
        self.lines: dict[tuple[Spot, Kind, bool, int], Item] = {}
        self.known_hops: dict[tuple[int, int, Kind], Hop] = {}
        self.is_placed: set[int] = set()

    def build(self) -> Rows:
        """Walk the edges depth first, so that what belongs together begins side by side."""
        outs: dict[Spot, list[int]] = {}
        for place, edge in enumerate(self.edges):
            outs.setdefault(ends(edge)[0], []).append(place)
        self.built.routes = [[] for _ in self.edges]
        for root in self.spots:
            self._place(self.spots[root])
            stack = [root]
            seen = {root}
            while stack:
                spot = stack.pop()
                ways = sorted(outs.pop(spot, ()), key=self._turn)
                for place in ways:
                    self.built.routes[place] = self._route(place)
                fresh = [ends(self.edges[place])[1] for place in ways]
                stack.extend(one for one in reversed(fresh) if one not in seen)
                seen.update(fresh)
        return self.built

    def _turn(self, place: int) -> tuple[bool, bool, int]:
        edge = self.edges[place]
        return edge.kind is Kind.CATCH, edge.is_loop, place

    def _place(self, item: Item) -> Item:
        if id(item) not in self.is_placed:
            self.is_placed.add(id(item))
            self.built.rows[item.row].append(item)
        return item

    def _route(self, place: int) -> list[Hop]:
        edge = self.edges[place]
        source, target = ends(edge)
        first, last = self.spots[source].row, self.spots[target].row
        if edge.is_loop:
            passed = list(range(first, last - 1, -1))
            label_row = first
        else:
            passed = list(range(first + 1, last))
            label_row = first + 1
        way = [self._place(self.spots[source])]
        for row in passed:
            is_label = row == label_row and place in self.label_sizes
            way.append(self._label(place, row) if is_label else self._line(edge, target, row))
        way.append(self._place(self.spots[target]))
        return self._hops(edge, place, way)

    def _label(self, place: int, row: int) -> Item:
        return self._place(Item(row, *self.label_sizes[place], label_of=place))

    def _line(self, edge: Edge, target: Spot, row: int) -> Item:
        key = (target, edge.kind, edge.is_loop, row)
        if key not in self.lines:
            self.lines[key] = Item(row, 0, 0)
        return self._place(self.lines[key])

    def _hops(self, edge: Edge, place: int, way: list[Item]) -> list[Hop]:
        hops = []
        for number, (source, target) in enumerate(pairwise(way)):
            key = (id(source), id(target), edge.kind)
            if key not in self.known_hops:
                upward = edge.is_loop and number > 0
                to_top = not edge.is_loop or number == len(way) - 2
                hop = Hop(
                    source,
                    target,
                    Side.TOP if upward else Side.BOTTOM,
                    Side.TOP if to_top else Side.BOTTOM,
                    edge.kind,
                )
                self.known_hops[key] = hop
                self.built.hops.append(hop)
            hop = self.known_hops[key]
            hop.main = max(hop.main, self.main.get(place, 0))
            hops.append(hop)
        return hops
