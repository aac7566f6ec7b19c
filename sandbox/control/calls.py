"""What every call of the control API has: whom it reaches, its order, its reply."""

from dataclasses import dataclass
from typing import Any, cast

import orjson
from starlette.requests import Request
from starlette.responses import Response

from sandbox import orders
from sandbox.control.emulator import Emulator
from sandbox.control.mailbox import Mailbox
from sandbox.control.rules import PublishedRules
from sandbox.directory.app import DirectoryService
from sandbox.github.service import GitHubService
from sandbox.orders import BadOrder


@dataclass
class Controlled:
    """Everything that an order may reach."""

    github: GitHubService
    directory: DirectoryService
    emulator: Emulator
    mailbox: Mailbox
    rules: PublishedRules

    @property
    def own(self) -> dict[str, GitHubService | DirectoryService]:
        """The services in this process."""
        return {"github": self.github, "directory": self.directory}


def controlled_by(request: Request) -> Controlled:
    return cast("Controlled", request.app.state.controlled)


def reply(data: Any, *, status: int = 200) -> Response:
    return Response(orjson.dumps(data), status, media_type="application/json")


async def order_in(request: Request) -> dict[str, Any]:
    """The body of an order.

    Raises:
        BadOrder: It is no JSON object.
    """
    try:
        order = orjson.loads(await request.body())
    except ValueError as exc:
        raise BadOrder(f"body: not JSON: {exc}") from exc
    return orders.an_object(order, "body")
