"""Write a laid-out graph as SVG: classes only, for the policy forbids styles in markup.

What depends on the definition alone is written once (`Sheet`); an execution adds classes, links,
counts and words. Looks are in static/css/graph.css.
"""

from __future__ import annotations

from collections import Counter
from html import escape
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

from executions.graph import markup, states
from executions.graph.layout import lay_out
from executions.graph.paper import LABEL_LINE, Label, Point, Terminal, Way
from executions.graph.scopes import Kind, Path, Scope, read, states_of
from executions.graph.states import StateMarkup, Status

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

Passage = tuple[Path, str | None, str | None, Kind]
"""An edge that was taken: the path of the state around it, the name it leaves (None: the start), the
name it reaches (None: the end), and its kind."""

MOST_STATES, MOST_EDGES = 300, 600
"""Drawn up to here: 300 states whose edges lead anywhere take a second."""
_LABEL_BASELINE: Final = 12.5
_LABEL_RADIUS: Final = 4


class TooLarge(Exception):
    """The definition has more states or edges than anybody could read in one drawing."""


class Sheet:
    """A definition laid out, with all written that executions share.

    It never changes, so it may be kept and shared.

    Attributes:
        scope: The definition as it was read.
        graph: Where everything is.
    """

    def __init__(self, definition: Mapping[str, Any]) -> None:
        """Read a definition and lay it out.

        Raises:
            ValueError: It has no states.
            TooLarge: It would take seconds, and show nothing.
        """
        try:
            self.scope = read(definition)
            _check_size(self.scope)
            self.graph = lay_out(self.scope)
        except RecursionError as exc:  # some 200 Maps in each other
            raise TooLarge from exc
        self._states = [StateMarkup(node) for node in self.graph.nodes]
        self._ways = [_WayMarkup(way) for way in self.graph.ways]
        self._tips = _tips(self.graph.ways)
        self._frames = "".join(
            markup.rectangle(frame.box, "graph-frame", 7) for frame in self.graph.frames
        )
        self._definitions = markup.definitions({one.picture for one in self._states})

    def draw(
        self, statuses: Mapping[Path, Status], taken: Collection[Passage], *, name: str
    ) -> str:
        """Write the SVG.

        Args:
            statuses: By path of the state; a state that is missing was not reached.
            taken: Edges to emphasise.
            name: What this is the graph of, for its title.
        """
        went = [_passage(way) in taken for way in self.graph.ways]
        taken_ways = [way for way, is_taken in zip(self._ways, went, strict=True) if is_taken]
        said = [
            self._opening(name, statuses),
            self._definitions,
            *(one.draw_box(statuses.get(one.path)) for one in self._states if one.is_container),
            self._frames,
            '<g aria-hidden="true">',
            *(way.line for way, is_taken in zip(self._ways, went, strict=True) if not is_taken),
            # On top of the others, which must not show through nor seem to join where they only cross.
            *(way.casing for way in taken_ways),
            *(way.taken for way in taken_ways),
            *self._draw_tips(went),
            *(
                _terminal(one, is_taken=self._was_passed(one, taken))
                for one in self.graph.terminals
            ),
            *(
                way.label(is_taken=is_taken)
                for way, is_taken in zip(self._ways, went, strict=True)
            ),
            "</g>",
            *(one.draw(statuses.get(one.path)) for one in self._states),
            "</svg>",
        ]
        return "".join(said)

    def _opening(self, name: str, statuses: Mapping[Path, Status]) -> str:
        width, height = markup.number(self.graph.width), markup.number(self.graph.height)
        return (
            f'<svg class="graph" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
            f' role="group" aria-labelledby="graph-title graph-summary">'
            f'<title id="graph-title">State graph of {escape(name)}</title>'
            f'<desc id="graph-summary">{escape(self._summary(statuses))}</desc>'
        )

    def _summary(self, statuses: Mapping[Path, Status]) -> str:
        counts = Counter(
            states.word(statuses[one.path].code) for one in self._states if one.path in statuses
        )
        parts = [f"{len(self._states)} states"]
        parts.extend(f"{count} {said}" for said, count in counts.most_common())
        if rest := len(self._states) - counts.total():
            parts.append(f"{rest} not reached")
        return ", ".join(parts)

    def _draw_tips(self, went: list[bool]) -> list[str]:
        drawn = [
            (any(went[place] for place in places), path, css) for (path, css), places in self._tips
        ]
        # Those taken come last, on top.
        drawn.sort(key=itemgetter(0))
        return [
            f'<path class="graph-tip{css}{" is-taken" if is_taken else ""}" d="{path}"/>'
            for is_taken, path, css in drawn
        ]

    @staticmethod
    def _was_passed(terminal: Terminal, taken: Collection[Passage]) -> bool:
        path = terminal.path
        if terminal.kind == "end":
            return (path[:-1], path[-1], None, Kind.NORMAL) in taken
        return any(step[0] == path and step[1] is None for step in taken)


