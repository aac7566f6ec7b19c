"""All parts of the small GitHub in one place, for its endpoints and for the control API."""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import cast

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from starlette.requests import Request

from sandbox.faults import FaultBook
from sandbox.github.answers import invalid
from sandbox.github.hooks import WebhookSender
from sandbox.github.limits import Limits
from sandbox.github.moments import iso
from sandbox.github.organizations import Invitation, Organization
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
    invitations_a_day: int | None = None
    """A quota instead of GitHub's own, while the limits are on."""

    def invite(
        self,
        organization: Organization,
        *,
        user_id: int | None,
        email: str | None = None,
        role: str = "direct_member",
    ) -> Invitation:
        """Send an invitation, as long as GitHub's daily quota lasts.

        Raises:
            GitHubError: 422 over the quota; its words are not documented.
        """
        now = utc_now()
        if self.limits.enforced and organization.is_over_quota(
            now=now, quota=self.invitations_a_day
        ):
            raise invalid("OrganizationInvitation", "data", "Over invitation rate limit")
        return organization.invite(Invitation(iso(now), user_id, email, role), now=now)


def service_of(request: Request) -> GitHubService:
    """The service that a request was sent to."""
    return cast("GitHubService", request.app.state.service)


def utc_now() -> datetime:
    """The moment; only endpoints and middleware read the clock."""
    return datetime.fromtimestamp(time.time(), UTC)
