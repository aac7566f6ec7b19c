"""The INSERT of `webhooks.services.postgresql`, waited for by an event loop instead of a thread.

A thread costs a delivery more than the database does: two hand-overs, and its turn at the
interpreter's lock while the loop checks what arrives (docs/adr/0013). So the loop sends the
statement itself and reads the answer when the socket has it. This is libpq's own asynchronous
interface and nothing more: https://www.postgresql.org/docs/current/libpq-async.html

It only ever does one thing, and only when all is well. Whatever is not a plain success ends as an
exception, and its caller has another way: `insert_new`, in a thread, which reconnects, finds the row
that is to blame, and says what is wrong.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, cast
from uuid import UUID

from django.db import connection
from psycopg import Error, OperationalError, errors
from psycopg.pq import DiagnosticField, ExecStatus, Format

from webhooks.services import postgresql
from webhooks.services.insertion import NotInserted, TimedOut

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Mapping, Sequence
    from typing import Any

    from psycopg import Connection
    from psycopg.pq.abc import PGconn, PGresult

# As pg_stat_activity shows it.
APPLICATION_NAME = "ghadmin webhooks"
_STATEMENT = b"webhooks_insert"
# A server that is asked to give a statement up after 5 s has said so by then, or is not there.
_GRACE_S = 1.0


async def open_in(loop: asyncio.AbstractEventLoop, *, statement_timeout_s: float) -> LoopInsertion:
    """Open a connection for a loop.

    Args:
        loop: That runs this.
        statement_timeout_s: After so long the server gives an INSERT up.

    Raises:
        django.db.Error: The database is away, or keeps no prepared statements.
    """
    opened = await loop.run_in_executor(None, _connect, statement_timeout_s)
    return LoopInsertion(loop, opened, patience_s=statement_timeout_s + _GRACE_S)


class LoopInsertion:
    """One connection that inserts batches, one after the other."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, opened: Connection[Any], *, patience_s: float
    ) -> None:
        self._loop = loop
        self._patience_s = patience_s
        self._opened = opened  # which closes its pgconn once nobody holds it
        self._pgconn: PGconn = opened.pgconn
        self._socket = self._pgconn.socket
        self._answered: asyncio.Future[set[UUID]] | None = None
        self._result: PGresult | None = None
        self._timer: asyncio.TimerHandle | None = None
        loop.add_reader(self._socket, self._read)

    @property
    def is_open(self) -> bool:
        """Whether nothing is known to be wrong with it."""
        return not self._opened.closed

    def insert_new(self, rows: Sequence[Mapping[str, Any]]) -> asyncio.Future[set[UUID]]:
        """Send the rows off; the result is that of `insertion.insert_new`, once it is committed.

        The future raises NotInserted or TimedOut; then the rows may be stored or not.

        Raises:
            NotInserted: Nothing was sent: a value cannot be written, or the last batch is not
                answered yet.
        """
        if self._answered is not None:
            message = "one batch at a time"
            raise NotInserted(message)
        try:
            parameters = postgresql.parameters(rows)
        except (TypeError, ValueError, struct.error) as exc:
            raise NotInserted(str(exc)) from exc
        answered = self._answered = self._loop.create_future()
        self._timer = self._loop.call_later(self._patience_s, self.close, TimedOut())
        try:
            self._pgconn.send_query_prepared(
                _STATEMENT,
                parameters,
                param_formats=[Format.BINARY] * len(parameters),
                result_format=Format.BINARY,
            )
            self._flush()
        except OperationalError as exc:
            self.close(NotInserted(str(exc)))
        return answered

    def close(self, reason: NotInserted) -> None:
        """Give the connection up, and with it what it was asked for last."""
        self._loop.remove_reader(self._socket)
        self._loop.remove_writer(self._socket)
        self._opened.close()
        if answered := self._over():
            answered.set_exception(reason)

    def _over(self) -> asyncio.Future[set[UUID]] | None:
        """Return who waits for the answer, if anybody still does; from now on nobody does."""
        answered, self._answered = self._answered, None
        if self._timer is not None:
            self._timer.cancel()
        return None if answered is None or answered.done() else answered

    def _flush(self) -> None:
        if self._pgconn.flush():  # the socket takes no more for now
            self._loop.add_writer(self._socket, self._flush_on)

    def _flush_on(self) -> None:
        self._loop.remove_writer(self._socket)
        try:
            self._flush()
        except OperationalError as exc:
            self.close(NotInserted(str(exc)))

    def _read(self) -> None:
        try:
            self._pgconn.consume_input()
            while self._answered is not None and not self._pgconn.is_busy():
                result = self._pgconn.get_result()
                if result is None:  # that was all of this statement
                    self._settle()
                else:
                    self._result = result
        except OperationalError as exc:
            self.close(NotInserted(str(exc)))

    def _settle(self) -> None:
        result, self._result = self._result, None
        answered = self._over()
        if answered is None or result is None:
            return
        try:
            _check(result, ExecStatus.TUPLES_OK)
        except errors.QueryCanceled as exc:
            answered.set_exception(TimedOut(str(exc)))
        except Error as exc:
            answered.set_exception(NotInserted(str(exc)))
        else:
            guids = (cast("bytes", result.get_value(row, 0)) for row in range(result.ntuples))
            answered.set_result({UUID(bytes=guid) for guid in guids})


def _connect(statement_timeout_s: float) -> Connection[Any]:
    with connection.wrap_database_errors:
        return _prepared(
            connection.get_new_connection(connection.get_connection_params()), statement_timeout_s
        )


def _prepared(opened: Connection[Any], statement_timeout_s: float) -> Connection[Any]:
    try:
        opened.autocommit = True
        opened.execute(f"SET application_name = '{APPLICATION_NAME}'")
        opened.execute(f"SET statement_timeout = {statement_timeout_s * 1_000:.0f}")
        prepared = opened.pgconn.prepare(_STATEMENT, postgresql.statement().encode())
        _check(prepared, ExecStatus.COMMAND_OK)
        opened.pgconn.nonblocking = 1
    except BaseException:
        opened.close()
        raise
    return opened


def _check(result: PGresult, expected: ExecStatus) -> None:
    if result.status == expected:
        return
    sqlstate = (result.error_field(DiagnosticField.SQLSTATE) or b"").decode()
    try:
        kind: type[Error] = errors.lookup(sqlstate)
    except KeyError:
        kind = OperationalError
    raise kind(result.get_error_message())