def _check_size(scope: Scope) -> None:
    states = list(states_of(scope))
    scopes = [scope, *(inner for state in states for inner in state.scopes)]
    if len(states) > MOST_STATES or sum(len(one.edges) for one in scopes) > MOST_EDGES:
        raise TooLarge


class _WayMarkup:
    """The line of an edge and its label."""

    def __init__(self, way: Way) -> None:
        css = "graph-way is-catch" if way.kind is Kind.CATCH else "graph-way"
        inside = " is-inside" if way.scope else ""
        # A part of a line ends on another line, not in a tip.
        own = markup.line(way.own_points, has_tip=way.own_points[-1] == way.points[-1])
        whole = markup.line(way.points, has_tip=True)
        self.line = f'<path class="{css}" d="{own}"/>'
        self.casing = f'<path class="graph-casing{inside}" d="{whole}"/>'
        self.taken = f'<path class="{css} is-taken" d="{whole}"/>'
        self._label = _label(way.label) if way.label else ""
        self._css = f"graph-label{css[9:]}{inside}"

    def label(self, *, is_taken: bool) -> str:
        if not self._label:
            return ""
        return f'<g class="{self._css}{" is-taken" if is_taken else ""}">{self._label}</g>'


def _label(label: Label) -> str:
    lines = "".join(
        f'<tspan x="{markup.number(label.box.middle)}" '
        f'y="{markup.number(label.box.y + place * LABEL_LINE + _LABEL_BASELINE)}">'
        f"{escape(line)}</tspan>"
        for place, line in enumerate(label.lines)
    )
    return (
        f"<title>{escape(label.full)}</title>"
        f"{markup.rectangle(label.box, 'graph-paper', _LABEL_RADIUS)}<text>{lines}</text>"
    )


def _passage(way: Way) -> Passage:
    return way.scope, way.source, way.target, way.kind


def _tips(ways: tuple[Way, ...]) -> list[tuple[tuple[str, str], list[int]]]:
    """Return each tip, as path and class, with the places of the edges that end in it."""
    found: dict[tuple[Point, Kind], list[int]] = {}
    for place, way in enumerate(ways):
        found.setdefault((way.points[-1], way.kind), []).append(place)
    return [
        ((markup.tip(point), " is-catch" if kind is Kind.CATCH else ""), places)
        for (point, kind), places in found.items()
    ]


def _terminal(terminal: Terminal, *, is_taken: bool) -> str:
    box = terminal.box
    is_inside = len(terminal.path) > (terminal.kind == "end")
    css = f"graph-{terminal.kind}"
    css += (" is-inside" if is_inside else "") + (" is-taken" if is_taken else "")
    middle = f'cx="{markup.number(box.middle)}" cy="{markup.number(box.y + box.height / 2)}"'
    if terminal.kind == "start":
        return f'<circle class="{css}" {middle} r="{markup.number(box.width / 2)}"/>'
    return (
        f'<g class="{css}"><circle class="graph-end-ring" {middle} r="{markup.number(box.width / 2 - 1)}"/>'
        f'<circle class="graph-end-dot" {middle} r="{markup.number(box.width / 2 - 4)}"/></g>'
    )
