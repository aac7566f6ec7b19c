"""The AWS emulator's own control endpoints, to which orders for `aws` are handed on.

POST and DELETE /_sandbox/faults, PUT /_sandbox/limits, GET /_sandbox/requests and
POST /_sandbox/reset on the emulator's port, each with the body and answer of the control API.
"""

from dataclasses import dataclass, field
from typing import Any

import httpx

TIME_LIMIT_S = 10.0


class EmulatorUnreachable(Exception):
    """The AWS emulator does not answer."""


@dataclass
class Emulator:
    """Talks to one emulator."""

    url: str
    _client: httpx.AsyncClient = field(
        default_factory=lambda: httpx.AsyncClient(timeout=TIME_LIMIT_S, trust_env=False),
        init=False,
    )

    async def ask(self, method: str, path: str, order: dict[str, Any] | None = None) -> Any:
        """Hand an order on, and return the emulator's status and JSON.

        Raises:
            EmulatorUnreachable: There was no answer.
        """
        try:
            answer = await self._client.request(method, f"{self.url}/_sandbox/{path}", json=order)
        except httpx.HTTPError as exc:
            raise EmulatorUnreachable(f"the AWS emulator at {self.url} does not answer") from exc
        return answer.status_code, answer.json() if answer.content else None

    async def visit(self, url: str) -> int:
        """Open an address of the emulator and return its status.

        Raises:
            EmulatorUnreachable: There was no answer.
        """
        try:
            return (await self._client.get(url)).status_code
        except httpx.HTTPError as exc:
            raise EmulatorUnreachable(f"the AWS emulator at {self.url} does not answer") from exc

    async def close(self) -> None:
        await self._client.aclose()
