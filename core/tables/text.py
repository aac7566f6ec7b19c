"""Text files: which encoding, which delimiter, which records."""

from __future__ import annotations

import codecs
import contextlib
import csv
import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from core.tables.table import Record, TableUnreadable

if TYPE_CHECKING:
    from collections.abc import Iterator

DELIMITERS: Final = {",": "comma", ";": "semicolon", "\t": "tab"}
"""What may part cells, and what it is called; of equally many the first counts."""

# The longer marks first: UTF-32's begins with UTF-16's.
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8", "UTF-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32-be", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16-le", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16-be", "UTF-16"),
)
_LOOKED_AT_BYTES: Final = 4_096
_SEPARATOR_LINE: Final = re.compile(r"sep=(.)\s*\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text and how its bytes were read; `warning` is "" where nothing was guessed."""

    text: str
    encoding: str
    warning: str = ""


def decode(content: bytes) -> Decoded:
    """Read the bytes by their byte order mark, else as UTF-16, UTF-8 or Latin-1, whichever fits.

    Raises:
        TableUnreadable: They are no text.
    """
    decoded = _by_mark(content) or _by_zero_bytes(content) or _utf_8_or_latin_1(content)
    if "\0" in decoded.text:
        message = "This is no text file. Upload a CSV file, or an Excel workbook (.xlsx)."
        raise TableUnreadable(message)
    return decoded


def records(text: str, *, delimiter: str) -> Iterator[Record]:
    """Yield the records of a CSV text, empty ones too; see `find_delimiter`.

    They are numbered as a spreadsheet numbers its rows: a cell may hold several lines.

    Raises:
        TableUnreadable: Quotes do not match.
    """
    # Without newline="" a line break in a cell would part it.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 0
    try:
        for cells in reader:
            number += 1
            if number == 1 and _SEPARATOR_LINE.match(delimiter.join(cells)):
                continue
            yield Record(number, cells)
    except csv.Error as exc:
        message = (
            f"Row {number + 1} cannot be read ({exc}): a quotation mark is opened and not closed,"
            " or stands in the middle of a quoted cell. Two of them stand for one."
        )
        raise TableUnreadable(message) from exc


def find_delimiter(text: str) -> str:
    """Choose what parts cells: what the first line says (`sep=;`), or what it has most of."""
    for line in io.StringIO(text):
        if match := _SEPARATOR_LINE.match(line):
            return match[1]
        if line.strip(" \r\n,;\t"):
            bare = re.sub(r'"[^"]*"', "", line)
            return max(DELIMITERS, key=bare.count)
    return ","


def _by_mark(content: bytes) -> Decoded | None:
    for mark, codec, name in _MARKS:
        if content.startswith(mark):
            return _surely(content[len(mark) :], codec, name)
    return None


def _by_zero_bytes(content: bytes) -> Decoded | None:
    """Tell UTF-16 by the zero that every second byte of Latin letters is."""
    start = content[:_LOOKED_AT_BYTES]
    half = len(start) // 2
    first, second = start[::2].count(0), start[1::2].count(0)
    if min(first, second) > half * 0.1 or max(first, second) <= half * 0.6:
        return None
    codec = "utf-16-le" if second > first else "utf-16-be"
    warning = "It has no byte order mark; by its zero bytes it was taken for UTF-16."
    return _surely(content, codec, "UTF-16", warning)


def _surely(content: bytes, codec: str, name: str, warning: str = "") -> Decoded:
    try:
        return Decoded(content.decode(codec), name, warning)
    except UnicodeDecodeError as exc:
        message = (
            f"It begins as {name}, but its byte {exc.start:,} is not. Save it again as UTF-8."
        )
        raise TableUnreadable(message) from exc


def _utf_8_or_latin_1(content: bytes) -> Decoded:
    warning = "It is no valid UTF-8 and was read as Latin-1: check that accents look right."
    # Five bytes mean nothing in Windows-1252; in ISO 8859-1 every byte means something.
    for codec, name, doubt in (
        ("utf-8", "UTF-8", ""),
        ("cp1252", "Latin-1 (Windows-1252)", warning),
    ):
        with contextlib.suppress(UnicodeDecodeError):
            return Decoded(content.decode(codec), name, doubt)
    return Decoded(content.decode("latin-1"), "Latin-1", warning)
