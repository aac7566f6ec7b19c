"""Deliveries, to be shown."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Self
from uuid import UUID

from django.core.cache import cache
from django.db.models import Count, F, QuerySet, Sum
from django.db.models.functions import Lower
from django.db.models.lookups import Exact

from core.errors import NotFound
from executions.models import Execution
from webhooks.enums import DeliveryStatus
from webhooks.models import Delivery, HourlyCount, LoggedDelivery

if TYPE_CHECKING:
    from collections.abc import Iterable

# A page with more JSON than this helps nobody.
SHOWN_BODY_BYTES = 200_000
HOURS = 24
# A list that thousands look at must not count this hour's deliveries for each of them.
_HOURS_CACHED_S = 10
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which deliveries are meant; what is empty or None lets all through."""

    status: str = ""
    event: str = ""
    action: str = ""
    repository: str = ""
    person: str = ""
    day: date | None = None
    q: str = ""

    @property
    def as_json(self) -> dict[str, str]:
        """What is not empty, as texts."""
        return {name: str(value) for name, value in asdict(self).items() if value}

    @classmethod
    def from_json(cls, found: dict[str, str]) -> Self:
        """Read what `as_json` gave."""
        texts = {name: value for name, value in found.items() if name != "day"}
        day = found.get("day")
        return cls(**texts, day=date.fromisoformat(day) if day else None)

    @property
    def in_words(self) -> str:
        """What is meant, for people."""
        names = {"q": "search"}
        said = [f"{names.get(name, name)} “{value}”" for name, value in self.as_json.items()]
        return ", ".join(said) or "all deliveries"


def deliveries(wanted: Wanted) -> QuerySet[Delivery]:
    """Return deliveries without their bodies, the latest first."""
    exact = {
        name: value
        for name in ("status", "event", "action", "repository")
        if (value := getattr(wanted, name))
    }
    found = Delivery.objects.filter(**exact)
    if wanted.person:
        found = _about(found, wanted.person)
    if wanted.day:
        starts_at = datetime.combine(wanted.day, time(), UTC)
        found = found.filter(
            received_at__gte=starts_at, received_at__lt=starts_at + timedelta(days=1)
        )
    if text := wanted.q.strip():
        found = _matching(found, text)
    return found.defer("body", "headers").order_by("-pk")


def _about(found: QuerySet[Delivery], person: str) -> QuerySet[Delivery]:
    return found.filter(Exact(Lower(F("person")), person.lower()))


def _matching(found: QuerySet[Delivery], text: str) -> QuerySet[Delivery]:
    """Search by what an index finds at once among millions: GUIDs, whole repositories, people."""
    if match := _UUID.search(text):
        return found.filter(guid=UUID(match[0]))
    if "/" in text:
        return found.filter(repository=text)
    return _about(found, text)


def get_delivery(guid: UUID) -> Delivery:
    """Return one delivery.

    Raises:
        NotFound: There is none of that GUID.
    """
    try:
        return Delivery.objects.get(guid=guid)
    except Delivery.DoesNotExist:
        message = f"There is no delivery {guid}."
        raise NotFound(message) from None


def count_by_status() -> dict[str, int]:
    """Return the number of deliveries of every status."""
    rows = Delivery.objects.order_by("status").values_list("status").annotate(Count("pk"))
    return dict.fromkeys(DeliveryStatus.values, 0) | dict(rows)


@dataclass(frozen=True, slots=True)
class Hour:
    """The deliveries that arrived within an hour, by status."""

    starts_at: datetime
    counts: dict[str, int]


def start_of_hour(moment: datetime) -> datetime:
    """Return the beginning of the hour in which a moment lies."""
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def hours(*, now: datetime) -> list[Hour]:
    """Return the deliveries of each of the last 24 hours, by status, oldest first.

    This hour's are counted now, the others as the routine last counted them.
    """
    latest = start_of_hour(now)
    starts = [latest - timedelta(hours=ago) for ago in reversed(range(HOURS))]
    key = f"webhooks:hours:{latest:%Y%m%d%H}"
    counts: dict[datetime, dict[str, int]] | None = cache.get(key)
    if counts is None:
        counts = {}
        earlier = (
            HourlyCount.objects.filter(hour__gte=starts[0], hour__lt=latest)
            .values_list("hour", "status")
            .annotate(total=Sum("number"))
            .order_by("hour", "status")
        )
        for hour, status, number in earlier:
            counts.setdefault(hour, {})[status] = number
        lately = (
            Delivery.objects.filter(
                received_at__gte=latest, received_at__lt=latest + timedelta(hours=1)
            )
            .values_list("status")
            .annotate(number=Count("pk"))
            .order_by("status")
        )
        counts[latest] = dict(lately)
        cache.set(key, counts, _HOURS_CACHED_S)
    return [Hour(start, counts.get(start, {})) for start in starts]


