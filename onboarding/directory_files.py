"""What an uploaded table says about people, and everything that is wrong with it; pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from core.tables import Limits, Problem, find_columns
from ghkit.directory import FIELDS, TEXT_MAX_CHARS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from core.tables import Row, Table

LIMITS: Final = Limits(max_bytes=32 * 2**20, max_rows=100_000, max_cell_chars=TEXT_MAX_CHARS)
RECORD_MAX_CHARS: Final = 16_000
"""Of one person; a state machine carries the record beside all else."""

SPELLINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "login": ("login", "github login", "github", "github user", "github username", "username"),
    "email": ("email", "e-mail address", "mail", "work email"),
    "employee_id": ("employee id", "employee number", "employee", "personnel number", "staff id"),
    "name": ("name", "full name", "display name"),
    "department": ("department", "dept", "division"),
    "title": ("title", "job title", "position", "role"),
    "manager": ("manager", "supervisor", "reports to"),
}
"""What columns are called, by the field that they fill."""

LABELS: Final = {
    "login": "GitHub login",
    "email": "E-mail",
    "employee_id": "Employee id",
    "name": "Name",
    "department": "Department",
    "title": "Title",
    "manager": "Manager",
}

_LOGIN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}", re.ASCII)
_EMAIL: Final = re.compile(r"[^\s@<>,;]{1,64}@[^\s@<>,;.]+(\.[^\s@<>,;.]+)+")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the file; `field` is "" where it is kept under its own name."""

    number: int
    name: str
    field: str

    @property
    def label(self) -> str:
        """What it fills, in words."""
        return LABELS.get(self.field, "")


@dataclass(frozen=True, slots=True)
class DirectoryFile:
    """A read file.

    Attributes:
        people: By login in lower case, in the file's order: the records to store.
        problems: In order of rows; with one of them nothing of the file is written.
    """

    columns: list[Column]
    people: dict[str, dict[str, Any]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def read_people(table: Table) -> DirectoryFile:
    """Read every person of a table whose first row names the columns."""
    header = table.header
    found = find_columns(header.cells, SPELLINGS)
    problems = list(table.problems)
    for name, places in found.items():
        if len(places) > 1:
            reason = f"{LABELS[name]} stands in {len(places)} columns; keep one"
            problems += [Problem(header.number, place + 1, reason) for place in places[1:]]
    of_place = {places[0]: name for name, places in found.items()}
    columns = [
        Column(place + 1, name, of_place.get(place, "")) for place, name in enumerate(header.cells)
    ]
    unnamed = [column for column in columns if not column.name]
    problems += [Problem(header.number, c.number, "has no name") for c in unnamed]
    if "login" not in found:
        reason = f"no column is called “login” (or {', '.join(SPELLINGS['login'][1:4])})"
        problems.append(Problem(header.number, None, reason))
        return DirectoryFile(columns, {}, problems)
    read = DirectoryFile(columns, {}, problems)
    seen: dict[str, tuple[int, str]] = {}
    for row in table.body:
        _read_person(row, read, seen)
    read.problems.sort(key=lambda problem: (problem.row, problem.column or 0))
    return read


def _read_person(row: Row, read: DirectoryFile, seen: dict[str, tuple[int, str]]) -> None:
    known = {column.field: row.cell(column.number - 1) for column in read.columns if column.field}
    place = {column.field: column.number for column in read.columns}
    login = known.pop("login").removeprefix("@")
    for name, reason in _reasons(login, known.get("email", "")):
        read.problems.append(Problem(row.number, place[name], reason))
    key = login.lower()
    if login and key in seen:
        number, spelling = seen[key]
        also = "the same login" if spelling == login else f"the same person as “{spelling}”"
        read.problems.append(
            Problem(row.number, place["login"], f"“{login}” is {also} in row {number}")
        )
        return
    seen[key] = (row.number, login)
    others = {
        column.name: value
        for column in read.columns
        if not column.field
        and column.name not in FIELDS
        and (value := row.cell(column.number - 1))
    }
    record = others | {name: known.get(name, "") for name in FIELDS}
    if sum(len(name) + len(str(value)) for name, value in record.items()) > RECORD_MAX_CHARS:
        reason = f"holds more than {RECORD_MAX_CHARS:,} characters"
        read.problems.append(Problem(row.number, None, reason))
    read.people[key] = record


def _reasons(login: str, email: str) -> Iterator[tuple[str, str]]:
    if not login:
        yield "login", "the login is missing"
    elif " " in login:
        yield "login", f"“{login}” is no login: it has a space"
    elif not _LOGIN.fullmatch(login):
        yield "login", f"“{login[:60]}” is no login: letters, digits and hyphens alone"
    if email and not _EMAIL.fullmatch(email):
        yield "email", f"“{email[:60]}” is no e-mail address"
