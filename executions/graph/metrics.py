"""How wide a text will be on the page: boxes are sized on the server, before any font is loaded."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Final

# Advance widths of U+0020 to U+007E in thousandths of an em, read from the vendored Inter at weight
# 560, that of names; lighter texts are up to 2 % narrower.
_ASCII: Final = (
    258, 314, 512, 642, 648, 1000, 659, 321, 372, 372, 532, 671, 312, 464, 312, 375,
    654, 420, 621, 632, 662, 608, 636, 574, 636, 636, 312, 324, 671, 671, 671, 537,
    993, 720, 658, 735, 722, 604, 588, 749, 745, 275, 578, 697, 565, 918, 758, 768,
    644, 771, 650, 648, 657, 738, 720, 1013, 712, 707, 648, 372, 375, 372, 479, 467,
    345, 572, 622, 581, 622, 590, 385, 623, 608, 258, 258, 565, 258, 896, 608, 607,
    622, 622, 393, 545, 348, 608, 582, 835, 564, 583, 563, 449, 354, 449, 671,
)  # fmt: skip
_WIDTHS: Final = {chr(0x20 + place): width for place, width in enumerate(_ASCII)} | {
    "…": 938,
    "·": 312,
    "\N{MULTIPLICATION SIGN}": 671,
}
# Letters of other alphabets come from fonts that we do not know.
_OTHER, _WIDE = 700, 1000
# Where Inter is missing, the system's font may be a little wider.
_MARGIN: Final = 1.03
_ELLIPSIS: Final = "…"


@lru_cache(maxsize=4096)
def text_width(text: str, size: float) -> float:
    """Return the width of one line of text, in pixels, at a font size in pixels."""
    return sum(map(_char_width, text)) * size * _MARGIN / 1000


def shorten(text: str, size: float, width: float) -> str:
    """Cut a text that is wider than `width` pixels, and say so by an ellipsis."""
    if text_width(text, size) <= width:
        return text
    left = width * 1000 / (size * _MARGIN) - _WIDTHS[_ELLIPSIS]
    kept = 0
    for char in text:
        left -= _char_width(char)
        if left < 0:
            break
        kept += 1
    return text[:kept].rstrip() + _ELLIPSIS


def wrap(text: str, size: float, width: float, lines: int) -> tuple[str, ...]:
    """Break a text at its spaces into lines of `width` pixels; what does not fit is cut."""
    broken: list[str] = []
    line = ""
    words = text.split()
    for place, word in enumerate(words):
        longer = f"{line} {word}".strip()
        if not line or text_width(longer, size) <= width:
            line = longer
        elif len(broken) + 1 == lines:
            line = " ".join((line, *words[place:]))
            break
        else:
            broken.append(line)
            line = word
    return tuple(shorten(one, size, width) for one in (*broken, line))


def _char_width(char: str) -> int:
    known = _WIDTHS.get(char)
    if known is not None:
        return known
    if unicodedata.combining(char):
        return 0
    return _WIDE if unicodedata.east_asian_width(char) in "WF" else _OTHER
