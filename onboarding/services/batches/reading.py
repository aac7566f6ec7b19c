"""From an uploaded file or a pasted text to people, each with the row that they stand in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from core import tables
from core.errors import DomainError
from onboarding.services.batches.creating import PEOPLE_MAX, Named

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.tables import Row, Table

FILE_LIMITS: Final = tables.Limits(max_rows=PEOPLE_MAX)

_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "login": (
        "login",
        "github",
        "github login",
        "github username",
        "github user",
        "github handle",
        "username",
        "user",
        "handle",
    ),
    "email": ("email", "e-mail", "email address", "mail", "work email"),
}
_BETWEEN: Final = re.compile(r"[,;\t\r\n]+")


class ColumnMissing(DomainError):
    """The table does not say which of its columns has the logins."""

    code = "column_missing"


@dataclass(frozen=True, slots=True)
class ReadPeople:
    """People of a file or text.

    Attributes:
        notes: How it was read, in short facts and sentences.
    """

    people: list[Named]
    notes: list[str]


def read_people(content: bytes, *, is_text: bool = False) -> ReadPeople:
    """Read people out of CSV, XLSX, or a plain list of logins.

    A column that is called `login` (or as people call it) is needed where there is more than one;
    `email` is looked at, others are passed over.

    Args:
        content: The file, or the text in UTF-8.
        is_text: Whether it was pasted: then logins may be parted by anything that is no login.

    Raises:
        TableUnreadable, TableTooLarge: As their texts say.
        ColumnMissing: There are columns, none of which is called a login.
    """
    table = tables.read_table(content, limits=FILE_LIMITS, has_header=False)
    columns = tables.find_columns(table.header.cells, _COLUMNS)
    notes = [*table.reading, *table.warnings]
    if "login" in columns:
        with_header = tables.read_table(content, limits=FILE_LIMITS)
        return ReadPeople(_from_columns(with_header, columns), notes)
    if is_text:
        logins = [one.strip() for one in _BETWEEN.split(content.decode()) if one.strip()]
        people = [Named(number=number, login=login) for number, login in enumerate(logins, 1)]
        return ReadPeople(people, [])
    if max(len(row.cells) for row in table.rows) > 1:
        found = ", ".join(f"“{cell}”" for cell in table.header.cells if cell)
        message = (
            f"No column is called “login”. The first row has: {found}. Call the column with the"
            " GitHub logins “login” and upload it again."
        )
        raise ColumnMissing(message)
    problems = _by_row(table)
    return ReadPeople([_named(row, 0, None, problems) for row in table.rows], notes)


def _from_columns(table: Table, columns: Mapping[str, list[int]]) -> list[Named]:
    login, email = columns["login"], columns.get("email", [])
    for name, places in (("login", login), ("email", email)):
        if len(places) > 1:
            letters = " and ".join(tables.column_letter(place + 1) for place in places)
            message = f"Columns {letters} are both a “{name}”. Leave one of them."
            raise ColumnMissing(message)
    problems = _by_row(table)
    return [_named(row, login[0], email[0] if email else None, problems) for row in table.body]


def _named(
    row: Row, login: int, email: int | None, problems: Mapping[int, list[tables.Problem]]
) -> Named:
    used = {None, login + 1, None if email is None else email + 1}
    return Named(
        number=row.number,
        login=row.cell(login),
        email=row.cell(email),
        # What is wrong in a column that nobody reads does not matter.
        problems=tuple(
            f"{_where(one)}{one.reason}"
            for one in problems.get(row.number, ())
            if one.column in used
        ),
    )


def _where(problem: tables.Problem) -> str:
    return f"Column {tables.column_letter(problem.column)}: " if problem.column else ""


def _by_row(table: Table) -> dict[int, list[tables.Problem]]:
    found: dict[int, list[tables.Problem]] = {}
    for one in sorted(table.problems, key=lambda one: (one.row, one.column or 0)):
        found.setdefault(one.row, []).append(one)
    return found
