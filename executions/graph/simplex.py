"""Place points on a line so that the pulls between them cost least: network simplex.

Minimises the sum of `weight * (x[head] - x[tail])` under `x[head] - x[tail] >= length`, over whole
numbers. Method: Gansner, Koutsofios, North, Vo, "A Technique for Drawing Directed Graphs" (1993),
sections 2.3 and 4.2. Cut values are kept as sums over subtrees of each point's own balance of
weights: the balances inside a subtree cancel out, so a pivot touches only the paths that it moves.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Final

_NONE: Final = -1
_Heap = list[tuple[int, int]]


@dataclass(slots=True)
class Simplex:
    """A problem of `count` points; `x` is where they stand, and must satisfy the lengths."""

    x: list[int]
    tails: list[int] = field(default_factory=list)
    heads: list[int] = field(default_factory=list)
    lengths: list[int] = field(default_factory=list)
    weights: list[int] = field(default_factory=list)
    out_edges: list[list[int]] = field(default_factory=list)
    in_edges: list[list[int]] = field(default_factory=list)
    # The spanning tree: its edge, the parent on the other end, the children, and the balance of
    # weights over the subtree.
    edge_up: list[int] = field(default_factory=list)
    parent: list[int] = field(default_factory=list)
    children: list[set[int]] = field(default_factory=list)
    balance: list[int] = field(default_factory=list)
    is_joined: list[bool] = field(default_factory=list)

    def __post_init__(self) -> None:
        for _ in self.x:
            self._add_point()

    def _add_point(self) -> None:
        self.out_edges.append([])
        self.in_edges.append([])
        self.children.append(set())
        self.edge_up.append(_NONE)
        self.parent.append(_NONE)
        self.balance.append(0)
        self.is_joined.append(False)

    def add(self, tail: int, head: int, length: int, weight: int) -> None:
        """Ask that `head` stands at least `length` right of `tail`, and pull them together."""
        edge = len(self.tails)
        self.tails.append(tail)
        self.heads.append(head)
        self.lengths.append(length)
        self.weights.append(weight)
        self.out_edges[tail].append(edge)
        self.in_edges[head].append(edge)

    def pull(self, point: int, other: int, offset: int, weight: int) -> None:
        """Pull `other` to `offset` (not negative) right of `point`, from whichever side.

        Adds a point that stands left of both: its two edges together are as long as they are apart.
        """
        helper = len(self.x)
        self.x.append(min(self.x[point], self.x[other] - offset))
        self._add_point()
        self.add(helper, point, 0, weight)
        self.add(helper, other, offset, weight)

    def settle(self) -> None:
        """Move every point to the right until the lengths hold: some start, not yet a good one."""
        missing = [len(edges) for edges in self.in_edges]
        ready = [point for point, count in enumerate(missing) if not count]
        while ready:
            tail = ready.pop()
            for edge in self.out_edges[tail]:
                head = self.heads[edge]
                self.x[head] = max(self.x[head], self.x[tail] + self.lengths[edge])
                missing[head] -= 1
                if not missing[head]:
                    ready.append(head)

    def solve(self, pivots: int) -> list[int]:
        """Improve `x` until it is best, or `pivots` steps were made; points must hang together."""
        self._grow_tree()
        for _ in range(pivots):
            leaving = self._leaving()
            if leaving == _NONE:
                break
            self._pivot(leaving)
        return self.x

    def _grow_tree(self) -> None:
        """Join the points by edges that are exactly as long as they must be, moving some for it."""
        joined: list[int] = []
        # Edges out of the tree and into it, by how much longer they are than they must be. The tree
        # moves as a whole: a point of it stands at `x + moved` until all are joined.
        outward: _Heap = []
        inward: _Heap = []
        moved = 0
        point, edge, parent = 0, _NONE, _NONE
        while True:
            joined.append(point)
            self.x[point] -= moved
            self._hang(point, edge, parent)
            self._reach_out(point, outward, inward)
            _drop(outward, self.heads, self.is_joined)
            _drop(inward, self.tails, self.is_joined)
            if not outward and not inward:
                break
            if not inward or (outward and outward[0][0] - moved <= inward[0][0] + moved):
                moved, edge = outward[0]
                point, parent = self.heads[edge], self.tails[edge]
            else:
                slack, edge = inward[0]
                moved = -slack
                point, parent = self.tails[edge], self.heads[edge]
        for one in joined:
            self.x[one] += moved
        self._sum_balances(joined)

    def _hang(self, point: int, edge: int, parent: int) -> None:
        self.is_joined[point] = True
        self.edge_up[point], self.parent[point] = edge, parent
        if parent != _NONE:
            self.children[parent].add(point)

    def _reach_out(self, point: int, outward: _Heap, inward: _Heap) -> None:
        here = self.x[point]
        for edge in self.out_edges[point]:
            head = self.heads[edge]
            if not self.is_joined[head]:
                heappush(outward, (self.x[head] - here - self.lengths[edge], edge))
        for edge in self.in_edges[point]:
            tail = self.tails[edge]
            if not self.is_joined[tail]:
                heappush(inward, (here - self.x[tail] - self.lengths[edge], edge))

    def _sum_balances(self, order: list[int]) -> None:
        for tail, head, weight in zip(self.tails, self.heads, self.weights, strict=True):
            self.balance[tail] += weight
            self.balance[head] -= weight
        for point in reversed(order):
            if self.parent[point] != _NONE:
                self.balance[self.parent[point]] += self.balance[point]

    def _leaving(self) -> int:
        """Find the subtree that should go furthest from its parent: the edge there costs most."""
        worst, found = 0, _NONE
        tails, edge_up = self.tails, self.edge_up
        for point, balance in enumerate(self.balance):
            edge = edge_up[point]
            if edge == _NONE:
                continue
            cut = balance if tails[edge] == point else -balance
            if cut < worst:
                worst, found = cut, point
        return found

    def _pivot(self, top: int) -> None:
        """Cut the subtree of `top` off, move it to where another edge is tight, and join it there."""
        subtree = [top]
        for point in subtree:
            subtree.extend(self.children[point])
        inside = set(subtree)
        goes_left = self.tails[self.edge_up[top]] == top
        entering, slack = self._entering(subtree, inside, goes_left=goes_left)
        if slack:
            step = -slack if goes_left else slack
            for point in subtree:
                self.x[point] += step
        near, far = self.heads[entering], self.tails[entering]
        if not goes_left:
            near, far = far, near
        self._rejoin(top, near, far, entering)

    def _entering(
        self, subtree: list[int], inside: set[int], *, goes_left: bool
    ) -> tuple[int, int]:
        x, lengths = self.x, self.lengths
        others = self.tails if goes_left else self.heads
        touching = self.in_edges if goes_left else self.out_edges
        best, found = 1 << 60, _NONE
        for point in subtree:
            here = x[point]
            for edge in touching[point]:
                other = others[edge]
                slack = abs(here - x[other]) - lengths[edge]
                if slack < best and other not in inside:
                    best, found = slack, edge
        return found, best

    def _rejoin(self, top: int, near: int, far: int, edge: int) -> None:
        moved = self.balance[top]
        above = self.parent[top]
        self.children[above].discard(top)
        while above != _NONE:
            self.balance[above] -= moved
            above = self.parent[above]
        # Turn the way from `near` to `top` upside down: `near` is the root of the subtree now.
        point, parent, taken = near, far, 0
        while True:
            old_edge, old_parent, old_balance = (
                self.edge_up[point], self.parent[point], self.balance[point],
            )  # fmt: skip
            if point != top:
                self.children[old_parent].discard(point)
            self.edge_up[point], self.parent[point] = edge, parent
            self.children[parent].add(point)
            self.balance[point] = moved - taken
            if point == top:
                break
            point, parent, edge, taken = old_parent, point, old_edge, old_balance
        while far != _NONE:
            self.balance[far] += moved
            far = self.parent[far]


def _drop(heap: _Heap, ends: list[int], is_joined: list[bool]) -> None:
    """Forget the best edges as long as both their ends are in the tree."""
    while heap and is_joined[ends[heap[0][1]]]:
        heappop(heap)
