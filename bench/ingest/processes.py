"""Server processes, and the CPU time that they and their children take."""

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.ports import wait_for_port

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_TICKS = os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def running(
    command: Sequence[str | os.PathLike[str]], *, port: int, env: Mapping[str, str], cwd: Path
) -> Iterator[int]:
    """Run a server until the block ends; yields its process id once it listens."""
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(  # noqa: S603 -- our own commands
            [os.fspath(part) for part in command],
            cwd=cwd,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            try:
                wait_for_port(port)
            except TimeoutError as exc:
                log.seek(0)
                message = (
                    f"{command} did not start:\n{log.read().decode(errors='replace')[-4000:]}"
                )
                raise RuntimeError(message) from exc
            yield process.pid
        finally:
            process.terminate()
            process.wait(timeout=30)


def cpu_seconds(root: int) -> float:
    """Return what a process and its living descendants have used; dead ones count at their parents."""
    parents, used = {}, {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            pid = int(stat.parent.name)
            parents[pid] = int(fields[1])
            used[pid] = sum(int(ticks) for ticks in fields[11:15]) / _TICKS
    wanted, grew = {root}, True
    while grew:
        found = {pid for pid, parent in parents.items() if parent in wanted} - wanted
        wanted |= found
        grew = bool(found)
    return sum(used.get(pid, 0.0) for pid in wanted)
