"""Deliveries of the App's webhook."""

from typing import Any

from sandbox.github.state import Delivery


def item(delivery: Delivery) -> dict[str, Any]:
    """GitHub's `hook-delivery-item`: a row of the list."""
    payload = delivery.payload
    return {
        "id": delivery.id,
        "guid": delivery.guid,
        "delivered_at": delivery.delivered_at,
        "redelivery": delivery.redelivery,
        "duration": delivery.duration,
        "status": delivery.status,
        "status_code": delivery.status_code,
        "event": delivery.event,
        "action": payload.get("action"),
        "installation_id": id_of(payload.get("installation")),
        "repository_id": id_of(payload.get("repository")),
        "throttled_at": None,
    }


def whole(delivery: Delivery) -> dict[str, Any]:
    """GitHub's `hook-delivery`: the row with what was sent and what came back."""
    return {
        **item(delivery),
        "url": delivery.url,
        "request": {"headers": delivery.request_headers, "payload": delivery.payload},
        "response": {
            "headers": delivery.response_headers,
            "payload": delivery.response_payload,
        },
    }


def id_of(thing: object) -> Any:
    """The id inside an object of the payload, or None without one."""
    return thing.get("id") if isinstance(thing, dict) else None
