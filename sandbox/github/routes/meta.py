"""What GitHub says about itself: limits and addresses."""

import time
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.github.answers import GitHubError, answer, documented
from sandbox.github.middleware import caller_of
from sandbox.github.service import service_of, utc_now
from sandbox.github.tokens import bearer

WITHOUT_RATE = "2026-03-10"
"""From this API version on, the answer has no `rate` beside its `resources`."""

LOOPBACK = ["127.0.0.1/32"]
"""Where the sandbox's webhooks come from, and where it is."""


@documented("rate-limit/rate-limit#get-rate-limit-status-for-the-authenticated-user")
async def get_rate_limit(request: Request) -> Response:
    """What is left of the limits; 404 where there are none, as on GitHub Enterprise Server."""
    service = service_of(request)
    credentials = bearer(request.headers) or ""
    if credentials.startswith("ghs_") and not service.state.find_token(credentials, now=utc_now()):
        raise GitHubError(401, "Bad credentials")
    if not service.limits.enforced:
        raise GitHubError(404, "Rate limiting is not enabled.")
    core = service.limits.rate(caller_of(service, request.headers), time.time())
    search = {**core, "limit": 30, "remaining": 30, "used": 0}
    data: dict[str, Any] = {"resources": {"core": core, "search": search}}
    if request.headers.get("x-github-api-version") != WITHOUT_RATE:
        data["rate"] = core
    return answer(request, data)


@documented("meta/meta#get-github-meta-information")
async def get_meta(request: Request) -> Response:
    names = ("hooks", "web", "api", "git", "actions")
    data = {"verifiable_password_authentication": False, **dict.fromkeys(names, LOOPBACK)}
    return answer(request, data)


routes = [Route("/rate_limit", get_rate_limit), Route("/meta", get_meta)]
