"""AddToTeam: see to it that somebody is in one team."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypedDict

from aws_lambda_powertools import Logger

from functions import github_app
from ghkit import standing
from ghkit.errors import RateLimited
from ghkit.timestamps import sortable_text

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from ghkit.contracts import ChosenTeam, MemberOnboarding, Standing, TeamAdded

logger = Logger()


class Event(TypedDict):
    """Who, which team, and how many times the state machine has waited out a limit for it."""

    event: MemberOnboarding
    standing: Standing
    team: ChosenTeam
    waits: int


@logger.inject_lambda_context(correlation_id_path="event.delivery")
def handle(event: Event, context: LambdaContext) -> TeamAdded:  # noqa: ARG001 -- Lambda's
    """Return how the person then stands to the team.

    Raises:
        AppKeyUnusable: The secret holds no App id and private key.
        RateLimited: Again, after `WAITS_MAX` waits.
        TeamMissing: The team was deleted since the rules were published.
        MemberGone: The person has left since.
        GhkitError: As `standing.add_to_team` says.
    """
    slug, installation_id = event["team"]["slug"], event["event"]["installation_id"]
    now = datetime.now(UTC)
    observed_at = sortable_text(now)
    try:
        state = github_app.ask(
            lambda app: standing.add_to_team(
                app, event["standing"], slug=slug, installation_id=installation_id, now=now
            )
        )
    except RateLimited as limit:
        retry_at = github_app.retry_at(limit, waits=event["waits"])
        logger.info("onboard_member.rate_limited", waits=event["waits"], team=slug)
        return {"state": "pending", "observed_at": observed_at, "retry_at": retry_at}
    logger.info(
        "onboard_member.team_added",
        github_id=event["standing"]["github_id"],
        team=slug,
        state=state,
    )
    return {"state": state, "observed_at": observed_at, "retry_at": None}
