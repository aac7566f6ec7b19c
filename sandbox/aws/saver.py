"""Saves every few seconds, without making anybody wait."""

import asyncio
import contextlib
import copy
import gc
import logging
import os
import signal
import time
import warnings
from pathlib import Path
from typing import Any

from sandbox.aws import snapshots
from sandbox.aws.interpreter import runs
from sandbox.aws.journal import Journal
from sandbox.aws.patching import replace

log = logging.getLogger("sandbox.aws")

# A copy that does not finish in this time hangs on a lock that some thread held when it was made.
_LONGEST_SAVE_S = 60.0

# Even when no request came: timers and queues change things too.
_SAVE_AT_LEAST_EVERY_S = 60.0

# More than one emulator ever has open.
_MOST_FILES = 65_536


class Saver:
    """Writes the state from a copy of this process, as Redis does.

    The copy is made on the event loop, between two requests and between two events of any
    execution, so it holds no half-done transaction; it takes a few milliseconds, and writing takes
    as long as it likes beside us. A thread here would see the state change while it reads.
    """

    def __init__(self, state_dir: Path, interval_s: float, journal: Journal) -> None:
        self._state_dir = state_dir
        self._journal = journal
        self._interval_s = interval_s
        self._touched = False
        self._saved_at = time.monotonic()

    def touch(self) -> None:
        """Something may have changed."""
        self._touched = True

    async def save_periodically(self) -> None:
        while True:
            await asyncio.sleep(self._interval_s)
            idle_s = time.monotonic() - self._saved_at
            if self._touched or runs.changed or idle_s > _SAVE_AT_LEAST_EVERY_S:
                await self._save_in_a_copy()

    def save_now(self) -> None:
        """Save in this process, once nothing moves any more."""
        promised = self._journal.begin_next()
        snapshots.save(self._state_dir, runs.changed)
        self._journal.forget(promised)

    async def _save_in_a_copy(self) -> None:
        self._touched = False
        self._saved_at = time.monotonic()
        promised = self._journal.begin_next()
        changed, pid = self._fork()
        try:
            saved = await _is_done(pid)
        except asyncio.CancelledError:
            # It must not write after the last save.
            _end(pid)
            saved = False
            raise
        finally:
            if not saved:
                self._touched = True
                with runs.lock:
                    runs.changed.update(changed)
        if saved:
            self._journal.forget(promised)
        else:
            log.error("the state was not saved; trying again in %s s", self._interval_s)

    def _fork(self) -> tuple[frozenset[str], int]:
        with runs.lock:
            changed = frozenset(runs.changed)
            runs.changed.clear()
            with warnings.catch_warnings():
                # Python 3.12 warns of locks that other threads hold: hence the time limit.
                warnings.simplefilter("ignore", DeprecationWarning)
                pid = os.fork()
            if pid == 0:
                self._write_and_exit(changed)
        return changed, pid

    def _write_and_exit(self, changed: frozenset[str]) -> None:
        status = 1
        try:
            # Nothing of the parent's may be finalised here.
            gc.disable()
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            # Sockets, pipes and the lock are the parent's; when it dies they must be free.
            os.closerange(3, _MOST_FILES)
            # Services copy all they have before it is written, lest it change meanwhile. This is
            # such a copy already, and copying was most of the work.
            replace(copy, "deepcopy", _as_it_is)
            snapshots.save(self._state_dir, changed)
            status = 0
        except BaseException:
            log.exception("saving the state")
        finally:
            os._exit(status)


def _as_it_is(value: Any, _memo: Any = None) -> Any:
    return value


async def _is_done(pid: int) -> bool:
    """Wait for a copy to end, and say whether it saved all."""
    give_up_at = time.monotonic() + _LONGEST_SAVE_S
    while time.monotonic() < give_up_at:
        found, status = os.waitpid(pid, os.WNOHANG)  # noqa: ASYNC222 -- does not wait
        if found == pid:
            return status == 0
        await asyncio.sleep(0.01)
    _end(pid)
    return False


def _end(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
