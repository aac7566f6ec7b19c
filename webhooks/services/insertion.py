"""Many deliveries in one statement: what is new is stored, what is there stays as it is.

One INSERT is a transaction of its own, so that nothing but the commit stands between a delivery and
its answer. Rows are dicts rather than instances and the ORM is left out, because at this place they
cost more than the database does (docs/adr/0013).
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import connection

from webhooks.models import Delivery

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FIELDS = [field for field in Delivery._meta.concrete_fields if not field.primary_key]
_COLUMNS = ", ".join(str(field.column) for field in FIELDS)
INTO = f"INSERT INTO {Delivery._meta.db_table} ({_COLUMNS})"
IF_NEW = "ON CONFLICT (guid) DO NOTHING RETURNING guid"


class NotInserted(Exception):
    """A batch was not plainly inserted over the loop's own connection; another way will say why."""


class TimedOut(NotInserted):
    """The database gave the batch up, or did not answer: asking it again would take as long."""


@cache
def defaults() -> dict[str, Any]:
    """Return each column with its default; a row is this with what is known."""
    return {field.attname: field.get_default() for field in FIELDS}


def insert_new(rows: Sequence[Mapping[str, Any]]) -> set[UUID]:
    """Store the rows whose GUID is new, all or none, and return those GUIDs.

    Args:
        rows: Every column of each; of two with one GUID the first is stored.

    Raises:
        OperationalError, InterfaceError: The database is away or stays locked; nothing is stored.
        django.db.Error, TypeError, ValueError: One of the rows cannot be stored; none is.
    """
    if connection.vendor == "postgresql":
        from webhooks.services import postgresql  # noqa: PLC0415 -- only where it is

        return postgresql.insert_new(rows)
    return _insert_values(rows)


def _insert_values(rows: Sequence[Mapping[str, Any]]) -> set[UUID]:
    one = f"({', '.join(['%s'] * len(FIELDS))})"
    values = [
        field.get_db_prep_save(row[field.attname], connection) for row in rows for field in FIELDS
    ]
    with connection.cursor() as cursor:
        cursor.execute(f"{INTO} VALUES {', '.join([one] * len(rows))} {IF_NEW}", values)
        return {UUID(guid) for (guid,) in cursor.fetchall()}
