"""A bar that shows how many of many stand how."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_WIDTH = 1_000.0
# One failure among a thousand successes must still be seen.
_LEAST = 6.0


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the bar; x and width are thousandths."""

    tone: str
    label: str
    count: int
    x: str
    width: str


def parts(counts: Mapping[str, int], tones: Mapping[str, tuple[str, str]]) -> list[Part]:
    """Part a bar by counts, in the order of `tones`: a tone and a label for each name."""
    shown = {name: counts[name] for name in tones if counts.get(name)}
    total = sum(shown.values())
    # What is left once each has its least width is shared out by count.
    rest = _WIDTH - _LEAST * len(shown)
    found, x = [], 0.0
    for name, count in shown.items():
        width = _LEAST + rest * count / total
        tone, label = tones[name]
        found.append(Part(tone, label, count, f"{x:.2f}", f"{width:.2f}"))
        x += width
    return found
