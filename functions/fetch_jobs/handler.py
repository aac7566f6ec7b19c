"""FetchJobs: list the jobs of one attempt, or say when GitHub may be asked again."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from aws_lambda_powertools import Logger

from functions import github_app
from ghkit.errors import RateLimited
from ghkit.fetched_jobs import fit
from ghkit.github import runs

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from ghkit.contracts import FetchedJobs, WorkflowRunCompleted

logger = Logger()


class Event(TypedDict):
    """A checked run, and how many times the state machine has waited out a limit for it."""

    event: WorkflowRunCompleted
    waits: int


@logger.inject_lambda_context(correlation_id_path="event.delivery")
def handle(event: Event, context: LambdaContext) -> FetchedJobs:  # noqa: ARG001 -- Lambda's
    """List all jobs, completed and cut to what the state machine can carry.

    Raises:
        AppKeyUnusable: The secret holds no App id and private key.
        RateLimited: Again, after `WAITS_MAX` waits.
        GhkitError: As `runs.list_jobs` and `fit` say.
    """
    repository, run = event["event"]["repository"], event["event"]["run"]
    what = (
        event["event"]["installation_id"],
        repository["owner"],
        repository["name"],
        run["id"],
        run["run_attempt"],
    )
    try:
        jobs = github_app.ask(lambda app: runs.list_jobs(app, *what))
    except RateLimited as limit:
        retry_at = github_app.retry_at(limit, waits=event["waits"])
        logger.info("workflow_cost.rate_limited", waits=event["waits"])
        return {"jobs": [], "retry_at": retry_at}
    logger.info("workflow_cost.jobs_fetched", job_count=len(jobs))
    return {"jobs": fit(jobs), "retry_at": None}
