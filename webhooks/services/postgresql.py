"""The INSERT of many deliveries on PostgreSQL: each column is one array, in PostgreSQL's own bytes.

So the statement is the same whatever the number of rows, is planned once for a connection, and
neither side writes or reads a number, a time or a body as text: half of what one JSON text for all
costs the server, and a fraction of binding each value (docs/adr/0013).

Formats: PostgreSQL's array_send, uuid_send, timestamptz_send, jsonb_send (src/backend/utils/adt).
"""

from __future__ import annotations

import struct
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson
import psycopg
from django.db import connection
from psycopg.adapt import Dumper
from psycopg.pq import Format

from webhooks.services.insertion import FIELDS, IF_NEW, INTO

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from uuid import UUID

    from psycopg.abc import Buffer

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_NULL = b"\xff\xff\xff\xff"
_length = struct.Struct("!i").pack


class _Type(NamedTuple):
    """How one type is written: its name and number at PostgreSQL, and its bytes."""

    name: str
    oid: int
    write: Callable[[Any], bytes]


_TYPES = {
    kind.name: kind
    for kind in (
        _Type("text", 25, str.encode),
        _Type("uuid", 2950, lambda value: value.bytes),
        _Type("smallint", 21, struct.Struct("!h").pack),
        _Type("integer", 23, struct.Struct("!i").pack),
        _Type("bigint", 20, struct.Struct("!q").pack),
        _Type("bytea", 17, bytes),
        _Type("jsonb", 3802, lambda value: b"\1" + orjson.dumps(value)),
        _Type(
            "timestamp with time zone",
            1184,
            lambda value: struct.pack("!q", (value - _EPOCH) // _MICROSECOND),
        ),
    )
}


class _Array(bytes):
    """One parameter as it travels."""

    __slots__ = ()


class _ArrayDumper(Dumper):
    """Passes on what is written already; the statement says what type it is."""

    format = Format.BINARY

    def dump(self, obj: Buffer) -> Buffer:
        return obj


def insert_new(rows: Sequence[Mapping[str, Any]]) -> set[UUID]:
    """As `insertion.insert_new`, on Django's connection of this thread."""
    connection.ensure_connection()
    # Django's own cursor writes values into the statement's text, which then is never the same.
    with connection.wrap_database_errors, psycopg.RawCursor(connection.connection) as cursor:
        cursor.adapters.register_dumper(_Array, _ArrayDumper)
        cursor.execute(statement(), [_Array(one) for one in parameters(rows)], prepare=True)
        return {guid for (guid,) in cursor.fetchall()}


@cache
def statement() -> str:
    """Write the statement; its parameters are `parameters`, it returns the GUIDs that were new."""
    arrays = ", ".join(f"${place}::{kind.name}[]" for place, kind in enumerate(_kinds(), start=1))
    columns = ", ".join(str(field.column) for field in FIELDS)
    return f"{INTO} SELECT * FROM unnest({arrays}) AS new ({columns}) {IF_NEW}"  # noqa: S608 -- our own names


def parameters(rows: Sequence[Mapping[str, Any]]) -> list[bytes]:
    """Write each column of the rows as one array, in the binary format.

    Raises:
        TypeError, ValueError, struct.error: A value that cannot be of its column's type.
    """
    return [
        _array(kind, [row[field.attname] for row in rows])
        for field, kind in zip(FIELDS, _kinds(), strict=True)
    ]


def _array(kind: _Type, values: Sequence[Any]) -> bytes:
    # One dimension, nulls possible, of this type, so many, counted from one.
    parts = [struct.pack("!iiIii", 1, 1, kind.oid, len(values), 1)]
    write = kind.write
    for value in values:
        if value is None:
            parts.append(_NULL)
        else:
            written = write(value)
            parts += (_length(len(written)), written)
    return b"".join(parts)


@cache
def _kinds() -> list[_Type]:
    return [_kind(field.db_type(connection) or "") for field in FIELDS]


def _kind(db_type: str) -> _Type:
    return _TYPES["text" if db_type.startswith("varchar") else db_type]
