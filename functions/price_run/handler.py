"""PriceRun: price the jobs and write the item that the table of runs will hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from aws_lambda_powertools import Logger

from ghkit import workflow_cost

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_lambda_powertools.utilities.typing import LambdaContext

    from ghkit.contracts import FetchedJob, WorkflowRunCompleted

logger = Logger()


class Event(TypedDict):
    """A checked run and its jobs."""

    event: WorkflowRunCompleted
    jobs: list[FetchedJob]
    execution_arn: str


class Result(TypedDict):
    """The item, in DynamoDB's typed form."""

    item: dict[str, Mapping[str, str | bool]]


@logger.inject_lambda_context(correlation_id_path="event.delivery")
def handle(event: Event, context: LambdaContext) -> Result:  # noqa: ARG001 -- Lambda's signature
    """Price the run; the same input gives the same item.

    Raises:
        RunTooLarge: The state machine cannot carry so many jobs.
    """
    run = workflow_cost.price(event["event"], event["jobs"], execution_arn=event["execution_arn"])
    logger.info("workflow_cost.run_priced", run_id=run["run_id"], cost_usd=run["cost_usd"])
    return {"item": workflow_cost.to_dynamodb(run)}
