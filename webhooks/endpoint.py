"""The webhook endpoint ahead of Django: one task a request, one commit for all that arrived.

Django's handler costs more than verification and database together, and a commit of its own for
each delivery is what a database does least of (docs/adr/0013). So this answers `POST
/webhooks/github/` itself: what arrives while one commit is under way is the next one's batch. A
delivery is answered after its own commit and never before; alone, it waits for nobody.

It speaks RSGI, granian's own interface: https://github.com/emmett-framework/granian/blob/master/docs/spec/RSGI.md
"""

from __future__ import annotations

import asyncio
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING

import orjson
import structlog
from django.utils import timezone
from granian.rsgi import ProtocolClosed

from core import work
from core.rsgi import read_on
from webhooks import ingress, services
from webhooks.models import Delivery
from webhooks.writer import Writer

if TYPE_CHECKING:
    from granian.rsgi import HTTPProtocol, Scope

log = structlog.get_logger(__name__)

# Also without the slash at its end: Django would redirect there, and GitHub follows no redirect.
PATHS = ("/webhooks/github/", "/webhooks/github")
# SQLite has one writer: this many take it 3 ms.
MAX_BATCH = 100
MAX_BATCH_BYTES = 8 * 1024 * 1024
# From here on a body takes the loop longer than a thread's start.
LARGE_BODY_BYTES = 256 * 1024
# One message wakes a worker for all that arrived meanwhile; a message each would bury the broker.
WAKE_AFTER_S = 0.1

_REFUSED_UNREAD = (HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
_HEADERS = [("content-type", "application/json"), ("x-content-type-options", "nosniff")]

_Batch = list[tuple[services.Arrival, "asyncio.Future[services.Answer]"]]


class Endpoint:
    """Takes deliveries in; one for each event loop."""

    def __init__(self) -> None:
        self._arrived: deque[tuple[services.Arrival, asyncio.Future[services.Answer]]] = deque()
        self._is_writing = False
        self._writing: set[asyncio.Task[None]] = set()
        self._wake: asyncio.TimerHandle | None = None
        self._writer = Writer()
        self._waker = ThreadPoolExecutor(1, "webhooks-waker")

    async def __call__(self, scope: Scope, protocol: HTTPProtocol) -> None:
        """Answer one request, whatever it is; order of checks: method, size, signature, headers, body."""
        try:
            answer = await self._answer(scope, protocol)
        except ingress.Refused as exc:
            answer = services.refusal(exc)
        except ProtocolClosed:
            return  # the body broke off: nobody is there to be answered
        except Exception:
            log.exception("webhooks.endpoint_failed")
            answer = services.unavailable()
        headers = _HEADERS
        if answer.headers:
            headers = headers + [(name.lower(), value) for name, value in answer.headers.items()]
        protocol.response_bytes(answer.status_code, headers, orjson.dumps(answer.payload))
        if answer.status_code in _REFUSED_UNREAD:
            await read_on(protocol)

    async def _answer(self, scope: Scope, protocol: HTTPProtocol) -> services.Answer:
        if scope.method != "POST":
            refused = ingress.Refused(405, "method_not_allowed", "Deliveries are sent by POST.")
            answer = services.refusal(refused)
            return services.Answer(answer.status_code, answer.payload, {"Allow": "POST"})
        # granian's names are in lower case; of a repeated one the last value counts.
        headers = dict(scope.headers.items())
        body = await _read_body(headers, protocol)
        loop = asyncio.get_running_loop()
        check = partial(services.check, headers=headers, body=body, now=timezone.now())
        if len(body) > LARGE_BODY_BYTES:
            arrival = await loop.run_in_executor(None, lambda: services.compress_ahead(check()))
        else:
            arrival = check()
        answered: asyncio.Future[services.Answer] = loop.create_future()
        self._arrived.append((arrival, answered))
        if not self._is_writing:
            self._is_writing = True
            # After those whose turn is in this round of the loop, so that they come along.
            loop.call_soon(self._write, loop)
        return await answered

    def _write(self, loop: asyncio.AbstractEventLoop) -> None:
        batch: _Batch = []
        size = 0
        while self._arrived and len(batch) < MAX_BATCH and size < MAX_BATCH_BYTES:
            batch.append(self._arrived.popleft())
            size += len(batch[-1][0].reading.body)
        # Each batch is a task of its own: whatever happens in it, it ends, and the next one begins.
        task = loop.create_task(self._write_batch(loop, batch))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    async def _write_batch(self, loop: asyncio.AbstractEventLoop, batch: _Batch) -> None:
        answers = [services.unavailable()] * len(batch)
        try:
            answers = await self._writer.take_in([arrival for arrival, _answered in batch])
        except Exception:
            log.exception("webhooks.writer_failed")
        finally:
            self._finish(loop, batch, answers)

    def _finish(
        self, loop: asyncio.AbstractEventLoop, batch: _Batch, answers: list[services.Answer]
    ) -> None:
        if any(answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE for answer in answers):
            # Who waited behind these need not wait for the same timeout again.
            batch += self._arrived
            answers += [services.unavailable()] * len(self._arrived)
            self._arrived.clear()
        for (_arrival, answered), answer in zip(batch, answers, strict=True):
            if not answered.done():  # its request may be gone
                answered.set_result(answer)
        if self._wake is None and any(answer.has_work for answer in answers):
            self._wake = loop.call_later(WAKE_AFTER_S, self._send_wake)
        self._is_writing = bool(self._arrived)
        if self._is_writing:
            self._write(loop)

    def _send_wake(self) -> None:
        self._wake = None
        # Not in the loop and not in the writer: a broker that is away takes a second to say so.
        self._waker.submit(work.wake, Delivery)


async def _read_body(headers: dict[str, str], protocol: HTTPProtocol) -> bytes:
    """Read at most what is allowed.

    Raises:
        Refused: It is larger, or claims to be.
        ProtocolClosed: It broke off.
    """
    length = headers.get("content-length", "")
    if length.isascii() and length.isdigit():
        ingress.check_size(int(length))
        return await protocol()
    parts, size = [], 0
    async for part in protocol:  # sent in chunks, without a length
        parts.append(part)
        size += len(part)
        ingress.check_size(size)
    return b"".join(parts)
