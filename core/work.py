"""Durable work: the database row is the truth, a Celery message only wakes a worker.

A model that derives from `LeasedWork` is a queue. Its life: `waiting` → `leased` → `done`, or back
to `waiting` with a later `not_before`, or `dead` with a reason. Whoever claims a row holds it until
its lease ends and has its `attempt` number as a fence: a worker that comes back after its lease went
to another finds that its number is old (`LeaseLost`) and changes nothing. So work may *start* twice,
never *end* twice; what it calls outside must bear a repetition.

How an app uses it::

    class Import(LeasedWork):                          # models.py
        work_task = "costs.tasks.import_runs"

    Import.objects.create(not_before=now, ...)         # services.py, in a transaction
    work.wake(Import)                                  # sent after the commit; may get lost

    @shared_task                                       # tasks.py
    def import_runs() -> None:
        from costs import services
        work.work_off(Import, services.import_run, clock=timezone.now, lease_s=60)

    def import_run(row: Import, now: datetime) -> None:     # services.py
        item = dynamodb.get_item(...)                  # network first, outside any transaction
        with transaction.atomic():
            ...                                        # all effects and the end commit together:
            work.finish(row)                           # LeaseLost rolls them back

Nothing depends on the broker: the sweeper of each worker (core/sweeper.py) looks every second for
due rows. A row stops after `MAX_STRIKES` strikes: an attempt that vanished (the worker died, its
lease ran out), raised something unforeseen, or was postponed with `strike=True`.
"""

from __future__ import annotations

import random
import time
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from itertools import takewhile
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import structlog
from celery import current_app
from django.apps import apps
from django.core import checks
from django.db import DatabaseError, OperationalError, connections, models, router, transaction
from django.db.models import F, Q

if TYPE_CHECKING:
    from collections.abc import Callable

log = structlog.get_logger(__name__)

# A row that killed its worker this often will kill the next one too.
MAX_STRIKES = 5
BACKOFF_BASE_S = 1.0
# A service that is back is noticed within a minute.
BACKOFF_CAP_S = 60.0
# Long errors are for logs; a list shows one line.
MAX_ERROR_LENGTH = 2_000
# A message older than this wakes nobody: the sweeper has sent newer ones.
WAKE_EXPIRES_S = 60
# While the broker is away, do not let each request find out by a timeout of its own.
BROKER_PAUSE_S = 10.0


class WorkState(models.TextChoices):
    """Where a row of work stands."""

    WAITING = "waiting", "Waiting"
    LEASED = "leased", "In work"
    DONE = "done", "Done"
    DEAD = "dead", "Given up"


class LeaseLost(Exception):
    """Another worker holds the row by now: roll back and touch it no more."""


class TryLater(Exception):
    """The service behind this work is away or asks for patience; the row itself is not to blame.

    Raised by a handler of `work_off`: the row and the rest of its batch are postponed without a
    strike, because the next row would wait for the same timeout.
    """


class LeasedWork(models.Model):
    """A row that workers claim, one at a time and for a limited while.

    Subclasses set `work_task` and keep this Meta's indexes and constraints when they add their own.
    """

    # Full name of the Celery task that works off this model.
    work_task: ClassVar[str]

    work_state = models.CharField(
        max_length=8, choices=WorkState.choices, default=WorkState.WAITING, editable=False
    )
    # When the row may be claimed: of a waiting row, its next attempt; of a leased row, the end of
    # the lease; null once nothing is left to do. One column, so that one small index finds both.
    not_before = models.DateTimeField(null=True, blank=True, editable=False)
    # Counts the claims; the fence.
    attempt = models.PositiveIntegerField(default=0, editable=False)
    strikes = models.PositiveSmallIntegerField(default=0, editable=False)
    last_error = models.TextField(blank=True, default="", editable=False)

    class Meta:
        abstract = True
        indexes = [
            models.Index(
                fields=["not_before"],
                condition=Q(not_before__isnull=False),
                name="%(class)s_due",
            )
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    work_state__in=[WorkState.WAITING, WorkState.LEASED],
                    not_before__isnull=False,
                )
                | Q(work_state__in=[WorkState.DONE, WorkState.DEAD], not_before__isnull=True),
                name="%(class)s_work_is_due_or_over",
            )
        ]

    def dead_fields(self, reason: str) -> dict[str, Any]:  # noqa: ARG002 -- for subclasses
        """Return what else changes in the row when it is given up, for example its status."""
        return {}

    @classmethod
    def check(cls, **kwargs: Any) -> list[checks.CheckMessage]:
        """Report a subclass that nobody would wake or whose due rows no index finds."""
        found = super().check(**kwargs)
        if not getattr(cls, "work_task", ""):
            found.append(checks.Error("work_task is not set.", obj=cls, id="core.E001"))
        if not any(index.name.endswith("_due") for index in cls._meta.indexes):
            found.append(
                checks.Error("Meta.indexes lost LeasedWork's index.", obj=cls, id="core.E002")
            )
        return found


W = TypeVar("W", bound=LeasedWork)


