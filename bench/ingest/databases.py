"""The database under the endpoint: what is in it, and how fast it could be filled at best."""

from __future__ import annotations

import re
import sqlite3
import subprocess
from contextlib import closing
from typing import TYPE_CHECKING
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

if TYPE_CHECKING:
    from pathlib import Path

_TABLE = "webhooks_delivery"


def stored_guids(database_url: str) -> set[str]:
    """Read the GUIDs of all stored deliveries, in GitHub's spelling."""
    query = f"SELECT guid FROM {_TABLE}"  # noqa: S608 -- our own name
    if database_url.startswith("postgres"):
        with psycopg.connect(database_url) as connection:
            return {str(guid) for (guid,) in connection.execute(query)}
    with closing(sqlite3.connect(database_url.removeprefix("sqlite:///"))) as file:
        return {str(UUID(guid)) for (guid,) in file.execute(query)}


def pgbench_script(database_url: str) -> str:
    """Write the INSERT of a stored delivery, as it stands there, under ever new GUIDs."""
    with psycopg.connect(database_url) as connection:
        cursor = connection.execute(f"SELECT * FROM {_TABLE} LIMIT 1")  # noqa: S608 -- our own name
        row = cursor.fetchone()
        names = [column.name for column in cursor.description or ()]
        types = connection.execute(
            "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = %s",
            [_TABLE],
        )
        is_json = {name for name, kind in types if kind == "jsonb"}
        values: dict[str, sql.Composable] = {
            name: sql.Literal(Jsonb(value) if name in is_json else value)
            for name, value in zip(names, row or (), strict=True)
            if name != "id"
        }
        values["guid"] = sql.SQL("gen_random_uuid()")
        statement = sql.SQL("INSERT INTO {} ({}) VALUES ({});").format(
            sql.Identifier(_TABLE),
            sql.SQL(", ").join(map(sql.Identifier, values)),
            sql.SQL(", ").join(values.values()),
        )
        return statement.as_string(connection)


def pgbench(programs: Path, script: Path, *, port: int, clients: int, seconds: int) -> float:
    """Return how many of them are inserted and committed a second."""
    command: list[str | Path] = [
        programs / "pgbench",
        *("--no-vacuum", "--protocol", "prepared", "--file", script, "--time", str(seconds)),
        *("--client", str(clients), "--jobs", str(min(clients, 2))),
        *("--host", "127.0.0.1", "--port", str(port), "--username", "ghadmin", "ghadmin"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    found = re.search(r"^tps = ([\d.]+)", done.stdout, re.MULTILINE)
    if found is None:
        message = f"pgbench printed no tps:\n{done.stdout}{done.stderr}"
        raise RuntimeError(message)
    return float(found[1])
