"""The company directory as an ASGI application.

`GET /people/{login}` and `GET /people?github_id=7` answer one person's record, as it was given to
`PUT /people` of the control API. Wrong credentials are a 401, an unknown person is a 404.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Scope

from sandbox.directory.records import Record, Records
from sandbox.faults import Fault, FaultBook
from sandbox.middleware import Faulty, Logged
from sandbox.requests_log import RequestLog


@dataclass
class DirectoryService:
    """The records, who may read them, and what disturbs or records the answers."""

    token: str
    records: Records
    faults: FaultBook = field(default_factory=FaultBook)
    requests: RequestLog = field(default_factory=RequestLog)


def reply(data: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(orjson.dumps(data), status, dict(headers or {}), "application/json")


def service_allowing(request: Request) -> DirectoryService:
    """The service, for whoever has its token."""
    service: DirectoryService = request.app.state.service
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    is_known = hmac.compare_digest(token.strip().encode(), service.token.encode())
    if scheme.lower() != "bearer" or not is_known:
        raise HTTPException(401, "a bearer token is needed")
    return service


def record_of(found: Record | None) -> Response:
    if found is None:
        raise HTTPException(404, "nobody is known by this name")
    return reply(found.company)


async def get_person(request: Request) -> Response:
    return record_of(service_allowing(request).records.find(request.path_params["login"]))


async def find_person(request: Request) -> Response:
    records = service_allowing(request).records
    number = request.query_params.get("github_id", "")
    if not (number.isascii() and number.isdigit()):
        raise HTTPException(400, "github_id: expected a whole number")
    return record_of(records.find_by_id(int(number)))


async def get_health(request: Request) -> Response:
    del request
    return reply({"status": "ok"})


async def refused(request: Request, exc: Exception) -> Response:
    del request
    assert isinstance(exc, HTTPException)  # noqa: S101 -- registered for this class alone
    headers = {"www-authenticate": "Bearer"} if exc.status_code == 401 else None
    return reply({"error": exc.detail}, status=exc.status_code, headers=headers)


def failure(fault: Fault, status: int, scope: Scope) -> Response:
    """The answer that a fault gives."""
    del scope
    phrase = HTTPStatus(status).phrase if status in set(HTTPStatus) else "Error"
    return reply({"error": phrase}, status=status, headers=fault.headers)


def create_app(service: DirectoryService) -> Starlette:
    """Put the endpoints together."""
    app = Starlette(
        routes=[
            Route("/people/{login}", get_person),
            Route("/people", find_person),
            Route("/healthz", get_health),
        ],
        middleware=[
            Middleware(Logged, requests=service.requests),
            Middleware(Faulty, faults=service.faults, failure=failure),
        ],
        exception_handlers={HTTPException: refused},
    )
    app.state.service = service
    return app
