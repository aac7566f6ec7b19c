"""Formulas in cells: told from texts on the way in, defused on the way out.

A spreadsheet works out a text that begins with `=`, `+`, `-` or `@` (OWASP, CSV Injection,
https://owasp.org/www-community/attacks/CSV_Injection, read 2026-11-25).
"""

from __future__ import annotations

import re
from typing import Final

# Full-width signs too: spreadsheets set to East Asian languages take them for the plain ones.
_STARTS: Final = "=+-@\t\r\n＝＋－＠"  # noqa: RUF001 -- meant
_EQUALS: Final = "=＝"  # noqa: RUF001 -- meant
# "+41 (0)44 …", "-", "@ada" and "-3.5" are what people write; a function's name, a reference
# to another program or a sum of cells is not.
_WORKED_OUT: Final = re.compile(r"[A-Za-z_.]\w*\s*[(|!]|\|", re.ASCII)


def is_formula(text: str) -> bool:
    """Tell whether a spreadsheet would take the cell for a formula that does something."""
    if len(text) < 2 or text[0] not in _STARTS:
        return False
    return text[0] in _EQUALS or _WORKED_OUT.search(text) is not None


def defused(text: str) -> str:
    """Make a text safe to be opened in a spreadsheet: an apostrophe says that it is a text."""
    return f"'{text}" if text[:1] and text[0] in _STARTS else text
