"""What holds of every drawing, whatever the definition."""

from itertools import combinations

from hypothesis import HealthCheck, given, settings

from executions.graph.layout import lay_out
from executions.graph.paper import BEND
from executions.graph.scopes import read, states_of
from tests.executions.graph.definitions import (
    contains,
    definitions,
    overlap,
    pieces,
    source_box,
    target_box,
)

every_drawing = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


@every_drawing
@given(definitions())
def test_every_state_is_drawn_once_and_inside(definition):
    scope = read(definition)

    graph = lay_out(scope)

    assert sorted(node.state.path for node in graph.nodes) == sorted(
        state.path for state in states_of(scope)
    )
    for box in (
        one.box for group in (graph.nodes, graph.terminals, graph.frames) for one in group
    ):
        assert 0 < box.x < box.right < graph.width
        assert 0 < box.y < box.bottom < graph.height


@every_drawing
@given(definitions())
def test_boxes_overlap_only_what_they_contain(definition):
    graph = lay_out(read(definition))

    things = [(node.state.path, node.box) for node in graph.nodes]
    for number, one in enumerate(graph.terminals):
        around = one.path[:-1] if one.kind == "end" else one.path
        things.append(((*around, f"terminal {number}"), one.box))
    for number, way in enumerate(graph.ways):
        if way.label is not None:
            things.append(((*way.scope, f"label {number}"), way.label.box))
    for (path, box), (other_path, other_box) in combinations(things, 2):
        if path == other_path[: len(path)]:
            assert contains(box, other_box)
        elif other_path == path[: len(other_path)]:
            assert contains(other_box, box)
        else:
            assert not overlap(box, other_box)


@every_drawing
@given(definitions())
def test_lines_lead_from_border_to_border_in_straight_pieces(definition):
    graph = lay_out(read(definition))

    for way in graph.ways:
        source, target = source_box(graph, way), target_box(graph, way)
        (x1, y1), (x2, y2) = way.points[0], way.points[-1]
        assert y1 == source.bottom
        assert source.x < x1 < source.right
        assert y2 == target.y
        assert target.x < x2 < target.right
        assert all(not piece.width or not piece.height for piece in pieces(way.points))
        for x, y in way.points:
            assert 0 < x < graph.width
            assert 0 < y < graph.height


@every_drawing
@given(definitions())
def test_lines_pass_beside_states_and_labels_of_others(definition):
    graph = lay_out(read(definition))

    for way in graph.ways:
        for piece in pieces(way.points):
            for node in graph.nodes:
                if node.state.path != way.scope[: len(node.state.path)]:
                    assert not overlap(piece, node.box)
            for one in graph.terminals:
                assert not overlap(piece, one.box)
            for other in graph.ways:
                if other is not way and other.label is not None:
                    assert not overlap(piece, other.label.box)


@every_drawing
@given(definitions())
def test_lines_lie_on_each_other_only_where_they_leave_or_reach_one_place(definition):
    graph = lay_out(read(definition))

    for way, other in combinations(graph.ways, 2):
        if way.scope != other.scope or (
            way.kind == other.kind and (way.source == other.source or way.target == other.target)
        ):
            continue
        for piece in pieces(way.points):
            for other_piece in pieces(other.points):
                assert not _run_together(piece, other_piece)


@every_drawing
@given(definitions())
def test_what_a_line_leaves_out_is_drawn_by_another(definition):
    graph = lay_out(read(definition))

    drawn = [
        (way.scope, way.target, way.kind, tuple(pieces(way.own_points))) for way in graph.ways
    ]
    for way in graph.ways:
        near = [
            piece
            for scope, target, kind, own in drawn
            if (scope, target, kind) == (way.scope, way.target, way.kind)
            for piece in own
        ]
        for x, y in _samples(way):
            assert any(
                piece.x - BEND <= x <= piece.right + BEND
                and piece.y - BEND <= y <= piece.bottom + BEND
                for piece in near
            )


def _run_together(one, other):
    """Whether two pieces have more than a point in common."""
    across = min(one.right, other.right) - max(one.x, other.x)
    down = min(one.bottom, other.bottom) - max(one.y, other.y)
    return across >= 0 and down >= 0 and max(across, down) > 0


def _samples(way):
    for piece in pieces(way.points):
        for share in (0, 0.25, 0.5, 0.75, 1):
            yield piece.x + share * piece.width, piece.y + share * piece.height
