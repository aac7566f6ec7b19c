"""What happens to every request before and after its endpoint: headers and limits."""

import secrets
import time
from dataclasses import dataclass
from http import HTTPStatus

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.faults import Fault
from sandbox.github import answers
from sandbox.github.limits import ANYBODY, Refusal
from sandbox.github.service import GitHubService, utc_now
from sandbox.github.tokens import bearer

API_VERSIONS = ("2022-11-28", "2026-03-10")
"""The first is what a request without `X-GitHub-Api-Version` gets."""

RATE_LIMIT_PAGE = f"{answers.DOCUMENTATION}/overview/rate-limits-for-the-rest-api"
SECONDARY_LIMIT_PAGE = (
    f"{answers.DOCUMENTATION}/using-the-rest-api/rate-limits-for-the-rest-api"
    "#about-secondary-rate-limits"
)

UNLIMITED_PATHS = ("/rate_limit",)


@dataclass
class Dressed:
    """Gives every answer the headers that all of GitHub's have."""

    app: ASGIApp
    service: GitHubService

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        scope["github_request_id"] = request_id = new_request_id()

        async def dress(message: Message) -> None:
            if message["type"] == "http.response.start":
                dressed = MutableHeaders(scope=message)
                version = headers.get("x-github-api-version", API_VERSIONS[0])
                limits = self.service.limits.headers(caller_of(self.service, headers), time.time())
                for name, value in {
                    "server": "github.com",
                    "x-github-request-id": request_id,
                    "x-github-media-type": "github.v3; format=json",
                    "x-github-api-version-selected": version,
                    "x-content-type-options": "nosniff",
                    **limits,
                }.items():
                    # A fault may have set one of these already, and then means it.
                    dressed.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, dress)


@dataclass
class Gate:
    """Refuses what GitHub refuses of any request: no name, an unknown version, too many."""

    app: ASGIApp
    service: GitHubService

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        refusal = self.refusal(scope, headers)
        if refusal is not None:
            await refusal(scope, receive, send)
            return

        async def give_back_unchanged(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 304:
                self.service.limits.give_back(caller_of(self.service, headers), time.time())
            await send(message)

        await self.app(scope, receive, give_back_unchanged)

    def refusal(self, scope: Scope, headers: Headers) -> Response | None:
        if not headers.get("user-agent"):
            return PlainTextResponse(
                "Request forbidden by administrative rules. Please make sure your request has a "
                "User-Agent header (https://docs.github.com/en/rest/overview/"
                "resources-in-the-rest-api#user-agent-required).",
                status_code=403,
            )
        version = headers.get("x-github-api-version", API_VERSIONS[0])
        if version not in API_VERSIONS:
            return answers.error(410, f"The API version {version} is not supported.")
        if scope["path"] in UNLIMITED_PATHS:
            return None
        caller = caller_of(self.service, headers)
        over = self.service.limits.charge(caller, scope["method"], scope["path"], time.time())
        return limited(over, caller, scope["github_request_id"]) if over else None


def caller_of(service: GitHubService, headers: Headers) -> str:
    """Whose limit a request counts against: an installation's, the App's, or nobody's."""
    credentials = bearer(headers)
    if credentials is None:
        return ANYBODY
    token = service.state.find_token(credentials, now=utc_now())
    if token is not None:
        return f"installation ID {token.installation_id}"
    return ANYBODY if credentials.startswith("ghs_") else f"app ID {service.app_id}"


def limited(over: Refusal, caller: str, request_id: str) -> Response:
    """GitHub's answer over one of its limits; only the secondary one says when to come again."""
    if over.secondary:
        wait = {"retry-after": str(over.retry_after_s)}
        return answers.error(
            403,
            secondary_message(request_id),
            documentation=SECONDARY_LIMIT_PAGE,
            headers=wait,
        )
    return answers.error(403, primary_message(caller, request_id), documentation=RATE_LIMIT_PAGE)


def primary_message(caller: str, request_id: str) -> str:
    return (
        f"API rate limit exceeded for {caller}. If you reach out to GitHub Support for help, "
        f"please include the request ID {request_id}."
    )


def secondary_message(request_id: str) -> str:
    return (
        "You have exceeded a secondary rate limit. Please wait a few minutes before you try "
        "again. If you reach out to GitHub Support for help, please include the request ID "
        f"{request_id}."
    )


def failure(fault: Fault, status: int, scope: Scope) -> Response:
    """The answer that a fault gives, in the words that GitHub has for its status and headers."""
    request_id = scope["github_request_id"]
    headers = {name.lower(): value for name, value in fault.headers.items()}
    documentation = answers.DOCUMENTATION
    if status in (403, 429) and headers.get("x-ratelimit-remaining") == "0":
        message, documentation = primary_message("installation", request_id), RATE_LIMIT_PAGE
    elif status == 429 or (status == 403 and "retry-after" in headers):
        message, documentation = secondary_message(request_id), SECONDARY_LIMIT_PAGE
    elif status >= 500:
        message = "Server Error"
    elif status == 401:
        message = "Bad credentials"
    elif status == 403:
        message = "Resource not accessible by integration"
    else:
        message = HTTPStatus(status).phrase if status in set(HTTPStatus) else "Error"
    return answers.error(status, message, documentation=documentation, headers=headers)


def new_request_id() -> str:
    """An id in the form of `X-GitHub-Request-Id`."""
    return ":".join(secrets.token_hex(size).upper() for size in (2, 3, 3, 3, 4))
