"""The emulator's state on disk: ministack's services as JSON files, executions in SQLite.

Executions are most of the state and change least often once they are closed, so only the changed
ones are written; everything else is written whole.
"""

import json
import logging
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing
from pathlib import Path

from ministack import app
from ministack.core import persistence
from ministack.core.responses import AccountRegionScopedDict
from ministack.services import stepfunctions as asl

log = logging.getLogger("sandbox.aws")

_SCHEMA = "CREATE TABLE IF NOT EXISTS executions (arn TEXT PRIMARY KEY, record TEXT NOT NULL)"


def save(state_dir: Path, changed: Collection[str]) -> None:
    """Write the state as it is now; each file is replaced as a whole.

    What executions did is written before the executions: after a crash between the two, an
    execution does its last state again rather than having done what left no trace.

    Args:
        state_dir: Where the files lie.
        changed: ARNs of the executions that changed since the last save.
    """
    for service, get_state in app._build_persistence_save_dict().items():
        state = get_state()
        if state is None:
            continue
        if service == "stepfunctions":
            state = state | {"executions": AccountRegionScopedDict()}
        version = persistence._state_format_version(service)
        wrapped = {"__ministack_format__": version, "payload": state}
        _replace(
            state_dir / f"{service}.json", json.dumps(wrapped, default=persistence._json_default)
        )
    _save_executions(state_dir, changed)


def load_executions(state_dir: Path) -> AccountRegionScopedDict:
    """The executions of the last save, by account, region and ARN."""
    executions = AccountRegionScopedDict()
    with closing(_open(state_dir)) as database:
        for arn, record in database.execute("SELECT arn, record FROM executions"):
            executions._data[_key(arn)] = json.loads(record)
    return executions


def _save_executions(state_dir: Path, changed: Collection[str]) -> None:
    kept = {arn for _, _, arn in asl._executions._data}
    with closing(_open(state_dir)) as database, database:
        saved = {arn for (arn,) in database.execute("SELECT arn FROM executions")}
        database.executemany(
            "DELETE FROM executions WHERE arn = ?", [(arn,) for arn in saved - kept]
        )
        database.executemany(
            "INSERT OR REPLACE INTO executions VALUES (?, ?)",
            _rows(kept.intersection(changed) | (kept - saved)),
        )


def _rows(arns: Collection[str]) -> Iterator[tuple[str, str]]:
    for arn in arns:
        yield arn, json.dumps(asl._executions._data[_key(arn)])


def _key(arn: str) -> tuple[str, str, str]:
    _, _, _, region, account, *_ = arn.split(":")
    return account, region, arn


def _open(state_dir: Path) -> sqlite3.Connection:
    database = sqlite3.connect(state_dir / "executions.sqlite")
    database.execute(_SCHEMA)
    return database


def _replace(path: Path, text: str) -> None:
    new = path.with_suffix(".new")
    new.write_text(text)
    new.replace(path)
