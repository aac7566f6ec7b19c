"""The markup of one state: its shape, its kind, its name, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Final

from executions.graph import markup, metrics
from executions.graph.paper import EDGE_SPACE, GLYPH_SPACE, NOTE_SIZE, STATE_HEIGHT, Box, Node
from executions.graph.symbols import kind_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from executions.graph.scopes import Path

_WORDS: Final = {
    "running": "running",
    "succeeded": "succeeded",
    "caught": "failed and caught",
    "failed": "failed",
    "timed_out": "timed out",
    "aborted": "aborted",
}
URGENCY: Final = ("failed", "timed_out", "running", "aborted", "caught", "succeeded")
"""Statuses, from what a person looks for first."""
_MARK, _COUNT_MARK, _RETRY_MARK = 16, 11, 12
_MARK_RIGHT, _MARK_TOP = 8, 7
_COUNT_GAP, _COUNTS_IN_STATE, _COUNTS_IN_CONTAINER = 7, 2, 4
_TILE, _GLYPH, _TILE_LEFT = 26, 16, 9
_NAME_LINE, _NOTE_LINE = 19, 34
_RADIUS, _CONTAINER_RADIUS, _TILE_RADIUS = 7, 10, 6
# How far a Map's second sheet of paper looks out from under it.
_SHEET: Final = 4


@dataclass(frozen=True, slots=True)
class Status:
    """What became of a state.

    Attributes:
        code: One of `ghkit.history.StepStatus`.
        tries: How often its latest visit was tried.
        visits: How often it was entered: in a loop, or by the iterations of a Map around it.
        counts: For a Map, its iterations by status; inside a Map, the state's visits by status.
        href: Where the page tells more.
    """

    code: str
    tries: int = 1
    visits: int = 1
    counts: tuple[tuple[str, int], ...] = ()
    href: str = ""


def word(code: str) -> str:
    """Name a status for a sentence."""
    return _WORDS.get(code, "unknown")


class StateMarkup:
    """A state with all written that executions share."""

    def __init__(self, node: Node) -> None:
        self.state = node.state
        self.path: Path = node.state.path
        self.is_container = bool(node.state.scopes)
        self.picture = kind_of(node.state.type, node.state.service)
        self._box = node.box
        self._right = node.box.right - node.inset
        self._css = f"graph-state is-{_slug(node.state.type)}" + (
            "" if node.state.is_reachable else " is-unreachable"
        )
        self._inside = _inside(node, self.picture)
        self._cover = _shape(node, "graph-cover")
        self._retry = self._retry_mark() if node.state.retries else ""
        self._about = _about(node)

    def draw_box(self, status: Status | None) -> str:
        """Write the box of a Map or Parallel, to be drawn below what it contains."""
        css = f"graph-container is-{_slug(self.state.type)} {_css(status)}"
        sheet = (
            markup.rectangle(self._box.moved(_SHEET, _SHEET), "graph-sheet", _CONTAINER_RADIUS)
            if self.state.type == "Map"
            else ""
        )
        box = markup.rectangle(self._box, "graph-box", _CONTAINER_RADIUS)
        return f'<g class="{css}">{sheet}{box}</g>'

    def draw(self, status: Status | None) -> str:
        """Write the state; of a Map or Parallel, its head."""
        said = self._said(status)
        words = f"<title>{escape(said + self._about)}</title>"
        inside = f"{self._inside}{self._outcome(status)}"
        css = f"{self._css} {_css(status)}"
        if status and status.href:
            # The link lies over what is seen: its name would have to repeat, word for word, any text
            # within it.
            return (
                f'<g class="{css}"><g aria-hidden="true">{inside}</g>'
                f'<a class="graph-link" href="{escape(status.href)}" aria-label="{escape(said)}">'
                f"{words}{self._cover}</a></g>"
            )
        return f'<g class="{css}" role="img" aria-label="{escape(said)}">{words}{inside}</g>'

    def _said(self, status: Status | None) -> str:
        parts = [self.state.name, self.state.type]
        if status is None:
            parts.append("not reached" if self.state.is_reachable else "cannot be reached")
            return ", ".join(parts)
        parts.append(word(status.code))
        if status.tries > 1:
            parts.append(f"{status.tries:,} tries")
        if status.visits > 1 and not status.counts:
            parts.append(f"{status.visits:,} visits")
        if status.counts:
            noun = "iterations" if self.state.type == "Map" else "visits"
            counts = " and ".join(f"{count:,} {word(code)}" for code, count in status.counts)
            parts.append(f"{noun}: {counts}")
        return ", ".join(parts)

    def _outcome(self, status: Status | None) -> str:
        if status is None:
            return self._retry
        code = status.code if status.code in _WORDS else "running"
        x = self._right - _MARK_RIGHT - _MARK
        mark = markup.symbol(code, "graph-mark", x, self._box.y + _MARK_TOP, _MARK)
        if status.counts:
            return mark + self._counts(status.counts)
        if status.tries > 1:
            return mark + self._repeats(f"{_short(status.tries)} tries")
        if status.visits > 1:
            return mark + self._repeats(f"{_short(status.visits)} visits")
        return mark + self._retry

    def _repeats(self, said: str) -> str:
        x, y = self._right - EDGE_SPACE, self._box.y + _NOTE_LINE
        return f'<text class="graph-repeats" x="{markup.number(x)}" y="{markup.number(y)}">{said}</text>'

    def _counts(self, counts: Sequence[tuple[str, int]]) -> str:
        limit = _COUNTS_IN_CONTAINER if self.is_container else _COUNTS_IN_STATE
        known = sorted(
            ((code, count) for code, count in counts if code in _WORDS),
            key=lambda one: URGENCY.index(one[0]),
        )[:limit]
        x, y = self._right - EDGE_SPACE, self._box.y + _NOTE_LINE
        said = []
        for code, count in reversed(known):
            text = _short(count)
            said.append(
                f'<text class="graph-count" x="{markup.number(x)}" y="{markup.number(y)}">'
                f"{text}</text>"
            )
            # Digits are set equally wide.
            x -= metrics.text_width("0" * len(text), NOTE_SIZE) + _COUNT_MARK + 2
            css = f"graph-mark is-{code}"
            said.append(markup.symbol(code, css, x, y - _COUNT_MARK + 1.5, _COUNT_MARK))
            x -= _COUNT_GAP
        return "".join(said)

    def _retry_mark(self) -> str:
        x = self._right - EDGE_SPACE - _RETRY_MARK
        y = self._box.y + _NOTE_LINE - _RETRY_MARK + 2
        return markup.symbol("retry", "graph-retry", x, y, _RETRY_MARK)


def _inside(node: Node, picture: str) -> str:
    box, left = node.box, node.box.x + node.inset
    tile = Box(left + _TILE_LEFT, box.y + (STATE_HEIGHT - _TILE) / 2, _TILE, _TILE)
    shift = (_TILE - _GLYPH) / 2
    text_x = markup.number(left + GLYPH_SPACE)
    # The box of a Map or Parallel was drawn below all that is in it.
    return (
        ("" if node.state.scopes else _shape(node, "graph-box"))
        + (markup.rectangle(tile, "graph-tile", _TILE_RADIUS) if node.state.type == "Task" else "")
        + markup.symbol(
            picture, f"graph-glyph of-{picture.lower()}", tile.x + shift, tile.y + shift, _GLYPH
        )
        + f'<text class="graph-name" x="{text_x}" y="{markup.number(box.y + _NAME_LINE)}">'
        f"{escape(node.name)}</text>"
        f'<text class="graph-note" x="{text_x}" y="{markup.number(box.y + _NOTE_LINE)}">'
        f"{escape(node.note)}</text>"
    )


def _shape(node: Node, css: str) -> str:
    if node.state.scopes:
        head = Box(node.box.x, node.box.y, node.box.width, STATE_HEIGHT)
        return markup.rectangle(head, css, _CONTAINER_RADIUS)
    if node.state.type == "Choice":
        return markup.rhombus(node.box, css)
    is_end = node.state.type in ("Succeed", "Fail")
    return markup.rectangle(node.box, css, STATE_HEIGHT / 2 if is_end else _RADIUS)


def _about(node: Node) -> str:
    """Return the lines of the tooltip that the definition decides."""
    lines = [node.state.note] if node.state.note != node.state.type else []
    lines.extend([node.state.comment] if node.state.comment else [])
    if node.state.retries:
        lines.append(f"Retries: {'; '.join(node.state.retries)}")
    return "".join(f"\n{line}" for line in lines)


def _css(status: Status | None) -> str:
    if status is None:
        return "is-untouched"
    return f"is-{status.code}" if status.code in _WORDS else "is-unknown"


def _slug(state_type: str) -> str:
    lower = state_type.lower()
    return lower if lower.isascii() and lower.isalpha() else "other"


def _short(count: int) -> str:
    return f"{count:,}" if count < 10_000 else f"{count // 1000:,}k"
