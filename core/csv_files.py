"""Tables as CSV that a spreadsheet opens without running what is written in it."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# Source: OWASP, CSV Injection, read 2026-11-25. A spreadsheet takes these for a formula.
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")
_BYTE_ORDER_MARK: Final = "\ufeff"
"""Without it Excel reads UTF-8 as a Windows code page."""


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, text: str) -> str:
        """Return the line."""
        return text


def lines(rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """Write rows as CSV, a line at a time; None is an empty cell.

    A text that a spreadsheet would take for a formula gets an apostrophe in front.
    """
    # writerow() returns what write() of its file returned, whatever its stub says.
    writer: Any = csv.writer(_Echo())
    yield _BYTE_ORDER_MARK
    for row in rows:
        yield writer.writerow([_cell(value) for value in row])


def _cell(value: object) -> object:
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS):
        return f"'{value}"
    return value
