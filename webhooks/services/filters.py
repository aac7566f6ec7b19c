"""Changing what a route lets through."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import structlog
from django.db import transaction

from ghkit import route_filters
from webhooks.models import RouteFilter

if TYPE_CHECKING:
    from datetime import datetime

log = structlog.get_logger(__name__)


@transaction.atomic
def save_filter(
    *, event: str, action: str, filters: route_filters.Filter, user: Any, now: datetime
) -> None:
    """Keep a route's patterns; they hold for every delivery that is dispatched from now on.

    Raises:
        BadPattern: One of them cannot be meant.
    """
    patterns = {}
    for field, both in filters.items():
        route_filters.check_patterns(both.include)
        route_filters.check_patterns(both.exclude)
        if both.include or both.exclude:
            patterns[field] = {"include": list(both.include), "exclude": list(both.exclude)}
    RouteFilter.objects.update_or_create(
        event=event,
        action=action,
        defaults={"patterns": patterns, "changed_at": now, "changed_by": user},
    )
    log.info("webhooks.filter_changed", event_name=event, action=action, fields=sorted(patterns))
