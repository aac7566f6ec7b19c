"""How fast GitHub lets people be onboarded: what may go now, and on which day the rest follows.

Pure arithmetic. The plan on a page and the release of parts use the same functions, so that what
was promised is what happens.

GitHub's limits (GitHub Docs, read 2026-11-20): 900 points a minute, of which a GET takes one and a
PUT five, and no more than 80 requests a minute and 500 an hour that create content
(rest/using-the-rest-api/rate-limits-for-the-rest-api, "About secondary rate limits"); 500
invitations of an organisation within 24 hours, 50 while it is younger than a month and on a free
plan (rest/orgs/members, "Create an organization invitation").
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

PART_ROWS_MAX: Final = 1_000
"""People in one start of `onboard-members`: with them its input stays far below 256 KiB."""

POINTS_PER_READ: Final = 1
POINTS_PER_WRITE: Final = 5
READS_PER_PERSON: Final = 4
"""Who it is, membership before and after, a token now and then."""

MINUTE: Final = timedelta(minutes=1)
HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Cost:
    """What onboarding somebody takes of GitHub."""

    writes: int
    invitations: int

    @property
    def points(self) -> int:
        """Of GitHub's 900 a minute."""
        return READS_PER_PERSON * POINTS_PER_READ + self.writes * POINTS_PER_WRITE


@dataclass(frozen=True, slots=True)
class Spent:
    """What was released at one moment."""

    at: datetime
    writes: int
    invitations: int
    points: int


@dataclass(frozen=True, slots=True)
class Quotas:
    """How much fits into GitHub's sliding windows; `None` where GitHub does not limit."""

    invitations_per_day: int | None
    writes_per_minute: int | None = 80
    writes_per_hour: int | None = 500
    points_per_minute: int | None = 900

    def windows(self) -> list[tuple[str, int, timedelta]]:
        """List what is limited: the measure, how much of it, within how long."""
        all_of_them = (
            ("invitations", self.invitations_per_day, DAY),
            ("writes", self.writes_per_minute, MINUTE),
            ("writes", self.writes_per_hour, HOUR),
            ("points", self.points_per_minute, MINUTE),
        )
        return [(name, limit, length) for name, limit, length in all_of_them if limit is not None]


UNLIMITED: Final = Quotas(None, None, None, None)
"""Where GitHub says that it does not limit, as an Enterprise Server by default."""


@dataclass(frozen=True, slots=True)
class Release:
    """People who go together.

    Attributes:
        at: When.
        people: Their places in the list that was planned.
        invitations: How many of them are invited; the others are members already.
    """

    at: datetime
    people: tuple[int, ...]
    invitations: int


def affordable(
    costs: Sequence[Cost],
    *,
    spent: Iterable[Spent],
    now: datetime,
    quotas: Quotas,
    at_most: int = PART_ROWS_MAX,
) -> list[int]:
    """Choose who may go now: members first, for they take no invitation, each in their order.

    Whoever would overdraw a window on their own goes when that window is empty; nobody waits for
    ever.

    Args:
        costs: Of the people who wait.
        spent: What was released before, of any age.
        now: The moment of the release.
        quotas: GitHub's limits.
        at_most: People in one release.

    Returns:
        Places in `costs`, ascending.
    """
    left = _Left(spent, now=now, quotas=quotas)
    chosen: list[int] = []
    for wants_invitation in (False, True):
        for place, cost in enumerate(costs):
            if bool(cost.invitations) != wants_invitation:
                continue
            if len(chosen) >= at_most or not left.take(cost):
                break  # in their order: nobody is overtaken by who costs less
            chosen.append(place)
    return sorted(chosen)


def next_at(
    costs: Sequence[Cost], *, spent: Iterable[Spent], now: datetime, quotas: Quotas
) -> datetime | None:
    """Tell when somebody may go: `now`, or once enough of a window is over; None for nobody."""
    before = list(spent)
    first_of_each = [
        next((cost for cost in costs if bool(cost.invitations) == wants_invitation), None)
        for wants_invitation in (False, True)
    ]
    times = [
        _earliest(cost, spent=before, now=now, quotas=quotas)
        for cost in first_of_each
        if cost is not None
    ]
    return min(times, default=None)


def plan(
    costs: Sequence[Cost], *, spent: Iterable[Spent], now: datetime, quotas: Quotas
) -> list[Release]:
    """Say who goes when if the release begins now; every person is in exactly one release."""
    waiting = list(range(len(costs)))
    before = list(spent)
    releases: list[Release] = []
    at: datetime | None = now
    while waiting and at is not None:
        open_costs = [costs[place] for place in waiting]
        chosen = affordable(open_costs, spent=before, now=at, quotas=quotas)
        people = tuple(waiting[index] for index in chosen)
        if people:
            total = spending([costs[place] for place in people], at=at)
            before.append(total)
            releases.append(Release(at=at, people=people, invitations=total.invitations))
            gone = set(people)
            waiting = [place for place in waiting if place not in gone]
        rest = [costs[place] for place in waiting]
        at = next_at(rest, spent=before, now=at, quotas=quotas)
    return releases


def spending(costs: Iterable[Cost], *, at: datetime) -> Spent:
    """Add up what people take who go together."""
    given = list(costs)
    return Spent(
        at=at,
        writes=sum(cost.writes for cost in given),
        invitations=sum(cost.invitations for cost in given),
        points=sum(cost.points for cost in given),
    )


class _Left:
    """What is left of each window at one moment."""

    def __init__(self, spent: Iterable[Spent], *, now: datetime, quotas: Quotas) -> None:
        before = list(spent)
        self._limits = [(name, limit) for name, limit, _ in quotas.windows()]
        self._used = [
            sum(getattr(one, name) for one in before if one.at > now - length)
            for name, _, length in quotas.windows()
        ]

    def take(self, cost: Cost) -> bool:
        """Take a person's share of every window, or of none where it does not fit."""
        wanted = [getattr(cost, name) for name, _ in self._limits]
        fits = all(
            want == 0 or used == 0 or used + want <= limit
            for (_, limit), used, want in zip(self._limits, self._used, wanted, strict=True)
        )
        if fits:
            self._used = [used + want for used, want in zip(self._used, wanted, strict=True)]
        return fits


def _earliest(cost: Cost, *, spent: list[Spent], now: datetime, quotas: Quotas) -> datetime:
    """Tell when a person's share fits into all windows, if nothing else is released meanwhile."""
    earliest = now
    for name, limit, length in quotas.windows():
        want = getattr(cost, name)
        inside = sorted((one for one in spent if one.at > now - length), key=lambda one: one.at)
        used = sum(getattr(one, name) for one in inside)
        for one in inside:  # the oldest leave the window first
            if want == 0 or used == 0 or used + want <= limit:
                break
            used -= getattr(one, name)
            earliest = max(earliest, one.at + length)
    return earliest
