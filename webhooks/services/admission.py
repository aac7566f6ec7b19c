"""Whether a delivery may start its execution now: the route's filter, and the App's installation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ghkit import route_filters
from webhooks.models import Installation, RouteFilter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from webhooks.models import Delivery

HELD_FOR = timedelta(hours=1)
"""How long a delivery of a suspended installation rests; an `unsuspend` wakes it sooner."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be done with a delivery that waits; `reason` says why it must not start."""

    reason: str = ""
    is_ignored: bool = False
    must_wait: bool = False


ADMITTED = Verdict()


def judge(delivery: Delivery, payload: Mapping[str, Any]) -> Verdict:
    """Tell whether a delivery may start, by what stands in the database at this moment."""
    found = RouteFilter.objects.filter(event=delivery.event, action=delivery.action).first()
    if found is not None:
        objection = route_filters.objection(found.filter, delivery.event, payload)
        if objection:
            return Verdict(f"{delivery.event}.{delivery.action}: {objection}", is_ignored=True)
    installation = (
        None
        if delivery.installation_id is None
        else Installation.objects.filter(github_id=delivery.installation_id).first()
    )
    if installation is not None and installation.deleted_at is not None:
        return Verdict(
            f"{installation.account_login} removed the App on {installation.deleted_at:%d %b %Y},"
            " so nothing can be read there any more."
        )
    if installation is not None and installation.suspended_at is not None:
        return Verdict(
            f"{installation.account_login} has suspended the App; this goes on by itself once the"
            " installation is active again.",
            must_wait=True,
        )
    return ADMITTED
