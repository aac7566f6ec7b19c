"""A round of recovery: read GitHub's log, and have sent again what did not arrive.

GitHub repeats nothing by itself and forgets after three days. So a round compares its log with our
rows, asks for what is missing, no oftener than GitHub likes and not again in every round, and counts
each day anew (docs/recovery.md).
"""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import structlog
from django.conf import settings
from django.db.models import F, Min, Q

from core import github
from ghkit.errors import GitHubRejected, GitHubUnavailable, RateLimited
from ghkit.github import hooks
from webhooks.enums import Outcome
from webhooks.models import MISSING, LoggedDelivery
from webhooks.services import backfills, completeness, delivery_log
from webhooks.services.turns import Turn

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

log = structlog.get_logger(__name__)

_TURN: Final = timedelta(seconds=10)
# GitHub answers before it sends; so long it may take until the delivery is here.
_LOOK_AGAIN_AFTER: Final = timedelta(seconds=20)
# Rounds to wait after the first, second … request: 5 and 15 minutes, 1, 6, 12 and 18 hours, as long as
# a round is of five minutes. What is still missing after the last is lost.
ASK_AGAIN_AFTER_ROUNDS: Final = (1, 3, 12, 72, 144, 216)
_LOST_AT_ONCE: Final = 200
_LISTED_AT_ONCE: Final = 20
_NOT_FOUND: Final = 404
_UNPROCESSABLE: Final = 422


def take_turn(place: dict[str, Any], clock: Callable[[], datetime]) -> Turn:
    """Read on in the log; once it is read, ask for what is due, as long as a turn lasts.

    Raises:
        GitHubNotConfigured: The dashboard has no App.
        GhkitError: As the calls of `ghkit.github.hooks`; what was done by then is stored.
    """
    ends_at = clock() + _TURN
    if not place.get("is_read"):
        reading = delivery_log.Reading.at(place)
        delivery_log.read_page(reading, now=clock())
        while not reading.is_over:
            if clock() >= ends_at:
                return Turn(is_over=False, place=reading.place)
            delivery_log.read_page(reading, now=clock())
        if reading.hole:
            _fill(*reading.hole, reason="GitHub's log does not reach back so far", now=clock())
        place = {
            "is_read": True,
            "known_to": reading.place["top"],
            "listed": reading.listed,
            "unreadable": reading.unreadable,
            "asked": 0,
        }
    delivery_log.note_arrivals()
    give_up_old(now=clock())
    asked = place["asked"] + ask_for_missing(clock=clock, ends_at=ends_at)
    completeness.count_days(now=clock())
    now = clock()
    if LoggedDelivery.objects.filter(ask_at__lte=now).exists():
        return Turn(is_over=False, place=place | {"asked": asked})
    return Turn(
        is_over=True,
        note=_note(place["listed"], place.get("unreadable", 0), asked),
        place={"known_to": place["known_to"]},
        next_at=now + _LOOK_AGAIN_AFTER if asked else _next_ask_at(),
    )


def ask_for_missing(*, clock: Callable[[], datetime], ends_at: datetime) -> int:
    """Have GitHub send again what is due, the earliest first, one after the other; return how many.

    Source: GitHub Docs, rest/using-the-rest-api/best-practices-for-using-the-rest-api: at least a
    second between requests that change something.
    """
    asked = 0
    pause_s = 60 / settings.GITHUB_REDELIVERIES_PER_MINUTE
    due = LoggedDelivery.objects.filter(ask_at__lte=clock()).order_by("delivered_at", "pk")
    # A few at a time: after an outage, to find the earliest of all that are due is the larger work.
    for row in due[:_LISTED_AT_ONCE]:
        now = clock()
        if now >= ends_at:
            break
        if row.asks >= len(ASK_AGAIN_AFTER_ROUNDS):
            _lose(Q(pk=row.pk), now=now)
        elif _ask(row, now=now):
            asked += 1
            time.sleep(pause_s)
    return asked


def give_up_old(*, now: datetime) -> int:
    """Call lost what GitHub can no longer send again, and return how much that is."""
    return _lose(Q(attempted_at__lt=now - delivery_log.LOG_REACH), now=now)


def _ask(row: LoggedDelivery, *, now: datetime) -> bool:
    """Ask for one; False where it arrived, or another worker asked, since it was listed."""
    # Noted first: a worker that dies in between would ask again at once, and again.
    own = LoggedDelivery.objects.filter(MISSING, pk=row.pk)
    pause = timedelta(seconds=settings.RECOVERY_EVERY_S * ASK_AGAIN_AFTER_ROUNDS[row.asks])
    if not own.filter(asks=row.asks).update(asks=F("asks") + 1, asked_at=now, ask_at=now + pause):
        return False
    try:
        hooks.redeliver(github.app(), attempt_id=row.attempt_id)
    except GitHubRejected as exc:
        if exc.status == _NOT_FOUND:
            _lose(Q(pk=row.pk), now=now)
        elif exc.status != _UNPROCESSABLE:
            own.update(asks=row.asks, asked_at=row.asked_at, ask_at=row.ask_at)
            raise
        log.warning("webhooks.redelivery_refused", delivery_id=str(row.guid), error=str(exc))
    except (GitHubUnavailable, RateLimited):
        own.update(asks=row.asks, asked_at=row.asked_at, ask_at=row.ask_at)
        raise
    else:
        log.info("webhooks.redelivery_asked", delivery_id=str(row.guid), asks=row.asks + 1)
    return True


def _lose(which: Q, *, now: datetime) -> int:
    """Give deliveries up, and have their days looked through for what they told."""
    missing = LoggedDelivery.objects.filter(MISSING, which).order_by("pk")
    filled: set[datetime] = set()
    count = 0
    # After a long outage there are more than one statement takes, or SQLite's other writers bear.
    while rows := list(missing.values_list("pk", "delivered_at")[:_LOST_AT_ONCE]):
        days = {completeness.start_of_day(delivered_at) for _pk, delivered_at in rows} - filled
        # First, for a lost row is not looked at again: a worker may die here.
        for day in sorted(days):
            _fill(day, day + timedelta(days=1), reason="Deliveries of this day are lost", now=now)
        filled |= days
        count += missing.filter(pk__in=[pk for pk, _delivered_at in rows]).update(
            outcome=Outcome.LOST, ask_at=None
        )
    return count


def _fill(starts_at: datetime, ends_at: datetime, *, reason: str, now: datetime) -> None:
    log.warning("webhooks.log_has_a_hole", starts_at=starts_at, ends_at=ends_at)
    backfills.request_backfill(
        starts_at=starts_at - backfills.BEFORE, ends_at=ends_at, reason=reason, user=None, now=now
    )


def _next_ask_at() -> datetime | None:
    missing = LoggedDelivery.objects.filter(MISSING)
    found: datetime | None = missing.aggregate(at=Min("ask_at"))["at"]
    return found


def _note(listed: int, unreadable: int, asked: int) -> str:
    missing = LoggedDelivery.objects.filter(MISSING).count()
    left_out = f", {unreadable:,} that say nothing left out" if unreadable else ""
    return (
        f"{listed:,} entries of GitHub's log read{left_out}, {asked:,} deliveries asked for again,"
        f" {missing:,} still missing"
    )
