"""What AWS promised since the last save: executions that it said it would run.

AWS forgets no execution whose start it answered. A save comes every second or so, and a start is
one line here before its answer, which costs some microseconds and waits for no disk: what is killed
is this process, not the machine.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

Record = dict[str, Any]


class Journal:
    """Files `promised-<number>.jsonl`, the latest open; each save makes those before it superfluous."""

    def __init__(self, state_dir: Path) -> None:
        self._state_dir = state_dir
        self._number = max((number_of(path) for path in self._files()), default=0)
        self._file = self._open_next()

    def note(self, record: Record) -> None:
        """Keep an execution as it is now; the caller must be the event loop."""
        self._file.write(json.dumps(record) + "\n")
        self._file.flush()

    def begin_next(self) -> int:
        """Write to a new file from now on, and return the number of the one before."""
        self._file.close()
        self._file = self._open_next()
        return self._number - 1

    def forget(self, number: int) -> None:
        """Remove the files up to this number: all that they tell is saved."""
        for path in self._files():
            if number_of(path) <= number:
                path.unlink()

    def entries(self) -> Iterator[Record]:
        """What was noted and not forgotten, the earliest first."""
        for path in sorted(self._files(), key=number_of):
            for line in path.read_text().splitlines():
                try:
                    yield json.loads(line)
                except ValueError:
                    # Half a line: the process was killed while it wrote, and nobody got an answer.
                    continue

    def _files(self) -> list[Path]:
        return list(self._state_dir.glob("promised-*.jsonl"))

    def _open_next(self) -> TextIO:
        self._number += 1
        return (self._state_dir / f"promised-{self._number}.jsonl").open("a")


def number_of(path: Path) -> int:
    """The number in a file's name."""
    return int(path.stem.partition("-")[2])
