"""In front of ministack: a log of requests, ordered faults, limits, and their control."""

import asyncio
import json
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sandbox import orders
from sandbox.aws import lifecycle
from sandbox.aws.buckets import Buckets
from sandbox.aws.operations import Operation, Refusal, needs_body, operation_of, refusal
from sandbox.faults import Fault, FaultBook, fault_from
from sandbox.orders import BadOrder
from sandbox.requests_log import AskedFor, RequestLog

Scope = dict[str, Any]
Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

CONTROL = "/_sandbox/"
# ministack's own pages are no part of AWS: not logged, never failing.
_NOT_AWS = ("/_ministack/", "/_localstack/", "/health")


@dataclass(slots=True)
class AwsFault(Fault):
    """A fault whose error may be named as AWS names it."""

    code: str | None = None


class Gateway:
    """An ASGI application around ministack's."""

    def __init__(self, ministack: Application, *, region: str) -> None:
        self._ministack = ministack
        self._faults = FaultBook()
        self._buckets = Buckets(region)
        self._requests = RequestLog()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(_NOT_AWS):
            await self._ministack(scope, receive, send)
        elif scope["path"].startswith(CONTROL):
            await self._control(scope, receive, send)
        else:
            await self._serve(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        for touch in lifecycle.on_request:
            touch()
        headers = {
            key.decode().lower(): value.decode("latin-1") for key, value in scope["headers"]
        }
        body = b""
        if needs_body(headers):
            body = await _read(receive)
            receive = _replay(body, receive)
        operation = operation_of(headers, body)
        asked = self._note(scope, operation)

        async def note_status(message: Message) -> None:
            if message["type"] == "http.response.start":
                asked.status = message["status"]
            await send(message)

        refused = await self._refusal(operation, scope["path"])
        if refused is None:
            await self._ministack(scope, receive, note_status)
        else:
            # Hypercorn closes a connection, without a word, whose request was not read to its end.
            await _read(receive)
            await _answer(note_status, refused)

    def _note(self, scope: Scope, operation: Operation) -> AskedFor:
        path = f"/{operation.name}" if operation.name else scope["path"]
        query = scope["query_string"].decode("latin-1")
        asked = AskedFor(scope["method"], path, query, datetime.now(UTC).isoformat())
        self._requests.add(asked)
        return asked

    async def _refusal(self, operation: Operation, path: str) -> Refusal | None:
        """What this request gets instead of its answer, after the delay that was ordered."""
        fault = self._fault(operation, path)
        if fault is not None:
            await asyncio.sleep(fault.delay_s)
            if fault.status is not None:
                code = fault.code if isinstance(fault, AwsFault) else None
                return refusal(operation, fault.status, code=code, headers=fault.headers)
        if not self._buckets.admit(operation.name):
            return refusal(operation, 400, code="ThrottlingException")
        return None

    def _fault(self, operation: Operation, path: str) -> Fault | None:
        """The fault that meets the operation's name, or else the path, if it says anything."""
        names = [f"/{operation.name}"] if operation.name else []
        if path != "/" or not names:
            names.append(path)
        for name in names:
            fault = self._faults.take(name, chance=random.random)
            if fault is not None:
                return fault
        return None

    async def _control(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = f"{scope['method']} {scope['path'].removeprefix(CONTROL).rstrip('/')}"
        carry_out = _CONTROLS.get(asked)
        text = await _read(receive)
        try:
            if carry_out is None:
                await _answer(send, _json(404, {"error": f"{asked}: no such control"}))
                return
            order = orders.an_object(json.loads(text) if text else {}, "body")
            await _answer(send, _json(200, carry_out(self, order)))
        except (BadOrder, ValueError) as problem:
            await _answer(send, _json(400, {"error": str(problem)}))

    def add_fault(self, order: Mapping[str, Any]) -> Any:
        known = dict(order)
        code = known.pop("code", None)
        fault = fault_from(known)
        named = AwsFault(
            **fault.as_dict(), code=None if code is None else orders.a_string(code, "code")
        )
        self._faults.add(named)
        return named.as_dict() | {"service": "aws"}

    def clear_faults(self, _order: Mapping[str, Any]) -> Any:
        self._faults.clear()
        return {}

    def put_limits(self, order: Mapping[str, Any]) -> Any:
        # The control API says for which service, we have but one.
        name = "aws" if "aws" in order else "enabled"
        on = orders.a_flag(order.get(name), name)
        self._buckets.switch(on=on)
        return dict(order)

    def list_requests(self, _order: Mapping[str, Any]) -> Any:
        return self._requests.as_dicts()

    def clear_requests(self, _order: Mapping[str, Any]) -> Any:
        self._requests.clear()
        return {}

    def reset(self, _order: Mapping[str, Any]) -> Any:
        """Forget faults, limits and requests; what AWS holds stays."""
        self._faults.clear()
        self._buckets.switch(on=False)
        self._requests.clear()
        return {}


_CONTROLS: dict[str, Callable[[Gateway, Mapping[str, Any]], Any]] = {
    "POST faults": Gateway.add_fault,
    "DELETE faults": Gateway.clear_faults,
    "PUT limits": Gateway.put_limits,
    "GET requests": Gateway.list_requests,
    "DELETE requests": Gateway.clear_requests,
    "POST reset": Gateway.reset,
}


async def _read(receive: Receive) -> bytes:
    body = b""
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


def _replay(body: bytes, receive: Receive) -> Receive:
    """A request's body once more, for whoever comes next."""
    given = False

    async def replay() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


def _json(status: int, data: Any) -> Refusal:
    return Refusal(status, {"content-type": "application/json"}, json.dumps(data).encode())


async def _answer(send: Send, answer: Refusal) -> None:
    headers = answer.headers | {"content-length": str(len(answer.body))}
    encoded = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": encoded})
    await send({"type": "http.response.body", "body": answer.body})
