"""The horizontal parts of lines, on tracks between the rows, and with them every height.

Lines that leave one place, or arrive at one, share a track. Which track lies above which decides what
crosses: pairs are compared, and a line is never laid over a part of another one.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from executions.graph.rows import Side

if TYPE_CHECKING:
    from collections.abc import Iterable

    from executions.graph.rows import Hop, Item, Rows

TRACK: Final = 10
# From an item to the nearest track, and from the last track to what the line leads to: a state's
# needs room for the bend and the arrow's tip.
_LEAVE_STATE, _LEAVE_LABEL, _REACH_STATE, _REACH_LABEL = 12, 9, 19, 10
# A gap without tracks.
_STATE_STATE, _STATE_LABEL, _LABEL_STATE = 26, 13, 21
# Lines keep this far from the corners of a state.
_CORNER: Final = 12
# Rows up to this height hold simple states: they look best on one line through their middles.
_SIMPLE_ROW: Final = 60
# Verticals nearer than this would look like one.
_NEAR: Final = 4
# Worse than any number of crossings.
_OVERLAP: Final = 1_000


@dataclass(slots=True, eq=False)
class _Net:
    """Lines with one horizontal part."""

    hops: list[Hop] = field(default_factory=list)
    left: float = 0
    right: float = 0
    # Where verticals come in from the row above and leave to the row below.
    uppers: set[float] = field(default_factory=set)
    lowers: set[float] = field(default_factory=set)
    track: int = 0

    def overlaps(self, other: _Net) -> bool:
        return self.left <= other.right + TRACK and other.left <= self.right + TRACK

    def cost_above(self, other: _Net) -> int:
        """Count what crosses when this one runs above the other."""
        cost = 0
        for x in other.uppers:
            if any(abs(x - mine) < _NEAR for mine in self.lowers):
                cost += _OVERLAP
            elif self.left < x < self.right and x not in self.uppers:
                cost += 1
        for x in self.lowers:
            if other.left < x < other.right and x not in other.lowers:
                cost += 1
        return cost


def route(rows: Rows) -> float:
    """Set every `y`, every hop's ends and tracks; return the height of it all."""
    _set_ports(rows.hops)
    gaps: dict[int, list[Hop]] = defaultdict(list)
    for hop in rows.hops:
        gaps[hop.gap].append(hop)
    top = 0.0
    for number, row in enumerate(rows.rows):
        height = max(item.height for item in row)
        for item in row:
            _set_height(item, top, height)
        bottom = top + height
        below = rows.rows[number + 1] if number + 1 < len(rows.rows) else None
        nets = _nets(gaps[number])
        top = bottom + _gap_height(row, below, nets)
        first = bottom + (_LEAVE_LABEL if _has_labels(row) else _LEAVE_STATE)
        for net in nets:
            for hop in net.hops:
                hop.track = first + net.track * TRACK
    return top


def _set_height(item: Item, top: float, height: int) -> None:
    item.y, item.row_top, item.row_bottom = top, top, top + height
    if item.is_line:
        item.height = height
    elif item.label_of is not None or (_is_state(item) and height <= _SIMPLE_ROW):
        item.y += (height - item.height) / 2


def _is_state(item: Item) -> bool:
    return item.spot is not None and item.spot[0] == "state"


def _set_ports(hops: Iterable[Hop]) -> None:
    """Choose where lines touch: in the middle, or beside it where that makes them straight."""
    leaving: dict[tuple[int, int], list[Hop]] = defaultdict(list)
    arriving: dict[tuple[int, int], list[Hop]] = defaultdict(list)
    for hop in hops:
        hop.source_x, hop.target_x = hop.source.x, hop.target.x
        if hop.leaves_beside:
            leaving[id(hop.source), hop.leaves_beside].append(hop)
        if hop.arrives_beside:
            arriving[id(hop.target), hop.arrives_beside].append(hop)
    for (_, beside), group in leaving.items():
        x = _port(group[0].source, beside, [hop.target.x for hop in group])
        for hop in group:
            hop.source_x = x
    for (_, beside), group in arriving.items():
        x = _port(group[0].target, beside, [hop.source_x for hop in group])
        for hop in group:
            hop.target_x = x


def _port(item: Item, beside: int, others: list[float]) -> float:
    """Choose the place on an item's border that is nearest to what it is joined with."""
    corner = item.x + (item.width / 2 - _CORNER if beside > 0 else _CORNER - item.width / 2)
    near, far = sorted((item.x + beside, corner))
    nearest = min(others, key=lambda x: abs(x - item.x))
    return min(max(nearest, near), far)


def _nets(hops: list[Hop]) -> list[_Net]:
    """Join the lines of one gap into nets and give each net its track, from 0 at the top."""
    bent = [hop for hop in hops if hop.turns or hop.source_x != hop.target_x]
    outs = Counter((id(hop.source), hop.source_x) for hop in bent)
    found: dict[tuple[bool, int, float], _Net] = defaultdict(_Net)
    for hop in bent:
        by_source = outs[id(hop.source), hop.source_x] > 1
        end, x = (hop.source, hop.source_x) if by_source else (hop.target, hop.target_x)
        found[by_source, id(end), x].hops.append(hop)
    nets = list(found.values())
    for net in nets:
        for hop in net.hops:
            (net.uppers if hop.source_side is Side.BOTTOM else net.lowers).add(hop.source_x)
            (net.lowers if hop.target_side is Side.TOP else net.uppers).add(hop.target_x)
        everywhere = net.uppers | net.lowers
        net.left, net.right = min(everywhere), max(everywhere)
    ordered = _ordered(nets)
    for place, net in enumerate(ordered):
        above = (one.track + 1 for one in ordered[:place] if one.overlaps(net))
        net.track = max(above, default=0)
    return nets


def _ordered(nets: list[_Net]) -> list[_Net]:
    """Order nets from top to bottom, each put in where it costs least; then once more."""
    ordered: list[_Net] = []
    for net in sorted(nets, key=lambda one: (one.left - one.right, one.left)):
        ordered.insert(_best_place(net, ordered), net)
    for net in nets:
        ordered.remove(net)
        ordered.insert(_best_place(net, ordered), net)
    return ordered


def _best_place(net: _Net, ordered: list[_Net]) -> int:
    cost = sum(net.cost_above(one) for one in ordered if net.overlaps(one))
    best, found = cost, 0
    for place, one in enumerate(ordered, start=1):
        if net.overlaps(one):
            cost += one.cost_above(net) - net.cost_above(one)
        if cost < best:
            best, found = cost, place
    return found


def _gap_height(row: list[Item], below: list[Item] | None, nets: list[_Net]) -> float:
    tracks = 1 + max((net.track for net in nets), default=-1)
    leave = _LEAVE_LABEL if _has_labels(row) else _LEAVE_STATE
    if below is None:
        return leave + (tracks - 1) * TRACK if tracks else 0
    to_label = _has_labels(below)
    least = _STATE_LABEL if to_label else _LABEL_STATE if _has_labels(row) else _STATE_STATE
    if not tracks:
        return least
    return max(least, leave + (tracks - 1) * TRACK + (_REACH_LABEL if to_label else _REACH_STATE))


def _has_labels(row: list[Item]) -> bool:
    """Whether it is a row of labels alone; a label of a loop stands beside its state."""
    return all(item.spot is None for item in row)