def kinds() -> list[type[LeasedWork]]:
    """Return every model that is a queue, in order of registration."""
    return [model for model in apps.get_models() if issubclass(model, LeasedWork)]


def due(source: type[W] | models.QuerySet[W], *, now: datetime) -> models.QuerySet[W]:
    """Return the rows that may be claimed, longest due first."""
    return _queryset(source).filter(not_before__lte=now).order_by("not_before", "pk")


def claim(
    source: type[W] | models.QuerySet[W], *, limit: int, now: datetime, lease_s: float
) -> list[W]:
    """Take up to `limit` due rows for `lease_s` seconds; nobody else gets them meanwhile.

    A row with a strike comes alone: were it to kill the worker again, it would take the innocent
    rows of its batch with it, and after a few rounds all of them would be given up. A row whose
    lease ran out for the last time is given up here and not returned.
    """
    queryset = _queryset(source)
    claimed = []
    with transaction.atomic(using=queryset.db):
        rows = due(queryset, now=now)
        if connections[queryset.db].features.has_select_for_update_skip_locked:
            # Saves two workers from waiting for each other; what is right does not depend on it.
            rows = rows.select_for_update(skip_locked=True, of=("self",))
        found = list(rows[:limit])
        for row in list(takewhile(_is_clean, found)) or found[:1]:
            vanished = row.work_state == WorkState.LEASED
            if vanished and row.strikes + 1 >= MAX_STRIKES:
                _bury(row, now=now)
                continue
            # Since it was read, the row may have been claimed (another attempt), finished (null) or
            # postponed (later): then this hits nothing.
            hit = _update(
                row,
                Q(not_before__lte=now),
                work_state=WorkState.LEASED,
                not_before=now + timedelta(seconds=lease_s),
                attempt=F("attempt") + 1,
                strikes=row.strikes + vanished,
            )
            if hit:
                row.attempt += 1
                claimed.append(row)
    return claimed


def renew(row: LeasedWork, *, now: datetime, lease_s: float) -> None:
    """Hold the row for another `lease_s` seconds.

    Raises:
        LeaseLost: It is somebody else's already.
    """
    _settle(row, work_state=WorkState.LEASED, not_before=now + timedelta(seconds=lease_s))


def finish(row: LeasedWork, **fields: Any) -> None:
    """Mark the row done and save `fields` with it; call it last in the work's own transaction.

    Raises:
        LeaseLost: The lease ran out and another worker has the row; nothing was saved.
    """
    _settle(row, work_state=WorkState.DONE, not_before=None, last_error="", **fields)


def postpone(
    row: LeasedWork, *, not_before: datetime, error: str, strike: bool = False, **fields: Any
) -> None:
    """Give the row back, to be claimed again from `not_before` on; see `retry_at`.

    Args:
        row: A claimed row.
        not_before: When it is due again.
        error: Why, in words for whoever reads the list.
        strike: Whether this attempt counts against the row; the last strike gives it up.
        fields: Other columns to save.

    Raises:
        LeaseLost: As in `finish`.
    """
    if strike and row.strikes + 1 >= MAX_STRIKES:
        give_up(row, reason=error, **fields)
        return
    _settle(
        row,
        work_state=WorkState.WAITING,
        not_before=not_before,
        strikes=row.strikes + strike,
        last_error=error[:MAX_ERROR_LENGTH],
        **fields,
    )


def give_up(row: LeasedWork, *, reason: str, **fields: Any) -> None:
    """Stop trying, for the stated reason.

    Raises:
        LeaseLost: As in `finish`.
    """
    reason = reason[:MAX_ERROR_LENGTH]
    log.warning("work.given_up", kind=row._meta.label, pk=row.pk, reason=reason)
    _settle(
        row,
        work_state=WorkState.DEAD,
        not_before=None,
        last_error=reason,
        **(row.dead_fields(reason) | fields),
    )


def backoff(attempt: int, *, jitter: float) -> timedelta:
    """Return the pause after the `attempt`-th try: doubling from 1 s to 60 s, less up to half.

    Args:
        attempt: 1 for the first try.
        jitter: From 0 to 1, spreads those who failed together.
    """
    # The exponent is capped before the power: 2 ** 10,000 is a number, but not a float.
    whole = min(BACKOFF_CAP_S, BACKOFF_BASE_S * 2 ** min(max(attempt - 1, 0), 16))
    return timedelta(seconds=whole * (1 - jitter / 2))


def retry_at(row: LeasedWork, *, now: datetime) -> datetime:
    """Return when this row should be tried again after a failure at `now`."""
    return now + backoff(row.attempt, jitter=random.random())  # noqa: S311 -- not a secret


