"""Lay a definition out: each scope alone, inner ones first, then each as a box in the one around."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain
from math import ceil
from typing import TYPE_CHECKING, Final

from executions.graph import columns, lines, metrics, ordering, ranks, tracks
from executions.graph.paper import (
    EDGE_SPACE,
    GLYPH_SPACE,
    LABEL_LINE,
    LABEL_PADDING,
    LABEL_SIZE,
    MARK_SPACE,
    NAME_SIZE,
    NOTE_SIZE,
    STATE_HEIGHT,
    Box,
    Frame,
    Graph,
    Label,
    Node,
    Terminal,
    Way,
)
from executions.graph.rows import RowBuilder

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from executions.graph.ranks import Spot
    from executions.graph.rows import Item, Rows, Size
    from executions.graph.scopes import Path, Scope, State

MARGIN: Final = 14
"""Around the whole drawing."""
_LEAST_WIDTH, _WIDTH_STEP = 144, 16
_NAME_WIDTH, _NOTE_WIDTH = 216, 190
# Behind the note: "12 tries", or the counts of a Map's iterations.
_REPEAT_SPACE, _COUNTS_SPACE = 54, 130
_INSETS: Final = {"Choice": 9, "Succeed": 7, "Fail": 7}
_LABEL_WIDTH, _LINES_A_RULE, _LINES = 168, 2, 3
_START_SIZE, _END_SIZE = 12, 14
# Around a scope in its box, around a branch in its frame, and between frames.
_PADDING, _FRAME_PADDING, _FRAME_GAP = 18, 14, 10


def lay_out(scope: Scope) -> Graph:
    """Lay a machine out, with a margin around it."""
    graph = _lay_out(scope, ())
    return replace(
        graph.moved(MARGIN, MARGIN),
        width=graph.width + 2 * MARGIN,
        height=graph.height + 2 * MARGIN,
    )


@dataclass(frozen=True, slots=True)
class _Container:
    """A Map's or Parallel's scopes, laid out, with their places in its box."""

    size: Size
    parts: tuple[tuple[Graph, Box], ...]
    is_framed: bool


def _lay_out(scope: Scope, path: Path) -> Graph:
    containers = {name: _contain(one) for name, one in scope.states.items() if one.scopes}
    labels = {place: _broken(edge.labels) for place, edge in enumerate(scope.edges) if edge.labels}
    main = ranks.main_ways(scope)
    spots = ranks.rank(scope, main)
    rows = RowBuilder(
        scope,
        spots,
        main=main,
        sizes={spot: _size(spot, scope, containers) for spot in spots},
        label_sizes={place: _label_size(broken) for place, broken in labels.items()},
    ).build()
    ordering.order(rows)
    columns.place(rows)
    height = tracks.route(rows)
    items = [item for row in rows.rows for item in row]
    graph = Graph(
        width=max(item.x + item.width / 2 for item in items),
        height=height,
        nodes=(),
        frames=(),
        terminals=tuple(_terminals(items, path)),
        ways=tuple(_ways(scope, path, rows, main, labels)),
    )
    return _with_nodes(graph, scope, containers, items)


def _with_nodes(
    graph: Graph, scope: Scope, containers: Mapping[str, _Container], items: list[Item]
) -> Graph:
    """Add the states, and behind each what it contains, in order of reading."""
    parts = [graph]
    for item in items:
        if item.spot is None or item.spot[0] != "state":
            continue
        state = scope.states[item.spot[1]]
        box = _box(item)
        parts.append(_alone(_node(state, box)))
        if container := containers.get(state.name):
            for inner, place in container.parts:
                frame = place.moved(box.x, box.y)
                if container.is_framed:
                    parts.append(replace(_EMPTY, frames=(Frame(state.path, frame),)))
                padding = _FRAME_PADDING if container.is_framed else 0
                dx = frame.x + (frame.width - inner.width) / 2
                parts.append(inner.moved(dx, frame.y + padding))
    return replace(
        graph,
        nodes=tuple(chain.from_iterable(part.nodes for part in parts)),
        frames=tuple(chain.from_iterable(part.frames for part in parts)),
        terminals=tuple(chain.from_iterable(part.terminals for part in parts)),
        ways=tuple(chain.from_iterable(part.ways for part in parts)),
    )


_EMPTY: Final = Graph(0, 0, (), (), (), ())


def _alone(node: Node) -> Graph:
    return replace(_EMPTY, nodes=(node,))


def _contain(state: State) -> _Container:
    """Lay out what a Map or Parallel contains, side by side below its head."""
    is_framed = state.type == "Parallel"
    padding = _FRAME_PADDING if is_framed else 0
    graphs = [_lay_out(inner, state.path) for inner in state.scopes]
    widths = [_even(graph.width) + 2 * padding for graph in graphs]
    height = _even(max(graph.height for graph in graphs)) + 2 * padding
    inside = sum(widths) + _FRAME_GAP * (len(widths) - 1)
    least = _leaf_width(state) + _COUNTS_SPACE
    width = max(inside + 2 * _PADDING, least)
    parts = []
    x = (width - inside) / 2
    for graph, part_width in zip(graphs, widths, strict=True):
        parts.append((graph, Box(x, STATE_HEIGHT, part_width, height)))
        x += part_width + _FRAME_GAP
    return _Container((width, STATE_HEIGHT + height + _PADDING), tuple(parts), is_framed)


def _size(spot: Spot, scope: Scope, containers: Mapping[str, _Container]) -> Size:
    kind, name = spot
    if kind == "start":
        return _START_SIZE, _START_SIZE
    if kind == "end":
        return _END_SIZE, _END_SIZE
    if name in containers:
        return containers[name].size
    return _leaf_width(scope.states[name]), STATE_HEIGHT


def _leaf_width(state: State) -> int:
    name = min(metrics.text_width(state.name, NAME_SIZE), _NAME_WIDTH) + MARK_SPACE
    note = min(metrics.text_width(state.note, NOTE_SIZE), _NOTE_WIDTH) + EDGE_SPACE
    if state.may_repeat:
        note += _REPEAT_SPACE
    inset = 2 * _INSETS.get(state.type, 0)
    width = GLYPH_SPACE + max(name, note) + inset
    # Widths that are nearly equal look better equal.
    return max(_LEAST_WIDTH, ceil(width / _WIDTH_STEP) * _WIDTH_STEP)


def _node(state: State, box: Box) -> Node:
    inset = 0 if state.scopes else _INSETS.get(state.type, 0)
    room = box.width - GLYPH_SPACE - 2 * inset
    taken = EDGE_SPACE
    if state.scopes:
        taken += _COUNTS_SPACE
    elif state.may_repeat:
        taken += _REPEAT_SPACE
    return Node(
        state,
        box,
        metrics.shorten(state.name, NAME_SIZE, room - MARK_SPACE),
        metrics.shorten(state.note, NOTE_SIZE, room - taken),
        inset,
    )


def _terminals(items: list[Item], path: Path) -> list[Terminal]:
    found = []
    for item in items:
        if item.spot is not None and item.spot[0] == "start":
            found.append(Terminal("start", path, _box(item)))
        elif item.spot is not None and item.spot[0] == "end":
            found.append(Terminal("end", (*path, item.spot[1]), _box(item)))
    return found


def _ways(
    scope: Scope,
    path: Path,
    rows: Rows,
    main: Collection[int],
    labels: Mapping[int, tuple[str, ...]],
) -> list[Way]:
    boxes = {
        item.label_of: _box(item) for row in rows.rows for item in row if item.label_of is not None
    }
    drawn = lines.draw_lines(rows, main)
    return [
        Way(
            path,
            edge.source,
            edge.target,
            edge.kind,
            points,
            own_points,
            Label(labels[place], " or ".join(edge.labels), boxes[place])
            if place in labels
            else None,
        )
        for place, (edge, (points, own_points)) in enumerate(zip(scope.edges, drawn, strict=True))
    ]


def _broken(said: tuple[str, ...]) -> tuple[str, ...]:
    """Break the labels of an edge into lines; of many rules, the first ones are shown."""
    broken: list[str] = []
    for place, one in enumerate(said):
        text = f"or {one}" if place else one
        more = metrics.wrap(text, LABEL_SIZE, _LABEL_WIDTH, _LINES_A_RULE)
        if place and len(broken) + len(more) > _LINES:
            broken.append(f"or {len(said) - place} more")
            break
        broken.extend(more)
    return tuple(broken)


def _label_size(broken: tuple[str, ...]) -> Size:
    width = max(metrics.text_width(line, LABEL_SIZE) for line in broken) + 2 * LABEL_PADDING
    return _even(width), len(broken) * LABEL_LINE + 4


def _box(item: Item) -> Box:
    return Box(item.x - item.width / 2, item.y, item.width, item.height)


def _even(size: float) -> int:
    return 2 * ceil(size / 2)
