"""The App itself: its webhook, the log of what GitHub delivered, and sending a delivery again.

All of it is asked as the App, by JWT. PyGithub has no methods for these.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, quote, urlsplit
from uuid import UUID

from ghkit.errors import GitHubUnavailable, InvalidPayload
from ghkit.github.answers import PER_PAGE, next_page
from ghkit.timestamps import parse_timestamp

if TYPE_CHECKING:
    from datetime import datetime

    from ghkit.github.app import GitHubApp

DELIVERED: Final = "OK"
"""GitHub's status of a delivery that was taken; every other text is a failure.

Its `status=failure` filter finds 400 to 599 alone and so misses what got no answer.
"""

_GUID: Final = re.compile(r"[0-9a-f-]{36}", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt at handing over a delivery, as GitHub's log has it.

    Attributes:
        id: Of this attempt; a redelivery gets a new one.
        guid: The same for all attempts of one delivery.
        duration_s: How long GitHub waited for the answer.
        status: `OK`, or GitHub's words for what went wrong.
        status_code: Of the answer; not documented where there was none.
    """

    id: int
    guid: UUID
    delivered_at: datetime
    is_redelivery: bool
    duration_s: float
    status: str
    status_code: int
    event: str
    action: str
    installation_id: int | None
    repository_id: int | None

    @property
    def was_delivered(self) -> bool:
        """Whether GitHub got an answer that it takes for a yes, in time."""
        return self.status == DELIVERED


@dataclass(frozen=True, slots=True)
class LogPage:
    """A page of the log, the latest attempt first; `cursor` leads to the next older one.

    Attributes:
        unreadable: How many more entries it has, which say nothing that can be understood.
    """

    attempts: list[Attempt]
    cursor: str | None
    unreadable: int = 0


def list_deliveries(app: GitHubApp, *, cursor: str | None = None) -> LogPage:
    """Read one page of the App's delivery log, which reaches three days back.

    Source: GitHub Docs, rest/apps/webhooks#list-deliveries-for-an-app-webhook.

    Args:
        app: Who asks.
        cursor: From a page before; None begins with the latest.
    """
    place = f"&cursor={quote(cursor, safe='')}" if cursor else ""
    answer = app.send("GET", f"/app/hook/deliveries?per_page={PER_PAGE}{place}")
    data = answer.data
    if not isinstance(data, list):
        message = "the answer is no list of deliveries"
        raise GitHubUnavailable(message)
    attempts = [attempt for raw in data if (attempt := _attempt(raw))]
    if data and not attempts:
        message = "no entry of the delivery log can be read"
        raise GitHubUnavailable(message)
    older = next_page(answer)
    return LogPage(attempts, _cursor(older) if older else None, len(data) - len(attempts))


def redeliver(app: GitHubApp, *, attempt_id: int) -> None:
    """Have GitHub send a delivery again, under its old GUID; it does so soon after its answer.

    Source: GitHub Docs, rest/apps/webhooks#redeliver-a-delivery-for-an-app-webhook.
    """
    app.send("POST", f"/app/hook/deliveries/{int(attempt_id)}/attempts")


def get_webhook(app: GitHubApp) -> dict[str, Any]:
    """Return where the App's webhook leads: `url`, `content_type`, `insecure_ssl`, `secret`.

    Source: GitHub Docs, rest/apps/webhooks#get-a-webhook-configuration-for-an-app. The secret is
    masked, and absent where none is set.
    """
    return _object(app.send("GET", "/app/hook/config").data)


def get_app(app: GitHubApp) -> dict[str, Any]:
    """Return the App as GitHub has it: `slug`, `name`, `permissions`, `events`.

    Source: GitHub Docs, rest/apps/apps#get-the-authenticated-app.
    """
    return _object(app.send("GET", "/app").data)


def _object(data: Any) -> dict[str, Any]:
    if not isinstance(data, dict):
        message = "the answer is no object"
        raise GitHubUnavailable(message)
    return data


def _cursor(link: str) -> str:
    found = parse_qs(urlsplit(link).query).get("cursor")
    if not found:
        message = "the link to the next page names no cursor"
        raise GitHubUnavailable(message)
    return found[0]


def _attempt(raw: Any) -> Attempt | None:
    """Read an entry; None where it is none, for one must not keep the others from being read."""
    try:
        if not _GUID.fullmatch(raw["guid"]):
            raise ValueError
        return Attempt(
            id=int(raw["id"]),
            guid=UUID(raw["guid"]),
            delivered_at=parse_timestamp(raw["delivered_at"], field="delivered_at"),
            is_redelivery=bool(raw.get("redelivery")),
            duration_s=float(raw.get("duration") or 0),
            status=str(raw["status"]),
            status_code=int(raw.get("status_code") or 0),
            event=str(raw["event"]),
            action=str(raw.get("action") or ""),
            installation_id=raw.get("installation_id"),
            repository_id=raw.get("repository_id"),
        )
    except (KeyError, TypeError, ValueError, InvalidPayload):
        return None
