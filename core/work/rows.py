"""The rows: their states, and every change that a worker makes to them."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import structlog
from django.apps import apps
from django.core import checks
from django.db import connections, models, transaction
from django.db.models import Count, F, Min, Q

if TYPE_CHECKING:
    from collections.abc import Mapping

log = structlog.get_logger(__name__)

# A row that killed its worker this often will kill the next one too.
MAX_STRIKES = 5
BACKOFF_BASE_S = 1.0
# A service that is back is noticed within a minute.
BACKOFF_CAP_S = 60.0
# Long errors are for logs; a list shows one line.
MAX_ERROR_LENGTH = 2_000


class WorkState(models.TextChoices):
    """Where a row of work stands."""

    WAITING = "waiting", "Waiting"
    LEASED = "leased", "In work"
    DONE = "done", "Done"
    DEAD = "dead", "Given up"


class LeaseLost(Exception):
    """Another worker holds the row by now: roll back and touch it no more."""


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
    return queryset_of(source).filter(not_before__lte=now).order_by("not_before", "pk")


@dataclass(frozen=True, slots=True)
class Backlog:
    """How much of one kind is not over; `oldest_due_at` is None when nothing is due."""

    waiting: int
    leased: int
    due: int
    oldest_due_at: datetime | None


def backlog(model: type[LeasedWork], *, now: datetime) -> Backlog:
    """Count what is not over; costs one walk along the index of open rows."""
    still_open = queryset_of(model).filter(not_before__isnull=False)
    is_due = Q(not_before__lte=now)
    found = still_open.aggregate(
        waiting=Count("pk", filter=Q(work_state=WorkState.WAITING)),
        leased=Count("pk", filter=Q(work_state=WorkState.LEASED)),
        due=Count("pk", filter=is_due),
        oldest_due_at=Min("not_before", filter=is_due),
    )
    return Backlog(**found)


def claim(
    source: type[W] | models.QuerySet[W], *, limit: int, now: datetime, lease_s: float
) -> list[W]:
    """Take up to `limit` due rows for `lease_s` seconds; nobody else gets them meanwhile.

    A row with a strike comes alone: were it to kill the worker again, it would take the innocent
    rows of its batch with it, and after a few rounds all of them would be given up. A row whose
    lease ran out for the last time is given up here and not returned.
    """
    queryset = queryset_of(source)
    until = now + timedelta(seconds=lease_s)
    with transaction.atomic(using=queryset.db):
        rows = due(queryset, now=now)
        if connections[queryset.db].features.has_select_for_update_skip_locked:
            # Saves two workers from waiting for each other; what is right does not depend on it.
            rows = rows.select_for_update(skip_locked=True, of=("self",))
        found = list(rows[:limit])
        if clean := list(takewhile(_is_clean, found)):
            return clean if _lease(clean, now=now, until=until) else []
        return [row for row in found[:1] if _lease_again(row, now=now, until=until)]


def _lease(rows: list[W], *, now: datetime, until: datetime) -> bool:
    """Lease clean rows, or none of them, with one statement for all of the same attempt.

    Where rows cannot be locked, one may have been claimed (another attempt), finished (null) or
    postponed (later) since it was read; whoever comes next finds the others.
    """
    by_attempt: dict[int, list[W]] = defaultdict(list)
    for row in rows:
        by_attempt[row.attempt].append(row)
    for attempt, alike in by_attempt.items():
        fields = {"work_state": WorkState.LEASED, "not_before": until, "attempt": attempt + 1}
        due_still = type(alike[0])._base_manager.filter(
            not_before__lte=now, attempt=attempt, pk__in=[row.pk for row in alike]
        )
        if due_still.update(**fields) != len(alike):
            transaction.set_rollback(True, using=due_still.db)
            return False
        for row in alike:
            _mirror(row, fields)
    return True


def _lease_again(row: LeasedWork, *, now: datetime, until: datetime) -> bool:
    """Lease a row whose worker vanished or that has a strike, or give it up."""
    vanished = row.work_state == WorkState.LEASED
    if vanished and row.strikes + 1 >= MAX_STRIKES:
        _bury(row, now=now)
        return False
    return bool(
        _update(
            row,
            Q(not_before__lte=now),
            work_state=WorkState.LEASED,
            not_before=until,
            attempt=row.attempt + 1,
            strikes=row.strikes + vanished,
        )
    )


def renew(row: LeasedWork, *, now: datetime, lease_s: float) -> bool:
    """Hold the row for another `lease_s` seconds; False says that it is no longer ours.

    The row in memory stays as it is: another thread may be finishing it at this moment.
    """
    manager = type(row)._base_manager
    held = manager.filter(pk=row.pk, attempt=row.attempt, work_state=WorkState.LEASED)
    return bool(held.update(not_before=now + timedelta(seconds=lease_s)))


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


def rearm(queryset: models.QuerySet[W], *, now: datetime, **fields: Any) -> int:
    """Make rows due anew with a clean record, and return how many; `wake` is up to the caller.

    The next attempt number fences off a worker that may still hold one of them.
    """
    return queryset.update(
        work_state=WorkState.WAITING,
        not_before=now,
        attempt=F("attempt") + 1,
        strikes=0,
        last_error="",
        **fields,
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
        _mirror(row, fields)
    return hit


def _mirror(row: LeasedWork, fields: Mapping[str, Any]) -> None:
    for name, value in fields.items():
        setattr(row, name, value)


def _is_clean(row: LeasedWork) -> bool:
    return row.strikes == 0 and row.work_state == WorkState.WAITING


def queryset_of(source: type[W] | models.QuerySet[W]) -> models.QuerySet[W]:
    """Return the queryset itself, or the model's default one."""
    if isinstance(source, models.QuerySet):
        return source
    return source._default_manager.all()