@dataclass(frozen=True, slots=True)
class Course:
    """How long a delivery took to each of its ends; None where that is not known, or not yet.

    Attributes:
        stored_s: How long GitHub waited for the answer, which comes after the commit.
        started_s: From arrival to the execution's start.
        finished_s: From arrival to the execution's end.
    """

    delivery: Delivery
    execution: Execution | None
    stored_s: float | None

    @property
    def started_s(self) -> float | None:
        """Seconds from arrival to the start at AWS, whose clock is another one."""
        return self._after(self.execution.started_at if self.execution else None)

    @property
    def finished_s(self) -> float | None:
        """Seconds from arrival to the execution's end."""
        return self._after(self.execution.stopped_at if self.execution else None)

    def _after(self, moment: datetime | None) -> float | None:
        if moment is None:
            return None
        return max(0.0, (moment - self.delivery.received_at).total_seconds())


def courses(found: Iterable[Delivery]) -> list[Course]:
    """Add to each delivery its execution and GitHub's own measure, by two queries for all."""
    rows = list(found)
    arns = [row.execution_arn for row in rows if row.execution_arn]
    executions = {
        one.arn: one
        for one in Execution.objects.filter(arn__in=arns)
        .only("arn", "public_id", "name", "status", "started_at", "stopped_at")
        .order_by()
    }
    waited = dict(
        LoggedDelivery.objects.filter(guid__in=[row.guid for row in rows])
        .values_list("guid", "answered_in_s")
        .order_by()
    )
    return [Course(row, executions.get(row.execution_arn), waited.get(row.guid)) for row in rows]


def executions_of(delivery: Delivery) -> list[Execution]:
    """Return all executions that were started for a delivery, the latest start first."""
    found = Execution.objects.filter(delivery=delivery.guid).order_by("-started_at", "-pk")
    return list(found.defer("packed_input", "packed_output"))


def log_entry_of(delivery: Delivery) -> LoggedDelivery | None:
    """Return what GitHub's log says of a delivery, while it is kept."""
    return LoggedDelivery.objects.filter(guid=delivery.guid).first()


def shown_body(delivery: Delivery) -> str:
    """Return the body as text for a page; one too large to be read there is cut, and says so."""
    body = delivery.body_json()
    if body is None:
        return ""
    text = body[:SHOWN_BODY_BYTES].decode("utf-8", "replace")
    left = len(body) - SHOWN_BODY_BYTES
    return f"{text}\n… and {left:,} bytes more" if left > 0 else text


def replayable(wanted: Wanted, *, up_to: int) -> QuerySet[Delivery]:
    """Return what can be replayed of these: what has a body and does not wait anyway."""
    found = deliveries(wanted).filter(pk__lte=up_to, body__isnull=False)
    return found.exclude(status=DeliveryStatus.WAITING)


def latest_key() -> int:
    """Return the key of the latest delivery: what arrives later is above it."""
    return Delivery.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def execution_names(guids: Iterable[UUID]) -> dict[UUID, list[str]]:
    """Return the names of all executions of these deliveries, as far as the mirror knows them."""
    names: dict[UUID, list[str]] = {}
    rows = Execution.objects.filter(delivery__in=guids).values_list("delivery", "name").order_by()
    for guid, name in rows:
        if guid is not None:
            names.setdefault(guid, []).append(name)
    return names


def replay_counts(wanted: Wanted, *, up_to: int) -> dict[str, Any]:
    """Count what a replay would do: how many match, by status, and how many of them it can take."""
    by_status = dict(
        replayable(wanted, up_to=up_to)
        .order_by("status")
        .values_list("status")
        .annotate(number=Count("pk"))
    )
    matching = deliveries(wanted).filter(pk__lte=up_to).order_by().count()
    return {"matching": matching, "total": sum(by_status.values()), "by_status": by_status}
