"""InviteMember: invite somebody to the organisation, unless that is done."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypedDict

from aws_lambda_powertools import Logger

from functions import github_app
from ghkit import standing
from ghkit.errors import RateLimited

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from ghkit.contracts import MemberOnboarding, Standing

logger = Logger()


class Event(TypedDict):
    """Whom to invite, and how many times the state machine has waited out a limit for it."""

    event: MemberOnboarding
    standing: Standing
    waits: int


@logger.inject_lambda_context(correlation_id_path="event.delivery")
def handle(event: Event, context: LambdaContext) -> Standing:  # noqa: ARG001 -- Lambda's signature
    """Return how the person stands after the invitation.

    Raises:
        AppKeyUnusable: The secret holds no App id and private key.
        RateLimited: Again, after `WAITS_MAX` waits.
        InvitationLimitReached: GitHub takes no more invitations of the organisation today.
        GhkitError: As `standing.invite` says.
    """
    observed_at = datetime.now(UTC)
    installation_id = event["event"]["installation_id"]
    try:
        now = github_app.ask(
            lambda app: standing.invite(
                app, event["standing"], installation_id=installation_id, observed_at=observed_at
            )
        )
    except RateLimited as limit:
        retry_at = github_app.retry_at(limit, waits=event["waits"])
        logger.info("onboard_member.rate_limited", waits=event["waits"])
        return {**event["standing"], "retry_at": retry_at}
    logger.info("onboard_member.invited", github_id=now["github_id"], state=now["state"])
    return now
