"""Sends the App's webhooks as GitHub does, and writes each into the App's delivery log."""

import asyncio
import hashlib
import hmac
import json
import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx

from sandbox.github import seeded
from sandbox.github.moments import iso
from sandbox.github.state import Delivery, GitHub

TIME_LIMIT_S = 10.0
"""GitHub closes the connection after it (Best practices for using webhooks)."""

LARGEST_BODY_BYTES = 25 * 1024 * 1024
"""GitHub never delivers a larger payload, and says nothing (Webhook events and payloads)."""

RESPONSE_KEPT_CHARACTERS = 64 * 1024

NO_CONNECTION = ("failed to connect", 502)
"""Status and code as in GitHub's own example of a delivery (OpenAPI, hook-delivery-item)."""

TIMED_OUT = ("timed out", 504)
"""The code that GitHub keeps for a timeout is not documented."""


class BodyTooLarge(Exception):
    """GitHub would never deliver this payload."""


def body_of(payload: dict[str, Any]) -> bytes:
    """The bytes that are sent and signed; a redelivery sends the same ones."""
    return json.dumps(payload, separators=(",", ":"), ensure_ascii=False).encode()


def sign(secret: bytes, body: bytes, algorithm: str) -> str:
    """The value of a signature header, such as `sha256=757107ea…`."""
    return f"{algorithm}={hmac.new(secret, body, algorithm).hexdigest()}"


@dataclass
class WebhookSender:
    """Sends to one URL with one secret, as many at once as it is asked for."""

    state: GitHub
    app_id: int
    url: str
    secret: bytes
    time_limit_s: float = TIME_LIMIT_S
    _client: httpx.AsyncClient | None = field(default=None, init=False)
    _background: set[asyncio.Task[Delivery]] = field(default_factory=set, init=False)

    def headers(self, *, event: str, guid: str, body: bytes) -> dict[str, str]:
        """Every header that GitHub sends with a delivery."""
        return {
            "Accept": "*/*",
            "Content-Type": "application/json",
            "User-Agent": f"GitHub-Hookshot/{hashlib.sha256(self.url.encode()).hexdigest()[:7]}",
            "X-GitHub-Delivery": guid,
            "X-GitHub-Event": event,
            "X-GitHub-Hook-ID": str(seeded.number(f"hook {self.app_id}", digits=9)),
            "X-GitHub-Hook-Installation-Target-ID": str(self.app_id),
            "X-GitHub-Hook-Installation-Target-Type": "integration",
            "X-Hub-Signature": sign(self.secret, body, "sha1"),
            "X-Hub-Signature-256": sign(self.secret, body, "sha256"),
        }

    async def send(
        self,
        *,
        event: str,
        payload: dict[str, Any],
        guid: str | None = None,
        lose: bool = False,
        redelivery: bool = False,
    ) -> Delivery:
        """Deliver an event once and remember how it went.

        Args:
            event: The event's name, such as `workflow_run`.
            payload: The body, sent exactly as given.
            guid: Names the event over all its deliveries; a new one without it.
            lose: Remember a failed delivery, and send nothing.
            redelivery: Whether somebody asked for it again.

        Raises:
            BodyTooLarge: GitHub would not even try.
        """
        guid = guid or str(uuid.uuid4())
        body = body_of(payload)
        if len(body) > LARGEST_BODY_BYTES:
            raise BodyTooLarge(f"payload: {len(body)} bytes; GitHub delivers 25 MB at most")
        headers = self.headers(event=event, guid=guid, body=body)
        delivered_at = now()
        began = time.monotonic()
        (status, status_code), response = await self._post(body, headers, lose=lose)
        delivery = Delivery(
            id=self.state.take_delivery_id(),
            guid=guid,
            event=event,
            payload=payload,
            delivered_at=iso(delivered_at),
            redelivery=redelivery,
            duration=round(time.monotonic() - began, 2),
            status=status,
            status_code=status_code,
            url=self.url,
            request_headers=headers,
            response_headers=dict(response.headers) if response else None,
            response_payload=response.text[:RESPONSE_KEPT_CHARACTERS] if response else None,
        )
        self.state.keep_delivery(delivery, now=now())
        return delivery

    def redeliver(self, delivery: Delivery) -> None:
        """Send a delivery again soon, under its old GUID, without waiting for it."""
        task = asyncio.create_task(
            self.send(
                event=delivery.event,
                payload=delivery.payload,
                guid=delivery.guid,
                redelivery=True,
            )
        )
        # The event loop holds tasks weakly: without this one could vanish half done.
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def settle(self) -> None:
        """Wait until whatever was to be sent again has been sent, and stands in the log."""
        await asyncio.gather(*self._background, return_exceptions=True)

    async def close(self) -> None:
        """Finish what is being sent, then let go of the connections."""
        await self.settle()
        if self._client is not None:
            await self._client.aclose()

    async def _post(
        self, body: bytes, headers: dict[str, str], *, lose: bool
    ) -> tuple[tuple[str, int], httpx.Response | None]:
        if lose:
            return NO_CONNECTION, None
        if self._client is None:
            # The environment's proxies are for the world outside; these stay on the machine.
            self._client = httpx.AsyncClient(
                timeout=self.time_limit_s,
                limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
                trust_env=False,
            )
        try:
            # httpx limits each wait of its own; GitHub's limit is for all of it.
            async with asyncio.timeout(self.time_limit_s):
                response = await self._client.post(self.url, content=body, headers=headers)
        except (TimeoutError, httpx.TimeoutException):
            return TIMED_OUT, None
        except (httpx.HTTPError, AttributeError):
            # anyio asks a socket who is at its other end, after connecting, without looking whether
            # a server that was killed has closed it meanwhile.
            return NO_CONNECTION, None
        if response.is_success:
            return ("OK", response.status_code), response
        return (f"Invalid HTTP Response: {response.status_code}", response.status_code), response


def now() -> datetime:
    """The moment of a delivery."""
    return datetime.fromtimestamp(time.time(), UTC)
