"""Reading GitHub's delivery log: each delivery of the last three days, and whether it is here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction

from core import github
from ghkit.errors import GitHubRejected
from ghkit.github import hooks
from webhooks.enums import Outcome
from webhooks.ingress import storable
from webhooks.models import MISSING, Delivery, LoggedDelivery

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

LOG_REACH: Final = timedelta(days=3)
"""How far back GitHub's log reaches, and how long it sends a delivery again (its docs also say 7)."""

# An attempt may be listed late: GitHub writes it down when it is over, and its clock is not ours.
_OVERLAP: Final = timedelta(minutes=15)
# Bad requests alone: a cursor that GitHub no longer takes.
_BAD_CURSOR: Final = frozenset({400, 404, 422})
_MERGED: Final = [
    "delivered_at",
    "attempt_id",
    "attempted_at",
    "status",
    "status_code",
    "answered_in_s",
    "outcome",
    "ask_at",
    "recovered_at",
]


@dataclass(slots=True)
class Reading:
    """Where the reading of the log stands.

    Attributes:
        cursor: Of the next page; None at the top and at the end.
        is_over: Whether it has come to what an earlier reading knew, or to the log's end.
        known_to: When the reading before this one began: it knew all attempts until then.
        top: When this reading began.
        listed: How many attempts were read.
        unreadable: How many entries of the log could not be.
        hole: From when to when nobody can tell what GitHub sent, if there is such a time.
    """

    cursor: str | None = None
    is_over: bool = False
    known_to: datetime | None = None
    top: datetime | None = None
    listed: int = 0
    unreadable: int = 0
    hole: tuple[datetime, datetime] | None = None

    @classmethod
    def at(cls, place: dict[str, Any]) -> Reading:
        """Take up a reading where its place says."""
        return cls(
            cursor=place.get("cursor"),
            known_to=_moment(place.get("known_to")),
            top=_moment(place.get("top")),
            listed=place.get("listed", 0),
            unreadable=place.get("unreadable", 0),
        )

    @property
    def place(self) -> dict[str, Any]:
        """Where the next turn goes on."""
        return {
            "cursor": self.cursor,
            "known_to": self.known_to and self.known_to.isoformat(),
            "top": self.top and self.top.isoformat(),
            "listed": self.listed,
            "unreadable": self.unreadable,
        }


def read_page(reading: Reading, *, now: datetime) -> None:
    """Read the next page of the log into the database, and move the reading on.

    Raises:
        GitHubNotConfigured: The dashboard has no App.
        GhkitError: As `ghkit.github.hooks.list_deliveries`.
    """
    try:
        page = hooks.list_deliveries(github.app(), cursor=reading.cursor)
    except GitHubRejected as exc:
        if reading.cursor is None or exc.status not in _BAD_CURSOR:
            raise
        # What was read is stored; from the top again, then.
        page = hooks.list_deliveries(github.app())
    take_in(page.attempts, now=now)
    reading.listed += len(page.attempts)
    reading.unreadable += page.unreadable
    earliest = min((one.delivered_at for one in page.attempts), default=None)
    reading.top = reading.top or now
    reading.cursor = page.cursor
    known_to = reading.known_to
    is_met = known_to and earliest and earliest < known_to - _OVERLAP
    reading.is_over = bool(is_met) or page.cursor is None
    if reading.is_over and known_to and not is_met:
        reach = min(now - LOG_REACH, earliest or now)
        if known_to < reach:
            reading.hole = (known_to, reach)


@transaction.atomic
def take_in(attempts: Sequence[hooks.Attempt], *, now: datetime) -> None:
    """Store what the log says of these attempts; the same attempts again change nothing."""
    guids = {attempt.guid for attempt in attempts}
    known = {row.guid: row for row in LoggedDelivery.objects.filter(guid__in=guids)}
    arrived = dict(
        Delivery.objects.filter(guid__in=guids).values_list("guid", "received_at").order_by()
    )
    for attempt in attempts:
        row = known.get(attempt.guid)
        known[attempt.guid] = _merged(row, attempt) if row else _new(attempt)
    for row in known.values():
        _judge(row, arrived_at=arrived.get(row.guid), now=now)
    LoggedDelivery.objects.bulk_create(
        # In one order: two workers that store the same page must not wait for each other.
        sorted(known.values(), key=lambda row: row.guid),
        update_conflicts=True,
        unique_fields=["guid"],
        update_fields=_MERGED,
    )


def note_arrivals() -> int:
    """Mark what was missing and has arrived since, and return how much that was."""
    missing = LoggedDelivery.objects.filter(MISSING).order_by("pk")
    count = 0
    for rows in _chunks(missing):
        arrived = dict(
            Delivery.objects.filter(guid__in=[row.guid for row in rows])
            .values_list("guid", "received_at")
            .order_by()
        )
        found = [row for row in rows if row.guid in arrived]
        for row in found:
            _arrive(row, arrived[row.guid])
        LoggedDelivery.objects.bulk_update(found, ["outcome", "ask_at", "recovered_at"])
        count += len(found)
    return count


def _new(attempt: hooks.Attempt) -> LoggedDelivery:
    return LoggedDelivery(
        guid=attempt.guid,
        event=storable(attempt.event, 64),
        action=storable(attempt.action, 100),
        installation_id=attempt.installation_id,
        repository_id=attempt.repository_id,
        delivered_at=attempt.delivered_at,
        attempt_id=attempt.id,
        attempted_at=attempt.delivered_at,
        status=storable(attempt.status),
        status_code=attempt.status_code,
        answered_in_s=attempt.duration_s if attempt.was_delivered else None,
        outcome=Outcome.RECEIVED,
    )


def _merged(row: LoggedDelivery, attempt: hooks.Attempt) -> LoggedDelivery:
    row.delivered_at = min(row.delivered_at, attempt.delivered_at)
    if attempt.id > row.attempt_id:
        row.attempt_id, row.attempted_at = attempt.id, attempt.delivered_at
        row.status, row.status_code = storable(attempt.status), attempt.status_code
    if row.answered_in_s is None and attempt.was_delivered:
        row.answered_in_s = attempt.duration_s
    return row


def _judge(row: LoggedDelivery, *, arrived_at: datetime | None, now: datetime) -> None:
    """Say whether it is here. GitHub's word alone will not do: a database may be an old copy."""
    if arrived_at is not None:
        if row.outcome in (Outcome.MISSING, Outcome.LOST):
            _arrive(row, arrived_at)
    elif row.outcome != Outcome.LOST:
        row.outcome = Outcome.MISSING
        row.ask_at = row.ask_at or now


def _arrive(row: LoggedDelivery, arrived_at: datetime) -> None:
    # What nobody had to ask for was on its way when the log was read.
    row.outcome = Outcome.RECOVERED if row.asks else Outcome.RECEIVED
    row.ask_at = None
    row.recovered_at = arrived_at if row.asks else None


def _chunks(rows: Any, size: int = 200) -> Iterable[list[LoggedDelivery]]:
    latest = 0
    while found := list(rows.filter(pk__gt=latest)[:size]):
        yield found
        latest = found[-1].pk


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
