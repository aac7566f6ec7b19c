"""How GitHub answers: JSON, errors that point to the documentation, ETags and pages."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import orjson
from starlette.requests import Request
from starlette.responses import Response

DOCUMENTATION = "https://docs.github.com/rest"
JSON = "application/json; charset=utf-8"

ROWS_A_PAGE = 30
MOST_ROWS_A_PAGE = 100

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])


@dataclass(eq=False)
class GitHubError(Exception):
    """An answer that is not what was asked for."""

    status: int
    message: str
    headers: Mapping[str, str] = field(default_factory=dict)
    errors: Sequence[Mapping[str, str]] = ()
    """What exactly is wrong with an order, where GitHub says it."""


def documented(page: str) -> Callable[[Endpoint], Endpoint]:
    """Name the page of GitHub's REST documentation to which an endpoint's errors point."""

    def mark(endpoint: Endpoint) -> Endpoint:
        endpoint.documentation = f"{DOCUMENTATION}/{page}"  # type: ignore[attr-defined] # a mark
        return endpoint

    return mark


def error(
    status: int,
    message: str,
    *,
    documentation: str = DOCUMENTATION,
    headers: Mapping[str, str] | None = None,
    errors: Sequence[Mapping[str, str]] = (),
) -> Response:
    """GitHub's body of an error."""
    body: dict[str, Any] = {"message": message, **({"errors": list(errors)} if errors else {})}
    body |= {"documentation_url": documentation, "status": str(status)}
    return Response(orjson.dumps(body), status, dict(headers or {}), JSON)


async def error_for(request: Request, exc: Exception) -> Response:
    """The answer to a request that an endpoint refused."""
    assert isinstance(exc, GitHubError)  # noqa: S101 -- registered for this class alone
    documentation = getattr(request.scope.get("endpoint"), "documentation", DOCUMENTATION)
    return error(
        exc.status,
        exc.message,
        documentation=documentation,
        headers=exc.headers,
        errors=exc.errors,
    )


async def not_found(request: Request, exc: Exception) -> Response:
    """The answer where no endpoint is; GitHub says the same of a wrong method."""
    del request, exc
    return error(404, "Not Found")


def answer(
    request: Request, data: Any, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """The data as JSON, or 304 where the client has exactly this already."""
    body = orjson.dumps(data)
    tag = f'W/"{hashlib.sha256(body).hexdigest()}"'
    usual = {"etag": tag, "cache-control": "private, max-age=60, s-maxage=60", **(headers or {})}
    if request.method != "GET" or status != 200:
        return Response(body, status, dict(headers or {}), JSON)
    known = request.headers.get("if-none-match", "")
    if tag in (each.strip() for each in known.split(",")):
        return Response(None, 304, usual)
    return Response(body, status, usual, JSON)


def api_url(request: Request) -> str:
    """The address under which this API was asked, so that links lead back to it."""
    return str(request.base_url).rstrip("/")


@dataclass(frozen=True)
class Page:
    """Which rows of a list were asked for."""

    number: int
    size: int

    def cut(self, rows: Sequence[Any]) -> Sequence[Any]:
        return rows[(self.number - 1) * self.size : self.number * self.size]


def whole_number(text: str | None, default: int) -> int:
    """A parameter's number; GitHub takes the default for what is none."""
    return int(text) if text and text.isascii() and text.isdigit() else default


def page_of(request: Request) -> Page:
    """Read `per_page` and `page`; GitHub mends what is out of bounds rather than refuse it."""
    size = whole_number(request.query_params.get("per_page"), ROWS_A_PAGE)
    number = whole_number(request.query_params.get("page"), 1)
    return Page(number=max(1, number), size=min(max(1, size), MOST_ROWS_A_PAGE))


def body_of(body: bytes) -> dict[str, Any]:
    """What a request's body asks for; no body asks for nothing special.

    Raises:
        GitHubError: 400 where it is no JSON object.
    """
    try:
        order = json.loads(body or b"{}")
    except ValueError as exc:
        raise GitHubError(400, "Problems parsing JSON") from exc
    if not isinstance(order, dict):
        raise GitHubError(400, "Body should be a JSON object")
    return order


def invalid(resource: str, field_name: str, message: str) -> GitHubError:
    """GitHub's refusal of an order that it understands and cannot carry out."""
    wrong = {"resource": resource, "field": field_name, "code": "unprocessable"}
    return GitHubError(422, "Validation Failed", errors=[{**wrong, "message": message}])


def listed(request: Request, rows: Sequence[Any], shape: Callable[[Any], Any]) -> Response:
    """The page of a list that was asked for, each row in its shape."""
    page = page_of(request)
    data = [shape(row) for row in page.cut(rows)]
    return answer(request, data, headers=link_header(request, page, len(rows)))


def link_header(request: Request, page: Page, total: int) -> dict[str, str]:
    """The `Link` header to the pages around this one; none where everything fits on one."""
    last = max(1, -(-total // page.size))
    links = {}
    if page.number > 1:
        links["prev"] = min(page.number - 1, last)
    if page.number < last:
        links["next"] = page.number + 1
        links["last"] = last
    if page.number > 1:
        links["first"] = 1
    if not links:
        return {}
    asked = request.url.replace(netloc=request.base_url.netloc)
    return {
        "link": ", ".join(
            f'<{asked.include_query_params(page=number)}>; rel="{relation}"'
            for relation, number in links.items()
        )
    }