def work_off(
    source: type[W] | models.QuerySet[W],
    handle: Callable[[W, datetime], None],
    *,
    clock: Callable[[], datetime],
    lease_s: float,
    batch: int = 20,
    run_s: float = 20.0,
) -> int:
    """Claim batches of due rows and hand each row to `handle` until nothing is due.

    `handle(row, now)` ends each row by `finish`, `postpone` or `give_up`, or raises `TryLater`. Any
    other exception is logged as the bug it is and costs the row a strike. A lease is renewed when
    half of it is over, so one row may take `lease_s / 2` and a batch as long as it takes.

    Args:
        source: The model, or a queryset of it (for example one that defers a large column).
        handle: The service that works one row; called outside any transaction.
        clock: Tells the time; tasks pass `timezone.now`.
        lease_s: How long a dead worker keeps a row from the others.
        batch: How many rows are claimed by one transaction.
        run_s: After this long the task ends and wakes another, so that no kind of work starves.

    Returns:
        The number of rows handed to `handle`.
    """
    handled = 0
    ends_at = clock() + timedelta(seconds=run_s)
    while rows := claim(source, limit=batch, now=clock(), lease_s=lease_s):
        for index, row in enumerate(rows):
            try:
                _work_one(row, handle, clock=clock, lease_s=lease_s)
            except TryLater as exc:
                _let_go(rows[index:], error=str(exc), now=clock())
                return handled
            except OperationalError:
                # The database went away or stayed locked; these rows did nothing wrong.
                with suppress(DatabaseError):
                    _let_go(rows[index:], error="The database was busy.", now=clock())
                raise
            handled += 1
        if clock() >= ends_at:
            wake(_queryset(source).model)
            break
    return handled


def wake(model: type[LeasedWork]) -> None:
    """Tell a worker, once the current transaction commits, that rows of this model are due.

    Never raises and never waits long: when the broker is away the sweepers find the rows, and for
    the next `BROKER_PAUSE_S` seconds this process does not even try.
    """
    transaction.on_commit(
        partial(_send_wake, model.work_task), using=router.db_for_write(model), robust=True
    )


_broker_back_at = 0.0


def _send_wake(task: str) -> None:
    global _broker_back_at  # noqa: PLW0603 -- one broker a process; a lost update costs one timeout
    if time.monotonic() < _broker_back_at:
        return
    try:
        current_app.send_task(task, expires=WAKE_EXPIRES_S, ignore_result=True, retry=False)
    except Exception as exc:  # noqa: BLE001 -- every transport has its own errors; the row is safe
        _broker_back_at = time.monotonic() + BROKER_PAUSE_S
        log.warning("work.broker_unavailable", task=task, error=repr(exc))


def _work_one(
    row: W,
    handle: Callable[[W, datetime], None],
    *,
    clock: Callable[[], datetime],
    lease_s: float,
) -> None:
    now = clock()
    try:
        if row.not_before is not None and now >= row.not_before - timedelta(seconds=lease_s / 2):
            renew(row, now=now, lease_s=lease_s)
        handle(row, now)
        if row.work_state == WorkState.LEASED:
            message = f"{handle!r} left the row neither finished, postponed nor given up"
            raise RuntimeError(message)
    except LeaseLost:
        log.warning("work.lease_lost", kind=row._meta.label, pk=row.pk, attempt=row.attempt)
    except (TryLater, OperationalError):
        raise
    except Exception as exc:
        log.exception("work.attempt_failed", kind=row._meta.label, pk=row.pk, attempt=row.attempt)
        now = clock()
        with suppress(LeaseLost):
            postpone(
                row,
                not_before=retry_at(row, now=now),
                error=f"{type(exc).__name__}: {exc}",
                strike=True,
            )


def _let_go(rows: list[W], *, error: str, now: datetime) -> None:
    for row in rows:
        with suppress(LeaseLost):
            postpone(row, not_before=retry_at(row, now=now), error=error)


def _bury(row: LeasedWork, *, now: datetime) -> None:
    reason = (
        f"Given up: {MAX_STRIKES} attempts ended badly, the last one without a word"
        f" (its worker died or took longer than its lease). Before that: {row.last_error or '-'}"
    )
    log.warning("work.given_up", kind=row._meta.label, pk=row.pk, reason=reason)
    _update(
        row,
        Q(not_before__lte=now),
        work_state=WorkState.DEAD,
        not_before=None,
        strikes=row.strikes + 1,
        last_error=reason,
        **row.dead_fields(reason),
    )


def _settle(row: LeasedWork, **fields: Any) -> None:
    if not _update(row, Q(work_state=WorkState.LEASED), **fields):
        message = f"{row._meta.label} {row.pk}: attempt {row.attempt} no longer holds the lease"
        raise LeaseLost(message)


def _update(row: LeasedWork, condition: Q, **fields: Any) -> int:
    """Change the row where it still is at our attempt; mirror the change in memory."""
    manager = type(row)._base_manager
    hit = manager.filter(condition, pk=row.pk, attempt=row.attempt).update(**fields)
    if hit:
        for name, value in fields.items():
            if not isinstance(value, F):
                setattr(row, name, value)
    return hit


def _is_clean(row: LeasedWork) -> bool:
    return row.strikes == 0 and row.work_state == WorkState.WAITING


def _queryset(source: type[W] | models.QuerySet[W]) -> models.QuerySet[W]:
    if isinstance(source, models.QuerySet):
        return source
    return source._default_manager.all()
