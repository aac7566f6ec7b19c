"""From an uploaded file to a table."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Final

from core.tables import text, workbook
from core.tables.formulas import is_formula
from core.tables.table import Limits, Problem, Row, Table, TableTooLarge, TableUnreadable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from core.tables.table import Record

# Left at the ends of cells by copying from web pages.
_INVISIBLE: Final = "\N{ZERO WIDTH SPACE}\N{ZERO WIDTH NO-BREAK SPACE}\N{WORD JOINER}"


def read_table(content: bytes, *, limits: Limits | None = None, has_header: bool = True) -> Table:
    """Read a CSV or XLSX file, told apart by their bytes.

    CSV may be UTF-8 or UTF-16 with or without a byte order mark, or Latin-1, and parted by commas,
    semicolons or tabs.

    Args:
        content: The whole file.
        limits: How much is read; `Limits()` where none is given.
        has_header: Whether the first row names the columns: a row must not be longer then.

    Returns:
        A table with at least one row.

    Raises:
        TableUnreadable: No table can be made of it.
        TableTooLarge: It is over one of the limits.
    """
    limits = limits or Limits()
    if len(content) > limits.max_bytes:
        message = (
            f"The file has {len(content) / 2**20:,.1f} MB; at most {limits.max_bytes // 2**20} MB"
            " are read. Keep the columns that are needed, or split it."
        )
        raise TableTooLarge(message)
    if content.startswith(workbook.OLE_MAGIC):
        message = (
            "This is an old Excel file (.xls), or one that a password protects. Save it as .xlsx"
            " or CSV, without a password."
        )
        raise TableUnreadable(message)
    if content.startswith(workbook.ZIP_MAGIC):
        return _read_workbook(content, limits, has_header=has_header)
    return _read_text(content, limits, has_header=has_header)


def _read_workbook(content: bytes, limits: Limits, *, has_header: bool) -> Table:
    sheet = workbook.read_workbook(content, limits=limits)
    warnings = []
    if sheet.others:
        others = ", ".join(f"“{title}”" for title in sheet.others)
        warnings = [
            f"Only the sheet “{sheet.title}” was read; others hold something too: {others}."
        ]
    rows, problems = _rows(sheet.rows, limits, has_header=has_header)
    return Table(rows, problems, ("Excel workbook", f"sheet “{sheet.title}”"), tuple(warnings))


def _read_text(content: bytes, limits: Limits, *, has_header: bool) -> Table:
    decoded = text.decode(content)
    if decoded.text.lstrip().startswith("<"):
        message = "This is a web page or XML, not a table. Save the table as .xlsx or CSV."
        raise TableUnreadable(message)
    delimiter = text.find_delimiter(decoded.text)
    records = text.records(decoded.text, delimiter=delimiter)
    rows, problems = _rows(records, limits, has_header=has_header)
    parted = f"parted by {text.DELIMITERS.get(delimiter, f'“{delimiter}”')}"
    warnings = (decoded.warning,) if decoded.warning else ()
    return Table(rows, problems, ("CSV", decoded.encoding, parted), warnings)


def _rows(
    records: Iterable[Record], limits: Limits, *, has_header: bool
) -> tuple[tuple[Row, ...], tuple[Problem, ...]]:
    rows: list[Row] = []
    problems: list[Problem] = []
    for record in records:
        cells = [_clean(cell) for cell in record.cells]
        found = list(_problems(record, cells, limits))
        while cells and not cells[-1]:
            cells.pop()
        if not cells and not found:
            continue
        width = len(cells)
        if width > limits.max_columns:
            message = (
                f"Row {record.number} has {width:,} cells; at most {limits.max_columns} are read."
            )
            raise TableTooLarge(message)
        if len(rows) >= limits.max_rows + has_header:
            message = f"The file has more than {limits.max_rows:,} rows. Split it."
            raise TableTooLarge(message)
        if has_header and rows and width > len(rows[0].cells):
            reason = f"has {width} cells, but the header only {len(rows[0].cells)}"
            found.append(Problem(record.number, None, reason))
        rows.append(Row(record.number, tuple(cells)))
        problems += found
    if not rows:
        message = "The file is empty: it has no row with anything in it."
        raise TableUnreadable(message)
    return tuple(rows), tuple(problems)


def _problems(record: Record, cells: list[str], limits: Limits) -> Iterator[Problem]:
    for index, cell in enumerate(cells):
        reason = record.problems.get(index, "")
        if not reason and is_formula(cell):
            reason = "holds a formula; replace it by its value"
        elif len(cell) > limits.max_cell_chars:
            reason = f"has {len(cell):,} characters; at most {limits.max_cell_chars:,} are read"
        elif not cell.isprintable() and (culprit := _control_character(cell)):
            reason = f"holds a character that cannot be shown (U+{ord(culprit):04X})"
        if reason:
            yield Problem(record.number, index + 1, reason)


def _control_character(cell: str) -> str:
    for character in cell:
        if unicodedata.category(character) in {"Cc", "Cs"}:
            return character
    return ""


def _clean(cell: str) -> str:
    """Take away what nobody sees; accents are composed, so that equal looks are equal texts."""
    if not cell:
        return ""
    cell = " ".join(cell.split()).strip(_INVISIBLE).strip()
    return cell if cell.isascii() else unicodedata.normalize("NFC", cell)
