"""Starting executions for deliveries no faster than the account's bucket allows.

What AWS refuses counts against everybody in the account: a queue of thousands, drained by many
threads, would spend its time on being refused. So a worker draws a start before it asks. A process
draws a few at a time, which keeps the bucket's row out of the way, and may use the last of them
later: so few that AWS's answer to one start too many is cheaper than giving them back.
"""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import structlog
from django.conf import settings

from executions.services import buckets

if TYPE_CHECKING:
    from collections.abc import Callable

log = structlog.get_logger(__name__)

_API = "StartExecution"
# As many as a worker claims rows at once.
_DRAWN_AT_ONCE = 20


class Drawer:
    """A process's hand in the bucket; its threads share it.

    Args:
        clock: Tells the time. Machines whose clocks differ see the bucket fuller by that much.
        sleep: Waits for so many seconds. No other thread of this process gets on meanwhile: each
            would wait for the same.
    """

    def __init__(self, *, clock: Callable[[], datetime], sleep: Callable[[float], None]) -> None:
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._drawn = 0

    def draw(self) -> None:
        """Return once one more execution may be started; waits while the bucket is empty."""
        with self._lock:
            while not self._drawn:
                self._drawn = buckets.draw(_API, wanted=_DRAWN_AT_ONCE, now=self._clock())
                if not self._drawn:
                    # Until there is one for each thread of a worker.
                    self._sleep(max(_DRAWN_AT_ONCE / 2 / settings.AWS_BUCKET_PER_S, 0.01))
            self._drawn -= 1

    def throttled(self) -> None:
        """Note that AWS refused a start: somebody else draws on the account, too."""
        with self._lock:
            self._drawn = 0
            buckets.empty(_API, now=self._clock())
        log.warning("executions.starts_throttled")


def _now() -> datetime:
    return datetime.now(UTC)


_drawer = Drawer(clock=_now, sleep=time.sleep)


def draw_start() -> None:
    """Return once one more execution may be started. Call it outside any transaction: it waits."""
    _drawer.draw()


def starts_throttled() -> None:
    """Let the bucket count as empty, for AWS says that it is."""
    _drawer.throttled()
