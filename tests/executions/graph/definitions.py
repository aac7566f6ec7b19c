"""Random ASL definitions, and what must hold of every drawing."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from executions.graph.paper import Box, Graph, Point, Way

if TYPE_CHECKING:
    from collections.abc import Iterator

_LONGEST_NAME = 80
_CONDITIONS = (
    {"Variable": "$.known.Item", "IsPresent": True},
    {"Variable": "$.a", "NumericGreaterThan": 5},
    {"And": [{"Variable": "$.kind", "StringEquals": "x"}, {"Variable": "$.y", "IsNull": True}]},
    {"Condition": "{% $states.input.count > 1 and $exists($states.input.customer.address) %}"},
)


@st.composite
def definitions(draw: st.DrawFn, *, most: int = 9, depth: int = 2, prefix: str = "") -> Any:
    """Draw a machine of up to `most` states, with Maps and Parallels up to `depth` deep."""
    count = draw(st.integers(1, most))
    length = draw(st.sampled_from((0, 0, 0, 12, _LONGEST_NAME)))
    names = [f"{prefix}S{number}".ljust(length, "w") for number in range(count)]
    states = {
        name: _state(draw, names, depth=depth, prefix=f"{prefix}{number}x")
        for number, name in enumerate(names)
    }
    return {"StartAt": draw(st.sampled_from(names)), "States": states}


def _state(draw: st.DrawFn, names: list[str], *, depth: int, prefix: str) -> dict[str, Any]:
    name = st.sampled_from(names)
    kinds = ["Task", "Task", "Pass", "Wait", "Choice", "Choice", "Succeed", "Fail"]
    kind = draw(st.sampled_from([*kinds, *(["Map", "Parallel"] if depth else [])]))
    state: dict[str, Any] = {"Type": kind}
    if kind in ("Succeed", "Fail"):
        return state
    if kind == "Choice":
        targets = draw(st.lists(name, min_size=1, max_size=5))
        rules = st.sampled_from(_CONDITIONS)
        state["Choices"] = [{**draw(rules), "Next": target} for target in targets]
        if draw(st.booleans()):
            state["Default"] = draw(name)
        return state
    if draw(st.integers(0, 3)):
        state["Next"] = draw(name)
    else:
        state["End"] = True
    if kind in ("Task", "Map", "Parallel"):
        state["Catch"] = [
            {"ErrorEquals": [error], "Next": target}
            for error, target in draw(
                st.lists(
                    st.tuples(st.sampled_from(("States.ALL", "A.BException")), name), max_size=2
                )
            )
        ]
    inner = definitions(most=4, depth=depth - 1, prefix=prefix)
    if kind == "Map":
        state["ItemProcessor"] = draw(inner)
    if kind == "Parallel":
        state["Branches"] = [
            draw(definitions(most=3, depth=depth - 1, prefix=f"{prefix}{number}y"))
            for number in range(draw(st.integers(1, 3)))
        ]
    return state


def pieces(points: tuple[Point, ...]) -> Iterator[Box]:
    """Yield the straight pieces of a line as boxes without a width or a height."""
    for (x1, y1), (x2, y2) in itertools.pairwise(points):
        yield Box(min(x1, x2), min(y1, y2), abs(x1 - x2), abs(y1 - y2))


def overlap(one: Box, other: Box, *, by: float = 0) -> bool:
    """Whether two boxes have more than `by` pixels in common, both ways."""
    return (
        one.x + by < other.right
        and other.x + by < one.right
        and one.y + by < other.bottom
        and other.y + by < one.bottom
    )


def contains(outer: Box, inner: Box) -> bool:
    """Whether a box lies in another one."""
    return (
        outer.x <= inner.x
        and outer.y <= inner.y
        and outer.right >= inner.right
        and outer.bottom >= inner.bottom
    )


def target_box(graph: Graph, way: Way) -> Box:
    """Return the box of the state or end that an edge leads to."""
    if way.target is None:
        path = (*way.scope, way.source or "")
        return next(one.box for one in graph.terminals if (one.kind, one.path) == ("end", path))
    return next(node.box for node in graph.nodes if node.state.path == (*way.scope, way.target))


def source_box(graph: Graph, way: Way) -> Box:
    """Return the box of the state or start that an edge leads away from."""
    if way.source is None:
        boxes = [
            one.box for one in graph.terminals if (one.kind, one.path) == ("start", way.scope)
        ]
        return min(boxes, key=lambda box: abs(box.middle - way.points[0][0]))
    return next(node.box for node in graph.nodes if node.state.path == (*way.scope, way.source))
