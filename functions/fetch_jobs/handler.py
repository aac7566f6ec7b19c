"""FetchJobs: list the jobs of one attempt, or say when GitHub may be asked again."""

from __future__ import annotations

import json
import os
import secrets
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING, TypedDict

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities import parameters
from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError

from ghkit.errors import AppKeyUnusable, GitHubRejected, RateLimited
from ghkit.fetched_jobs import fit
from ghkit.github import GitHubApp, runs
from ghkit.timestamps import timestamp_text

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from ghkit.contracts import FetchedJob, FetchedJobs, WorkflowRunCompleted

logger = Logger()

SECRET_MAX_AGE_S = 300
"""How long the App's key is kept; a rotated one is fetched at GitHub's first refusal anyway."""

WAITS_MAX = 5
"""GitHub's windows last an hour: whoever waited for five of them needs a person, not a sixth."""

SPREAD_S = 30
"""Executions that wait for the same reset do not all come back in the same second."""


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
    try:
        jobs = _list_jobs(event["event"])
    except RateLimited as limit:
        if event["waits"] >= WAITS_MAX:
            raise
        retry_at = limit.retry_at + timedelta(seconds=1 + secrets.randbelow(SPREAD_S))
        logger.info("workflow_cost.rate_limited", waits=event["waits"])
        return {"jobs": [], "retry_at": timestamp_text(retry_at.replace(microsecond=0))}
    logger.info("workflow_cost.jobs_fetched", job_count=len(jobs))
    return {"jobs": fit(jobs), "retry_at": None}


def _list_jobs(event: WorkflowRunCompleted) -> list[FetchedJob]:
    repository, run = event["repository"], event["run"]
    what = (
        event["installation_id"],
        repository["owner"],
        repository["name"],
        run["id"],
        run["run_attempt"],
    )
    try:
        return runs.list_jobs(_github(), *what)
    except GitHubRejected as refusal:
        if refusal.status != HTTPStatus.UNAUTHORIZED:
            raise
        # The key may have been replaced since it was fetched.
        return runs.list_jobs(_github(force_fetch=True), *what)


def _github(*, force_fetch: bool = False) -> GitHubApp:
    try:
        secret = parameters.get_secret(
            os.environ["GITHUB_APP_SECRET_ARN"], max_age=SECRET_MAX_AGE_S, force_fetch=force_fetch
        )
    except GetParameterError as exc:
        message = f"the App's secret cannot be read: {exc}"
        raise AppKeyUnusable(message) from exc
    return _app(str(secret))


@lru_cache(maxsize=1)
def _app(secret: str) -> GitHubApp:
    """Keep one client, and so its tokens, for as long as the key stays the same."""
    try:
        values = json.loads(secret)
        app_id, private_key = str(values["app_id"]), str(values["private_key"])
    except (ValueError, TypeError, KeyError) as exc:
        message = 'the App\'s secret is not {"app_id": …, "private_key": …}'
        raise AppKeyUnusable(message) from exc
    return GitHubApp(
        os.environ["GITHUB_API_URL"], app_id, private_key, now=lambda: datetime.now(UTC)
    )
