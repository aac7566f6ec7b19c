"""Finding columns by what people call them."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def folded_name(name: str) -> str:
    """Bring spellings of a header to one: "E-Mail Address" and "email_address" are the same."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join(character for character in folded if character.isalnum())


def find_columns(
    header: Iterable[str], spellings: Mapping[str, Iterable[str]]
) -> dict[str, list[int]]:
    """Find the columns of each field.

    Args:
        header: The names in the file.
        spellings: By field, the names that it goes by, in any spelling that folds to the same.

    Returns:
        By field, the indexes from 0 of all columns that bear one of its names, left to right; more
        than one is for the caller to sort out. A field that has none is left out.
    """
    known = {folded_name(name): field for field, names in spellings.items() for name in names}
    found: dict[str, list[int]] = {}
    for index, name in enumerate(header):
        if (field := known.get(folded_name(name))) is not None:
            found.setdefault(field, []).append(index)
    return found
