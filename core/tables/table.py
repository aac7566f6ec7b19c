"""What a read table is made of, and why one may not be read."""

from __future__ import annotations

from dataclasses import dataclass, field

from core.errors import DomainError


class TableUnreadable(DomainError):
    """The file as a whole cannot be read as a table; the text says why and what to do."""

    code = "table_unreadable"


class TableTooLarge(TableUnreadable):
    """The file is larger than is read in one go; nothing of it was taken."""

    code = "table_too_large"
    status_code = 413


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a file is read.

    Attributes:
        max_bytes: Of the file itself.
        max_rows: Below the header, empty ones not counted.
        max_unpacked_bytes: Of all XML in a workbook, which is a ZIP archive.
    """

    max_bytes: int = 10 * 1024 * 1024
    max_rows: int = 20_000
    max_columns: int = 100
    max_cell_chars: int = 2_000
    max_unpacked_bytes: int = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Record:
    """A row as the file has it; `problems` are by the cell's index from 0."""

    number: int
    cells: list[str]
    problems: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Row:
    """A row that is not empty.

    Attributes:
        number: As a spreadsheet shows it, from 1; empty rows and the header count.
        cells: Without outer or repeated spaces, accents composed; empty ones at the end are cut off.
    """

    number: int
    cells: tuple[str, ...]

    def cell(self, index: int | None) -> str:
        """Return a cell by its index from 0; "" where the row ends before it, or for None."""
        return self.cells[index] if index is not None and index < len(self.cells) else ""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong in one place; `column` counts from 1 and is None where the row is meant."""

    row: int
    column: int | None
    reason: str

    @property
    def place(self) -> str:
        """Where, as a person looks for it: "row 7, column C"."""
        column = f", column {column_letter(self.column)}" if self.column else ""
        return f"row {self.row}{column}"

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Table:
    """A file's rows in order, and what is worth saying about how they were read.

    Attributes:
        rows: Each that is not empty, the header (where there is one) among them.
        problems: In order of rows.
        reading: How the file was read, as short facts: "CSV", "Latin-1 (Windows-1252)", …
        warnings: Sentences about what the reader had to guess or leave out.
    """

    rows: tuple[Row, ...]
    problems: tuple[Problem, ...] = ()
    reading: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def header(self) -> Row:
        """The first row."""
        return self.rows[0]

    @property
    def body(self) -> tuple[Row, ...]:
        """All rows but the first."""
        return self.rows[1:]


def column_letter(number: int) -> str:
    """Name a column as a spreadsheet does: 1 is A, 27 is AA."""
    letters = ""
    while number > 0:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
