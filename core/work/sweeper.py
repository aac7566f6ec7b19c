"""The thread in each worker that finds due work by itself, so that no message has to arrive."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import structlog
from django.db import Error as DatabaseError
from django.db import close_old_connections, connections

from core.work.loop import keep_alive
from core.work.rows import LeasedWork, due, kinds
from core.work.waking import wake

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

log = structlog.get_logger(__name__)

TICK_S = 1.0


class Sweeper(threading.Thread):
    """Renews the leases of this process and wakes, about once a second, each kind that has due rows.

    Due are the rows whose message got lost, whose time has come (`not_before`), and whose worker
    died (its lease ended). A wake-up too many costs one empty query.

    Args:
        clock: Tells the time.
        at_start: What a worker does once at its start; while the database is away, at each tick.
        tick_s: Seconds between two sweeps.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], datetime],
        at_start: Callable[[], None] | None = None,
        tick_s: float = TICK_S,
    ) -> None:
        super().__init__(name="work-sweeper", daemon=True)
        self._clock = clock
        self._at_start = at_start
        self._tick_s = tick_s
        self._stopped = threading.Event()

    def run(self) -> None:
        """Sweep until `stop`; a database that is away is asked again at the next tick."""
        while not self._stopped.wait(self._tick_s):
            try:
                keep_alive(now=self._clock())
                sweep(now=self._clock())
                if self._at_start is not None:
                    self._at_start()
                    self._at_start = None
            except DatabaseError as exc:
                log.warning("work.sweep_failed", error=repr(exc))
                # A broken connection would fail for ever; Django opens a new one when asked next.
                connections.close_all()
            except Exception:
                # A bug must be seen, and must not end the one thread that finds what got lost.
                log.exception("work.sweep_broken")
            finally:
                # Nobody else does this for a thread outside of requests and tasks.
                close_old_connections()
        connections.close_all()

    def stop(self) -> None:
        """Let the thread end at its next tick."""
        self._stopped.set()


def sweep(*, now: datetime) -> list[type[LeasedWork]]:
    """Wake every kind of work that has due rows, and return those kinds."""
    found = [model for model in kinds() if due(model, now=now).exists()]
    for model in found:
        wake(model)
    return found
