"""What happens to the requests of every service: each is written down, and some fail to order."""

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.faults import Fault, FaultBook
from sandbox.requests_log import AskedFor, RequestLog


@dataclass
class Logged:
    """Middleware that writes down each request when it comes, and its status when answered."""

    app: ASGIApp
    requests: RequestLog

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        query = scope["query_string"].decode("latin-1")
        now = datetime.fromtimestamp(time.time(), UTC)
        asked = AskedFor(scope["method"], scope["path"], query, now.isoformat())
        self.requests.add(asked)

        async def note_status(message: Message) -> None:
            if message["type"] == "http.response.start":
                asked.status = message["status"]
            await send(message)

        await self.app(scope, receive, note_status)


@dataclass
class Faulty:
    """Middleware that lets the answers fail or dawdle that somebody asked to."""

    app: ASGIApp
    faults: FaultBook
    failure: Callable[[Fault, int, Scope], Response]
    """Makes the failing answer of a fault with this status."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        fault = self.faults.take(scope["path"], chance=random.random)
        if fault is None:
            await self.app(scope, receive, send)
            return
        await asyncio.sleep(fault.delay_s)
        if fault.status is None:
            await self.app(scope, receive, send)
            return
        await self.failure(fault, fault.status, scope)(scope, receive, send)
