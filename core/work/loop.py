"""The loop of a task: claim, hold, hand over, until nothing is due."""

from __future__ import annotations

import threading
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Generic

import structlog
from django.db import DatabaseError, OperationalError

from core.work.rows import (
    LeaseLost,
    W,
    WorkState,
    claim,
    postpone,
    queryset_of,
    renew,
    retry_at,
)
from core.work.waking import wake

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.db import models

log = structlog.get_logger(__name__)

# How long the work of a dead process stays untouched. A living one renews its leases (see _Batch).
LEASE_S = 20.0
# A row worked on for longer hangs: its lease is renewed no more, and the next worker has it.
MAX_HOLD_S = 600.0
# While thousands of rows are due, each kind gets a thread about so many seconds after its message:
# all threads are taken, and the messages of the last minute stand in one line.
RUN_S = 5.0


class TryLater(Exception):
    """The service behind this work is away or asks for patience; the row itself is not to blame.

    Raised by a handler of `work_off`: the row and the rest of its batch are postponed without a
    strike, because the next row would only wait for the same timeout.
    """


def work_off(
    source: type[W] | models.QuerySet[W],
    handle: Callable[[W, datetime], None],
    *,
    clock: Callable[[], datetime],
    lease_s: float = LEASE_S,
    batch: int = 20,
    run_s: float = RUN_S,
) -> int:
    """Claim batches of due rows and hand each row to `handle` until nothing is due.

    `handle(row, now)` ends each row by `finish`, `postpone` or `give_up`, or raises `TryLater`. Any
    other exception is logged as the bug it is and costs the row a strike.

    Args:
        source: The model, or a queryset of it (for example one that defers a large column).
        handle: The service that works one row; called outside any transaction.
        clock: Tells the time; tasks pass `timezone.now`.
        lease_s: How long a dead worker keeps its rows from the others.
        batch: How many rows are claimed by one transaction.
        run_s: After this long the task ends and wakes another, so that no kind of work starves.

    Returns:
        The number of rows handed to `handle`.
    """
    handled = 0
    ends_at = clock() + timedelta(seconds=run_s)
    while rows := claim(source, limit=batch, now=(now := clock()), lease_s=lease_s):
        with _holding(rows, now=now, lease_s=lease_s) as held:
            for index, row in enumerate(rows):
                now = clock()
                if not held.start(row, now=now):
                    log.warning("work.lease_lost", kind=row._meta.label, pk=row.pk)
                    continue
                try:
                    _work_one(row, handle, clock=clock)
                except TryLater as exc:
                    _let_go(rows[index:], error=str(exc), now=clock())
                    return handled
                except OperationalError:
                    # The database went away or stayed locked; these rows did nothing wrong.
                    with suppress(DatabaseError):
                        _let_go(rows[index:], error="The database was busy.", now=clock())
                    raise
                held.end(row)
                handled += 1
        if clock() >= ends_at:
            wake(queryset_of(source).model)
            break
    return handled


def keep_alive(*, now: datetime) -> None:
    """Renew the leases of whatever this process works on; the sweeper calls it at every tick."""
    with _batches_lock:
        batches = list(_batches)
    for held in batches:
        held.renew(now=now)


class _Batch(Generic[W]):
    """The rows of one batch that are not ended yet, and until when they are ours.

    A short lease frees the work of a dead process soon; renewing it while the process lives keeps
    slow work from being started twice, and from being taken for a row that kills its workers.
    """

    def __init__(self, rows: list[W], *, now: datetime, lease_s: float) -> None:
        self._rows = {row.pk: row for row in rows}
        self._lease = timedelta(seconds=lease_s)
        self._until = now + self._lease
        self._started_at = now
        self._lock = threading.Lock()

    def start(self, row: W, *, now: datetime) -> bool:
        """Note that work on the row begins; False says that it was lost while it waited."""
        self._started_at = now
        self.renew(now=now)
        return row.pk in self._rows

    def end(self, row: W) -> None:
        """Note that the row needs no lease any more."""
        with self._lock:
            self._rows.pop(row.pk, None)

    def renew(self, *, now: datetime) -> None:
        """Renew all leases once half of their time is over, and forget the rows that were lost."""
        with self._lock:
            if now < self._until - self._lease / 2:
                return
            if now > self._started_at + timedelta(seconds=MAX_HOLD_S):
                return
            for row in list(self._rows.values()):
                if not renew(row, now=now, lease_s=self._lease.total_seconds()):
                    del self._rows[row.pk]
            self._until = now + self._lease


_batches: set[_Batch[Any]] = set()  # of all kinds
_batches_lock = threading.Lock()


@contextmanager
def _holding(rows: list[W], *, now: datetime, lease_s: float) -> Iterator[_Batch[W]]:
    held = _Batch(rows, now=now, lease_s=lease_s)
    with _batches_lock:
        _batches.add(held)
    try:
        yield held
    finally:
        with _batches_lock:
            _batches.discard(held)


def _work_one(
    row: W, handle: Callable[[W, datetime], None], *, clock: Callable[[], datetime]
) -> None:
    try:
        handle(row, clock())
        if row.work_state == WorkState.LEASED:
            message = f"{handle!r} left the row neither finished, postponed nor given up"
            raise RuntimeError(message)
    except LeaseLost:
        log.warning("work.lease_lost", kind=row._meta.label, pk=row.pk, attempt=row.attempt)
    except (TryLater, OperationalError):
        raise
    except Exception as exc:
        log.exception("work.attempt_failed", kind=row._meta.label, pk=row.pk, attempt=row.attempt)
        with suppress(LeaseLost):
            postpone(
                row,
                not_before=retry_at(row, now=clock()),
                error=f"{type(exc).__name__}: {exc}",
                strike=True,
            )


def _let_go(rows: list[W], *, error: str, now: datetime) -> None:
    for row in rows:
        with suppress(LeaseLost):
            postpone(row, not_before=retry_at(row, now=now), error=error)
