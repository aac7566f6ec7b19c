"""What is done again and again, one worker at a time: a row each, due anew at the end of a round.

A round does a turn of work, says where it stands, and gives its row back; so it yields to other
work, shows its progress, and survives its worker.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import structlog
from django.conf import settings
from django.db import OperationalError, transaction

from core import work
from core.github import GitHubNotConfigured
from ghkit.errors import GitHubRejected, GitHubUnavailable, ListTooLong, RateLimited
from webhooks.enums import RoutineName
from webhooks.models import Routine
from webhooks.services import counting, installation_rounds, recovery, retention

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from webhooks.services.turns import Turn

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Kind:
    """How a routine is done, and how long it rests between two rounds."""

    take_turn: Callable[[dict[str, Any], Callable[[], datetime]], Turn]
    rest: Callable[[], timedelta]


_KINDS: Final[Mapping[str, _Kind]] = {
    RoutineName.RECOVERY: _Kind(
        recovery.take_turn, lambda: timedelta(seconds=settings.RECOVERY_EVERY_S)
    ),
    RoutineName.INSTALLATIONS: _Kind(installation_rounds.take_turn, lambda: timedelta(hours=1)),
    RoutineName.RETENTION: _Kind(retention.take_turn, lambda: timedelta(hours=1)),
    RoutineName.COUNTING: _Kind(counting.take_turn, lambda: timedelta(seconds=30)),
}


def run_routines(*, clock: Callable[[], datetime]) -> int:
    """Take a turn of every routine that is due; return how many were."""

    def run(routine: Routine, now: datetime) -> None:
        run_routine(routine, now, clock=clock)

    # One at a time, so that a long one does not hold the others.
    return work.work_off(Routine, run, clock=clock, batch=1)


def run_routine(routine: Routine, now: datetime, *, clock: Callable[[], datetime]) -> None:
    """Take one turn of a routine, and say when the next is due.

    Raises:
        TryLater: GitHub did not answer.
        LeaseLost: Another worker has it.
    """
    kind = _KINDS[routine.name]
    try:
        turn = kind.take_turn(dict(routine.place), clock)
    except RateLimited as exc:
        work.postpone(routine, not_before=exc.retry_at, error=str(exc))
        return
    except GitHubUnavailable as exc:
        message = f"GitHub did not answer: {exc}"
        raise work.TryLater(message) from exc
    except (GitHubNotConfigured, GitHubRejected, ListTooLong) as exc:
        # No patience helps; the next round finds out whether somebody put it right.
        _end_round(routine, ended_at=now, next_at=now + kind.rest(), problem=str(exc))
        return
    except OperationalError:
        raise  # the database went away or stayed locked: soon again
    except Exception as exc:
        # A bug must be seen, and must not end what is done again and again for good.
        log.exception("webhooks.routine_failed", routine=routine.name)
        problem = f"{type(exc).__name__}: {exc}"
        _end_round(routine, ended_at=now, next_at=now + kind.rest(), problem=problem)
        return
    if turn.is_over:
        ended_at = clock()
        next_at = ended_at + kind.rest()
        _end_round(
            routine,
            ended_at=ended_at,
            next_at=min(next_at, turn.next_at or next_at),
            note=turn.note,
            problem="",
            place=turn.place,
        )
    else:
        # With a clean record: a long round outlives many workers.
        with transaction.atomic():
            work.finish(routine, place=turn.place)
            work.rearm(Routine.objects.filter(pk=routine.pk), now=turn.next_at or now)


def start_routines(*, now: datetime) -> None:
    """Make every routine due, as a worker does at its start; what is at work goes on."""
    known = set(Routine.objects.values_list("name", flat=True))
    Routine.objects.bulk_create(
        [Routine(name=name, not_before=now) for name in _KINDS if name not in known],
        ignore_conflicts=True,
    )
    for name in _KINDS:
        run_now(name, now=now)


def run_now(name: str, *, now: datetime) -> bool:
    """Make a routine due; False says that a worker is at it already."""
    idle = Routine.objects.filter(name=name).exclude(work_state=work.WorkState.LEASED)
    with transaction.atomic():
        rearmed = work.rearm(idle, now=now)
        work.wake(Routine)
    return bool(rearmed)


@transaction.atomic
def _end_round(routine: Routine, *, next_at: datetime, **fields: Any) -> None:
    work.finish(routine, **fields)
    work.rearm(Routine.objects.filter(pk=routine.pk), now=next_at)
    # One that has nothing to tell, and comes every half a minute, would fill the log.
    log.log(
        logging.INFO if routine.note or routine.problem else logging.DEBUG,
        "webhooks.routine_ended",
        routine=routine.name,
        note=routine.note,
        problem=routine.problem,
    )
