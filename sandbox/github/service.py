"""All parts of the small GitHub in one place, for its endpoints and for the control API."""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import cast

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from starlette.requests import Request

from sandbox.faults import FaultBook
from sandbox.github.hooks import WebhookSender
from sandbox.github.limits import Limits
from sandbox.github.state import GitHub
from sandbox.requests_log import RequestLog


@dataclass
class GitHubService:
    """The state, who the App is, and what disturbs or records the answers."""

    app_id: int
    public_key: RSAPublicKey
    state: GitHub
    hooks: WebhookSender
    faults: FaultBook = field(default_factory=FaultBook)
    limits: Limits = field(default_factory=Limits)
    requests: RequestLog = field(default_factory=RequestLog)


def service_of(request: Request) -> GitHubService:
    """The service that a request was sent to."""
    return cast("GitHubService", request.app.state.service)


def utc_now() -> datetime:
    """The moment; only endpoints and middleware read the clock."""
    return datetime.fromtimestamp(time.time(), UTC)
