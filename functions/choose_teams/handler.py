"""ChooseTeams: apply the published team rules to a company record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

from aws_lambda_powertools import Logger

from ghkit import team_rules
from ghkit.errors import InvalidPayload, RulesMissing
from ghkit.standing import TEAM_PREFIX

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from ghkit.contracts import ChosenTeams, CompanyInfo

logger = Logger()


class Event(TypedDict):
    """A company record, and DynamoDB's answer about the published rules."""

    delivery: str
    company: CompanyInfo
    rules: dict[str, Any]


@logger.inject_lambda_context(correlation_id_path="delivery")
def handle(event: Event, context: LambdaContext) -> ChosenTeams:  # noqa: ARG001 -- Lambda's
    """Choose the teams; the same rules and record give the same.

    Raises:
        RulesMissing: Nothing is published, or nothing that can be read.
    """
    item = event["rules"].get("Item")
    if not item:
        message = "no team rules are published"
        raise RulesMissing(message)
    try:
        rules = team_rules.parse_rules(item["rules"]["S"])
    except (KeyError, TypeError, InvalidPayload) as exc:
        message = f"the published team rules cannot be read: {exc}"
        raise RulesMissing(message) from exc
    choices = team_rules.choose_teams(rules, event["company"])
    logger.info("onboard_member.teams_chosen", version=rules.version, team_count=len(choices))
    return {
        "teams": [
            {
                "slug": choice.slug,
                "because": choice.because,
                "attribute": f"{TEAM_PREFIX}{choice.slug}",
            }
            for choice in choices
        ],
        "version": str(rules.version),
        "named": ", ".join(choice.slug for choice in choices) or "none",
    }
