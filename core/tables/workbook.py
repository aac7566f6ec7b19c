"""Excel workbooks (.xlsx): the cells of the first sheet that holds something.

A workbook is a ZIP archive of XML: it is unpacked by pieces up to a limit, XML entities are refused
(by defusedxml, which openpyxl uses where it is installed), and a row beyond what Excel knows, or a
sheet as wide as none is, ends the reading.
"""

from __future__ import annotations

import io
import lzma
import warnings
import zipfile
import zlib
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any, Final
from xml.etree.ElementTree import ParseError

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from core.tables.table import Record, TableTooLarge, TableUnreadable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.tables.table import Limits

# It warns of everything in a workbook that it would not write again; nothing is written here.
warnings.filterwarnings("ignore", category=UserWarning, module=r"openpyxl\.")

ZIP_MAGIC: Final = b"PK\x03\x04"
OLE_MAGIC: Final = b"\xd0\xcf\x11\xe0"
"""Begins old Excel files, and new ones that a password protects."""

# Excel specifications and limits, https://support.microsoft.com/office/1672b34d, read 2026-11-25.
_EXCEL_MAX_ROWS: Final = 1_048_576

_PIECE_BYTES: Final = 64 * 1024

# What zipfile and openpyxl let through when a file is not what it should be: openpyxl checks little by
# itself. What defusedxml refuses is a ValueError, an encrypted part a RuntimeError.
_NONSENSE: Final = (
    ArithmeticError,
    AttributeError,
    AssertionError,
    EOFError,
    InvalidFileException,
    LookupError,
    OSError,
    ParseError,
    RuntimeError,
    TypeError,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
)


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rows of a sheet that hold something, and the names of other sheets that do."""

    title: str
    rows: list[Record]
    others: list[str]


def read_workbook(content: bytes, *, limits: Limits) -> Sheet:
    """Read the first sheet that is not empty; hidden ones come last.

    Raises:
        TableUnreadable: It is no workbook, or a damaged one.
        TableTooLarge: It unpacks to too much, or the sheet has too many rows or columns.
    """
    try:
        unpacked = _unpacked(content, limits)
        workbook = openpyxl.load_workbook(unpacked, read_only=True, keep_links=False)
        try:
            return _first_with_rows(workbook, limits)
        finally:
            workbook.close()
    except TableUnreadable:
        raise
    except _NONSENSE as exc:
        message = (
            "This Excel file is damaged. Open it in a spreadsheet and save it again as .xlsx."
        )
        raise TableUnreadable(message) from exc


def _unpacked(content: bytes, limits: Limits) -> io.BytesIO:
    """Copy the XML of the archive into one that packs nothing.

    The sizes that an archive declares may be lies, and `ZipFile.read` unpacks up to 1 GiB before it
    compares. Here a part is unpacked by small pieces, and what openpyxl gets cannot grow any more.
    """
    left = limits.max_unpacked_bytes
    unpacked = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as packed,
        zipfile.ZipFile(unpacked, "w", zipfile.ZIP_STORED) as stored,
    ):
        # Of parts with the same name the last counts, as for every reader of archives.
        parts = {part.filename: part for part in packed.infolist()}
        if not any(name.lower().endswith("workbook.xml") for name in parts):
            message = "This is no Excel workbook. Save the table as .xlsx or CSV."
            raise TableUnreadable(message)
        for name, part in parts.items():
            # Pictures and macros are not looked at.
            if not name.lower().endswith((".xml", ".rels")):
                continue
            with packed.open(part) as source, stored.open(name, "w") as target:
                while piece := source.read(_PIECE_BYTES):
                    left -= len(piece)
                    if left < 0:
                        raise TableTooLarge(_too_much(limits))
                    target.write(piece)
    return unpacked


def _too_much(limits: Limits) -> str:
    return (
        f"This Excel file unpacks to more than {limits.max_unpacked_bytes // 2**20} MB. Keep the"
        " sheet with the people alone, or save that sheet as CSV."
    )


def _first_with_rows(workbook: Any, limits: Limits) -> Sheet:
    sheets = sorted(workbook.worksheets, key=lambda sheet: sheet.sheet_state != "visible")
    titles = [str(sheet.title) for sheet in sheets]
    for number, sheet in enumerate(sheets):
        if rows := list(_rows(sheet, limits)):
            others = [
                str(other.title)
                for other in sheets[number + 1 :]
                if next(_rows(other, limits), None) is not None
            ]
            return Sheet(titles[number], rows, others)
    return Sheet(titles[0] if titles else "", [], [])


def _rows(sheet: Any, limits: Limits) -> Iterator[Record]:
    """Yield the rows that are not empty; what a sheet says of its own size is not believed."""
    sheet.reset_dimensions()
    found = 0
    # A styled but empty cell far to the right makes its whole row as wide.
    cells_left = (limits.max_rows + 2) * limits.max_columns + _EXCEL_MAX_ROWS
    for number, cells in enumerate(sheet.iter_rows(), start=1):
        cells_left -= len(cells)
        if cells_left < 0:
            message = f"The sheet “{sheet.title}” is too wide. Delete the columns without content."
            raise TableTooLarge(message)
        if number > _EXCEL_MAX_ROWS:
            message = f"The sheet “{sheet.title}” has a row beyond {_EXCEL_MAX_ROWS:,}."
            raise TableTooLarge(message)
        if all(cell.value is None for cell in cells):
            continue
        found += 1
        # The header is one more, and another tells that there are too many.
        if found > limits.max_rows + 2:
            return
        problems = {index: why for index, cell in enumerate(cells) if (why := _problem(cell))}
        texts = [
            "" if index in problems else _text(cell.value) for index, cell in enumerate(cells)
        ]
        yield Record(number, texts, problems)


def _problem(cell: Any) -> str:
    if cell.data_type == "f":
        return "holds a formula; replace it by its value (paste as values)"
    if cell.data_type == "e":
        return f"holds the error {cell.value}"
    return ""


def _text(value: object) -> str:
    """Write a value as somebody would type it: 7 rather than 7.0, a day without midnight."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value)
