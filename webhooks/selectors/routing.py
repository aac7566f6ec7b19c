"""What starts what, with what each route lets through and how often it was used."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.db.models import Sum

from ghkit import route_filters, routing
from webhooks import ingress
from webhooks.models import Delivery, HourlyCount, RouteFilter
from webhooks.selectors.deliveries import HOURS, start_of_hour

if TYPE_CHECKING:
    from datetime import datetime

PREVIEWED: Final = 200
CHANGES_SHOWN: Final = 20
# Beyond it one body takes longer to read than all the others.
_PREVIEWED_BYTES: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the routing table.

    Attributes:
        kind: `starts`, `recorded` or `ignored`.
        state_machine: What it starts; empty where it starts nothing.
        says: What comes of it, or why nothing does.
        can_filter: Whether its events can be filtered.
        patterns: How many patterns its filter has.
        seen: Deliveries of the last 24 hours, by status.
    """

    event: str
    action: str
    kind: str
    says: str
    state_machine: str = ""
    can_filter: bool = False
    patterns: int = 0
    seen: Counter[str] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        """Deliveries of the last 24 hours."""
        return self.seen.total()


def routing_table(*, now: datetime) -> list[Row]:
    """Return every event that starts or tells something, and what else arrived within a day.

    As the routine `counting` last counted: a day has a million deliveries, and a page no time.
    """
    seen: dict[tuple[str, str], Counter[str]] = {}
    counted = (
        HourlyCount.objects.filter(hour__gt=start_of_hour(now) - timedelta(hours=HOURS))
        .values_list("event", "action", "status")
        .annotate(total=Sum("number"))
        .order_by("event", "action", "status")
    )
    for event, action, status, number in counted:
        seen.setdefault((event, action), Counter())[status] += number
    filters = {(one.event, one.action): one for one in RouteFilter.objects.order_by("pk")}
    rows = [
        Row(
            event=route.event,
            action=route.action,
            kind="starts",
            says=route.summary,
            state_machine=route.state_machine,
            can_filter=route.event in route_filters.FIELDS,
            patterns=_count(filters.get((route.event, route.action))),
            seen=seen.pop((route.event, route.action), Counter()),
        )
        for route in routing.ROUTES
    ]
    rows += [
        Row(
            event=record.event,
            action=action,
            kind="recorded",
            says=record.summary,
            seen=seen.pop((record.event, action), Counter()),
        )
        for record in routing.RECORDS
        for action in record.actions
    ]
    rows += [
        Row(
            event=event,
            action=action,
            kind="ignored",
            says=routing.ignored_reason(event, action or None),
            seen=counts,
        )
        for (event, action), counts in sorted(seen.items())
    ]
    return rows


def find_filter(event: str, action: str) -> RouteFilter | None:
    """Return the filter of a route, or None where it lets everything through."""
    found = RouteFilter.objects.filter(event=event, action=action)
    return found.select_related("changed_by").first()


@dataclass(frozen=True, slots=True)
class Change:
    """A delivery with which a filter would deal otherwise than the present one."""

    delivery: Delivery
    objection: str


@dataclass(slots=True)
class Preview:
    """What a filter would have done to the latest deliveries of its route."""

    looked_at: int = 0
    let_in: int = 0
    kept_out: int = 0
    changed: int = 0
    changes: list[Change] = field(default_factory=list)


def preview_filter(
    event: str, action: str, *, new: route_filters.Filter, old: route_filters.Filter
) -> Preview:
    """Try a filter on the latest deliveries of its route, exactly as dispatch would."""
    preview = Preview()
    latest = Delivery.objects.filter(event=event, action=action, body__isnull=False)
    for delivery in latest.filter(body_bytes__lt=_PREVIEWED_BYTES).order_by("-pk")[:PREVIEWED]:
        payload = ingress.parse(delivery.body_json() or b"")
        objection = route_filters.objection(new, event, payload)
        preview.looked_at += 1
        preview.let_in += not objection
        preview.kept_out += bool(objection)
        if bool(objection) != bool(route_filters.objection(old, event, payload)):
            preview.changed += 1
            if len(preview.changes) < CHANGES_SHOWN:
                preview.changes.append(Change(delivery, objection))
    return preview


def _count(found: RouteFilter | None) -> int:
    if found is None:
        return 0
    return sum(len(both.include) + len(both.exclude) for both in found.filter.values())
