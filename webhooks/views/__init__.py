"""The endpoint that GitHub calls, and the pages of what it delivered."""

from webhooks.views.deliveries import (
    delivery_detail,
    delivery_list,
    delivery_replay,
    delivery_retry,
)
from webhooks.views.installations import installation_confirm, installation_list
from webhooks.views.receive import receive
from webhooks.views.recovery import recovery, recovery_backfill, recovery_compare
from webhooks.views.replays import replay_detail, replay_request
from webhooks.views.routing import route_filter, routing_table
from webhooks.views.set_up import set_up

__all__ = [
    "delivery_detail",
    "delivery_list",
    "delivery_replay",
    "delivery_retry",
    "installation_confirm",
    "installation_list",
    "receive",
    "recovery",
    "recovery_backfill",
    "recovery_compare",
    "replay_detail",
    "replay_request",
    "route_filter",
    "routing_table",
    "set_up",
]
