"""A stored history as a file, in the shape of GetExecutionHistory's answer with a name.

`manage.py show_history` reads it, here or on a machine without a database.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import orjson

from executions.packing import unpack_events

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def history_json(name: str, packed: Iterable[bytes]) -> Iterator[bytes]:
    """Write `{"name": …, "events": […]}`, a page of events at a time.

    Args:
        name: The execution's.
        packed: Its pages of events, in order.
    """
    yield b'{"name": ' + orjson.dumps(name) + b', "events": ['
    separator = b"\n"
    for page in packed:
        for event in unpack_events(page):
            yield separator + orjson.dumps(event)
            separator = b",\n"
    yield b"\n]}\n"


def file_name(name: str) -> str:
    """Return a name for the file that no header and no file system takes amiss."""
    return re.sub(r"[^A-Za-z0-9._-]+", "_", name) + ".history.json"
