"""The emulator's state on disk: one SQLite file, and each save one transaction of it.

Executions are most of the state and change least often once they are closed, so only the changed
ones are written; every service is written whole, as the JSON that ministack would write.
"""

import json
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from ministack import app
from ministack.core import persistence
from ministack.core.responses import AccountRegionScopedDict
from ministack.services import stepfunctions as asl

_SCHEMA = """
    CREATE TABLE IF NOT EXISTS services (name TEXT PRIMARY KEY, state TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS executions (arn TEXT PRIMARY KEY, record TEXT NOT NULL);
"""
# A service that nobody asked since is not written again.
_PUT_SERVICE = """
    INSERT INTO services VALUES (?, ?) ON CONFLICT (name)
    DO UPDATE SET state = excluded.state WHERE state <> excluded.state
"""


def save(state_dir: Path, changed: Collection[str]) -> None:
    """Write the state as it is now, all of it or, when the process is killed, nothing.

    What executions did and the executions themselves must not be parted: an item whose execution
    nobody knows, or an execution whose item is gone, is nothing that AWS could ever show.

    Args:
        state_dir: Where the file lies.
        changed: ARNs of the executions that changed since the last save.
    """
    with closing(_open(state_dir)) as database, database:
        database.executemany(_PUT_SERVICE, _services())
        _save_executions(database, changed)


def load_service(state_dir: Path, name: str) -> Any:
    """A service's part of the last save, as ministack restores it, or None."""
    with closing(_open(state_dir)) as database:
        row = database.execute("SELECT state FROM services WHERE name = ?", (name,)).fetchone()
    return row and json.loads(row[0], object_hook=persistence._json_object_hook)


def load_executions(state_dir: Path) -> AccountRegionScopedDict:
    """The executions of the last save, by account, region and ARN."""
    executions = AccountRegionScopedDict()
    with closing(_open(state_dir)) as database:
        for arn, record in database.execute("SELECT arn, record FROM executions"):
            executions._data[key_of(arn)] = json.loads(record)
    return executions


def _services() -> Iterator[tuple[str, str]]:
    for name, get_state in app._build_persistence_save_dict().items():
        state = get_state()
        if state is None:
            continue
        if name == "stepfunctions":
            state = state | {"executions": AccountRegionScopedDict()}
        yield name, json.dumps(state, default=persistence._json_default)


def _save_executions(database: sqlite3.Connection, changed: Collection[str]) -> None:
    kept = {arn for _, _, arn in asl._executions._data}
    saved = {arn for (arn,) in database.execute("SELECT arn FROM executions")}
    database.executemany("DELETE FROM executions WHERE arn = ?", [(arn,) for arn in saved - kept])
    database.executemany(
        "INSERT OR REPLACE INTO executions VALUES (?, ?)",
        _rows(kept.intersection(changed) | (kept - saved)),
    )


def _rows(arns: Collection[str]) -> Iterator[tuple[str, str]]:
    for arn in arns:
        yield arn, json.dumps(asl._executions._data[key_of(arn)])


def key_of(arn: str) -> tuple[str, str, str]:
    """Where ministack keeps an execution: account, region and ARN."""
    _, _, _, region, account, *_ = arn.split(":")
    return account, region, arn


def _open(state_dir: Path) -> sqlite3.Connection:
    database = sqlite3.connect(state_dir / "state.sqlite")
    database.executescript(_SCHEMA)
    return database
