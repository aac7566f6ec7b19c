"""ReadMemberEvent: validate and normalise the input of `onboard-member`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger

from ghkit.projections import read_member_onboarding

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from ghkit.contracts import MemberOnboarding

logger = Logger()


@logger.inject_lambda_context(correlation_id_path="delivery")
def handle(event: object, context: LambdaContext) -> MemberOnboarding:  # noqa: ARG001 -- Lambda's
    """Pass the input on, checked.

    Raises:
        InvalidPayload: It names nobody to onboard.
    """
    onboarding = read_member_onboarding(event)
    logger.info(
        "onboard_member.event_read",
        github_id=onboarding["member"]["id"],
        reason=onboarding["reason"],
        batch=onboarding["batch"],
    )
    return onboarding
