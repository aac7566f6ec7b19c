"""Order the items inside their rows so that few lines cross.

Sweeps down and up sort each row by the mean place of its neighbours; then neighbours are swapped
while that helps. A swap is judged by the crossings of the two items alone: to count them all each
time took 80 s for 80 states.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import defaultdict
from typing import TYPE_CHECKING, Final

from executions.graph.rows import Side
from executions.graph.scopes import Kind

if TYPE_CHECKING:
    from executions.graph.rows import Hop, Item, Rows

# Sweeps without a better order before it is left at that, and rounds of swaps after each sweep.
_PATIENCE: Final = 6
_SWAP_ROUNDS: Final = 4
# Crossings are not worth more time than this many items sorted.
_EFFORT: Final = 12_000


# How far beside the middle of a state a Catch leaves or arrives, at least.
_BESIDE: Final = 20


def order(rows: Rows) -> None:
    """Reorder `rows.rows` in place, and give each Catch its side of the states that it touches."""
    _Ordering(rows).run()
    places = {id(item): place for row in rows.rows for place, item in enumerate(row)}
    leaving: dict[int, list[Hop]] = defaultdict(list)
    arriving: dict[int, list[Hop]] = defaultdict(list)
    for hop in rows.hops:
        leaving[id(hop.source)].append(hop)
        arriving[id(hop.target)].append(hop)
    for hop in rows.hops:
        if hop.kind is not Kind.CATCH:
            continue
        here, there = places[id(hop.source)], places[id(hop.target)]
        if hop.source.spot is not None:
            beside = [places[id(one.target)] for one in _normal(leaving[id(hop.source)])]
            hop.leaves_beside = _side(there, [here] if hop.turns else beside)
        if hop.target.spot is not None and _normal(arriving[id(hop.target)], turning=True):
            beside = [places[id(one.source)] for one in _normal(arriving[id(hop.target)])]
            hop.arrives_beside = _side(here, [there] if hop.turns else beside)
    # All that arrive at one state share their way, so they must share the side, too.
    for group in arriving.values():
        side = _BESIDE if sum(hop.arrives_beside for hop in group) >= 0 else -_BESIDE
        for hop in group:
            hop.arrives_beside = side if hop.arrives_beside else 0


def _normal(hops: list[Hop], *, turning: bool = False) -> list[Hop]:
    return [hop for hop in hops if hop.kind is Kind.NORMAL and (turning or not hop.turns)]


def _side(place: int, others: list[int]) -> int:
    return _BESIDE if not others or place > sum(others) / len(others) else -_BESIDE


class _Ordering:
    def __init__(self, rows: Rows) -> None:
        self.target = rows
        self.items: list[Item | None] = []
        self.rows: list[list[int]] = []
        number: dict[int, int] = {}
        for row in rows.rows:
            self.rows.append([])
            for item in row:
                number[id(item)] = len(self.items)
                self.rows[-1].append(len(self.items))
                self.items.append(item)
        self.up: list[list[int]] = [[] for _ in self.items]
        self.down: list[list[int]] = [[] for _ in self.items]
        for hop in rows.hops:
            self._link(hop, number[id(hop.source)], number[id(hop.target)])
        self.place = [0] * len(self.items)
        for one in self.rows:
            self._renumber(one)

    def _link(self, hop: Hop, source: int, target: int) -> None:
        if not hop.turns:
            upper, lower = (
                (source, target) if hop.source.row < hop.target.row else (target, source)
            )
            self.down[upper].append(lower)
            self.up[lower].append(upper)
            return
        # A line that turns around crosses every line between its ends: the same as two lines that
        # meet in a point of the next row, wherever that is.
        below = hop.source_side is Side.BOTTOM
        row = hop.source.row + (1 if below else -1)
        if not 0 <= row < len(self.rows):
            return
        point = len(self.items)
        self.items.append(None)
        self.rows[row].append(point)
        self.up.append([source, target] if below else [])
        self.down.append([] if below else [source, target])
        for one in (source, target):
            (self.down if below else self.up)[one].append(point)

    def run(self) -> None:
        best, kept, tired = self._crossings(), [list(row) for row in self.rows], 0
        sweeps = max(2, _EFFORT // (len(self.items) + 1))
        for sweep in range(sweeps):
            if not best or tired == _PATIENCE:
                break
            self._sweep(downwards=sweep % 2 == 0)
            self._swap()
            found = self._crossings()
            if found < best:
                best, kept, tired = found, [list(row) for row in self.rows], 0
            else:
                tired += 1
        self.target.rows = [
            [item for one in row if (item := self.items[one]) is not None] for row in kept
        ]

    def _renumber(self, row: list[int]) -> None:
        for place, one in enumerate(row):
            self.place[one] = place

    def _sweep(self, *, downwards: bool) -> None:
        near = self.up if downwards else self.down
        place = self.place
        for row in self.rows[1:] if downwards else reversed(self.rows[:-1]):
            means = {}
            for one in row:
                others = near[one]
                mean = sum([place[other] for other in others])
                means[one] = mean / len(others) if others else place[one]
            row.sort(key=means.__getitem__)
            self._renumber(row)

    def _swap(self) -> None:
        place = self.place
        for _ in range(_SWAP_ROUNDS):
            moved = False
            for row in self.rows:
                for left in range(len(row) - 1):
                    first, second = row[left], row[left + 1]
                    if self._pair(first, second) > self._pair(second, first):
                        row[left], row[left + 1] = second, first
                        place[second], place[first] = left, left + 1
                        moved = True
            if not moved:
                return

    def _pair(self, left: int, right: int) -> int:
        """Count the crossings between the lines of two neighbours."""
        count = 0
        place = self.place
        for near in (self.up, self.down):
            if near[left] and near[right]:
                rights = [place[one] for one in near[right]]
                for one in near[left]:
                    here = place[one]
                    for other in rights:
                        if other < here:
                            count += 1
        return count

    def _crossings(self) -> int:
        count = 0
        for row in self.rows[:-1]:
            seen: list[int] = []
            for one in row:
                below = sorted([self.place[other] for other in self.down[one]])
                for other in below:
                    count += len(seen) - bisect_left(seen, other + 1)
                for other in below:
                    insort(seen, other)
        return count
