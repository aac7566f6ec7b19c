"""Server processes, and the CPU time and memory that they and those they start take."""

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.ports import wait_for_port

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator, Mapping, Sequence

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_EVERY_S = 0.5


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
    return sum(sum(map(int, fields[11:15])) / _TICKS for fields in _family(root).values())


def peak_kb(root: int) -> int:
    """Add up the most that a process and its living descendants have each held, as the kernel has it."""
    return sum(map(_peak_kb, _family(root)))


def watched(root: int, over: threading.Event) -> dict[str, float]:
    """Look at a process and its descendants until `over` is set.

    Returns:
        `megabytes`: the most that were resident at once, pages shared between processes counted in
        each; `processes`: the most processes.
    """
    peak = {"megabytes": 0.0, "processes": 0.0}
    while not over.wait(_EVERY_S):
        family = _family(root)
        # Field 24 of proc(5), in pages.
        resident = sum(int(fields[21]) for fields in family.values()) * _PAGE_BYTES
        peak["megabytes"] = max(peak["megabytes"], resident / 1e6)
        peak["processes"] = max(peak["processes"], len(family))
    return peak


def _family(root: int) -> dict[int, list[str]]:
    """Return a process and its descendants, each with what `/proc/<pid>/stat` says behind its name."""
    found: dict[int, list[str]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it ended a moment ago
            # The name stands in brackets and may hold blanks; what follows it does not.
            found[int(stat.parent.name)] = stat.read_text().rpartition(")")[2].split()
    family = {root} & found.keys()
    while more := {pid for pid, fields in found.items() if int(fields[1]) in family} - family:
        family |= more
    return {pid: found[pid] for pid in family}


def _peak_kb(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM")), 0)
