"""ReadMembershipEvent: validate and normalise the input of `update-member`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger

from ghkit.projections import read_membership_change
from ghkit.standing import keys

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from ghkit.contracts import CheckedChange

logger = Logger()


@logger.inject_lambda_context(correlation_id_path="delivery")
def handle(event: object, context: LambdaContext) -> CheckedChange:  # noqa: ARG001 -- Lambda's
    """Pass the input on, checked, and say where the change is stored.

    Raises:
        InvalidPayload: It is no projection of such an event.
    """
    change = read_membership_change(event)
    logger.info(
        "update_member.event_read",
        event=change["event"],
        action=change["action"],
        github_id=change["member"]["id"] if change["member"] else None,
    )
    return {"event": change, "key": keys(change)}
