"""ReadMembership: how somebody stands to the organisation, and to a team, at this moment."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, NotRequired, TypedDict

from aws_lambda_powertools import Logger

from functions import github_app
from ghkit import standing
from ghkit.errors import RateLimited

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from ghkit.contracts import MemberRef, OrganizationRef, Standing, TeamRef

logger = Logger()


class Who(TypedDict):
    """The part that both state machines' inputs have."""

    delivery: str
    organization: OrganizationRef
    member: MemberRef
    installation_id: int | None
    team: NotRequired[TeamRef | None]


class Event(TypedDict):
    """Whom to look up, and how many times the state machine has waited out a limit for it."""

    event: Who
    waits: int


@logger.inject_lambda_context(correlation_id_path="event.delivery")
def handle(event: Event, context: LambdaContext) -> Standing:  # noqa: ARG001 -- Lambda's signature
    """Ask GitHub; the login may be another than in the event, the id is the same.

    Raises:
        AppKeyUnusable: The secret holds no App id and private key.
        RateLimited: Again, after `WAITS_MAX` waits.
        GhkitError: As `standing.read` says.
    """
    who = event["event"]
    team = who.get("team")
    # Before the first question: what is observed was true at this moment or later.
    observed_at = datetime.now(UTC)
    try:
        found = github_app.ask(
            lambda app: standing.read(
                app,
                organization=who["organization"],
                member=who["member"],
                team=team["slug"] if team else None,
                installation_id=who["installation_id"],
                observed_at=observed_at,
            )
        )
    except RateLimited as limit:
        retry_at = github_app.retry_at(limit, waits=event["waits"])
        logger.info("membership.rate_limited", waits=event["waits"])
        return standing.unknown(
            who["organization"], who["member"], observed_at=observed_at, retry_at=retry_at
        )
    logger.info("membership.read", github_id=found["github_id"], state=found["state"])
    return found
