"""The rows of the ingress, a module for each noun."""

from webhooks.models.backfills import Backfill, BackfillPlace
from webhooks.models.counts import HourlyCount
from webhooks.models.deliveries import Delivery
from webhooks.models.installations import Installation, InstalledRepository
from webhooks.models.recovery import MISSING, NOT_HERE, CompletenessDay, LoggedDelivery, Routine
from webhooks.models.replays import Replay
from webhooks.models.route_filters import RouteFilter

__all__ = [
    "MISSING",
    "NOT_HERE",
    "Backfill",
    "BackfillPlace",
    "CompletenessDay",
    "Delivery",
    "HourlyCount",
    "Installation",
    "InstalledRepository",
    "LoggedDelivery",
    "Replay",
    "RouteFilter",
    "Routine",
]
