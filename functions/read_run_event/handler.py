"""ReadRunEvent: validate and normalise the input of `workflow-cost`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger

from ghkit.projections import read_workflow_run_completed

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from ghkit.contracts import WorkflowRunCompleted

logger = Logger()


@logger.inject_lambda_context(correlation_id_path="delivery")
def handle(event: object, context: LambdaContext) -> WorkflowRunCompleted:  # noqa: ARG001 -- Lambda's
    """Pass the input on, checked.

    Raises:
        InvalidPayload: It is no projection of a completed run.
    """
    run = read_workflow_run_completed(event)
    logger.info("workflow_cost.event_read", run_id=run["run"]["id"])
    return run
