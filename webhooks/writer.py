"""Who stores the endpoint's batches: the event loop itself where it can, else a thread.

On PostgreSQL the loop sends the INSERT over a connection of its own and waits for nobody
(webhooks/services/postgresql_loop.py). The thread is the way of SQLite, of the time before that
connection stands, and of every batch for which it was not a plain success: the thread's way
reconnects, finds the one row that is to blame, and says what is wrong.
"""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import structlog
from django.db import Error, connection, connections
from django.db.backends.signals import connection_created

from webhooks import services

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.backends.base.base import BaseDatabaseWrapper

    from webhooks.services.postgresql_loop import LoopInsertion

log = structlog.get_logger(__name__)

THREAD = "webhooks-writer"
# A statement that waits for longer (a lock, a disk) is given up; GitHub hangs up after 10 s.
STATEMENT_TIMEOUT_S = 5
# A thread that takes longer is not waited for: connecting to a database that is away takes it 5 s.
_PATIENCE_S = 8.0
# A database that is away is not asked for the loop's own connection more often.
_CONNECT_EVERY_S = 1.0


class Writer:
    """Takes batches in, one after the other; one for each event loop."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, THREAD)
        self._insertion: LoopInsertion | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._connect_at = 0.0
        connection_created.connect(_limit_statements, dispatch_uid=THREAD)

    @property
    def has_own_connection(self) -> bool:
        """Whether the loop stores by itself, as far as it knows."""
        return self._insertion is not None and self._insertion.is_open

    def close(self) -> None:
        """Let go of connection and thread, once all is answered."""
        if self._insertion is not None:
            self._insertion.close(services.NotInserted("closed"))
        self._thread.submit(connections.close_all).result()  # those of that thread
        self._thread.shutdown()

    async def take_in(self, arrivals: Sequence[services.Arrival]) -> list[services.Answer]:
        """As `services.take_in`."""
        loop = asyncio.get_running_loop()
        insertion = self._insertion
        if insertion is not None and self.has_own_connection:
            try:
                new = await insertion.insert_new(services.rows_of(arrivals))
            except services.TimedOut as exc:
                log.warning("webhooks.deliveries_not_stored", count=len(arrivals), error=str(exc))
                return [services.unavailable()] * len(arrivals)
            except services.NotInserted as exc:
                log.info("webhooks.batch_repeated", count=len(arrivals), error=str(exc))
            else:
                return services.answers_of(arrivals, new)
        elif connection.vendor == "postgresql" and self._connecting is None:
            self._connect(loop)
        return await self._take_in_by_thread(loop, arrivals)

    async def _take_in_by_thread(
        self, loop: asyncio.AbstractEventLoop, arrivals: Sequence[services.Arrival]
    ) -> list[services.Answer]:
        """As `services.take_in`; a thread that does not come back is left to itself.

        A database that is frozen, or whose host is gone without a word, keeps it for as long as it
        likes, and everybody who waits behind it. What it stores in the end was not answered with
        202, so that it may come again and is a duplicate then.
        """
        storing = loop.run_in_executor(self._thread, services.take_in, arrivals)
        await asyncio.wait({storing}, timeout=_PATIENCE_S)
        if storing.done():
            return storing.result()
        log.warning("webhooks.deliveries_not_stored", count=len(arrivals), error="no answer")
        self._thread.shutdown(wait=False)
        self._thread = ThreadPoolExecutor(1, THREAD)
        return [services.unavailable()] * len(arrivals)

    def _connect(self, loop: asyncio.AbstractEventLoop) -> None:
        if loop.time() >= self._connect_at:
            self._connect_at = loop.time() + _CONNECT_EVERY_S
            self._connecting = loop.create_task(self._open(loop))

    async def _open(self, loop: asyncio.AbstractEventLoop) -> None:
        from webhooks.services import postgresql_loop  # noqa: PLC0415 -- only where it is

        try:
            self._insertion = await postgresql_loop.open_in(
                loop, statement_timeout_s=STATEMENT_TIMEOUT_S
            )
        except Error as exc:
            # Deliveries are taken in by the thread meanwhile.
            log.warning("webhooks.no_connection_of_the_loop", error=str(exc))
        finally:
            self._connecting = None


def _limit_statements(connection: BaseDatabaseWrapper, **_signal: object) -> None:
    """Bound what the thread waits for, on each connection that it opens, the first and later ones."""
    is_writer = threading.current_thread().name.startswith(THREAD)
    if is_writer and connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SET statement_timeout = '{STATEMENT_TIMEOUT_S}s'")
