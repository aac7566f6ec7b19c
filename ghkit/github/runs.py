"""Workflow runs and their jobs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from ghkit.errors import GitHubUnavailable, JobsNotSettled, ListTooLong, RunTooLarge
from ghkit.fetched_jobs import project_job
from ghkit.github.app import path_part
from ghkit.timestamps import timestamp_text

if TYPE_CHECKING:
    from datetime import datetime

    from ghkit.contracts import FetchedJob
    from ghkit.github.answers import Answer
    from ghkit.github.app import GitHubApp

READ_ACTIONS: Final = {"actions": "read"}
"""The permission that reading runs takes."""


def list_jobs(
    app: GitHubApp,
    installation_id: int | None,
    owner: str,
    repository: str,
    run_id: int,
    run_attempt: int,
) -> list[FetchedJob]:
    """List all jobs of one attempt of a workflow run, each completed, in GitHub's order.

    Args:
        app: Who asks.
        installation_id: Where the event named one; see `GitHubApp.on_repository`.
        owner: Login of the repository's owner.
        repository: Its name without the owner.
        run_id: GitHub's id of the run.
        run_attempt: From 1.

    Raises:
        InstallationMissing: The App is not installed there, or suspended.
        JobsNotSettled: A job is not completed, or GitHub's count and list disagree.
        RunTooLarge: The list does not end.
        GitHubUnavailable, RateLimited, GitHubRejected: As `GitHubApp`.
    """
    repository_path = f"/repos/{path_part(owner, 'owner')}/{path_part(repository, 'repository')}"
    path = f"{repository_path}/actions/runs/{int(run_id)}/attempts/{int(run_attempt)}/jobs"
    installation = app.on_repository(
        owner, repository, permissions=READ_ACTIONS, installation_id=installation_id
    )
    jobs: dict[int, FetchedJob] = {}
    total_count = 0
    try:
        for answer in installation.pages(path):
            total_count, raw_jobs = _jobs_of(answer)
            for raw in raw_jobs:
                job = project_job(raw, field=f"jobs[{len(jobs)}]")
                jobs[job["id"]] = job
    except ListTooLong as exc:
        message = f"the run has more than {len(jobs)} jobs"
        raise RunTooLarge(message) from exc
    if len(jobs) != total_count:
        message = f"GitHub counts {total_count} jobs and lists {len(jobs)}"
        raise JobsNotSettled(message)
    return list(jobs.values())


LISTED_MAX: Final = 1_000
"""The most runs that GitHub lists for one question; it counts those beyond."""


@dataclass(frozen=True, slots=True)
class RunList:
    """Completed runs that began within a span; `is_whole` says that none was left out."""

    runs: list[dict[str, Any]]
    is_whole: bool


def list_completed_runs(
    app: GitHubApp,
    *,
    installation_id: int | None,
    owner: str,
    repository: str,
    created_from: datetime,
    created_until: datetime,
) -> RunList:
    """List a repository's completed runs by when they were created, as GitHub describes them.

    Nothing is read of a span with more than `LISTED_MAX` of them: ask for parts of it.

    Source: GitHub Docs, rest/actions/workflow-runs#list-workflow-runs-for-a-repository.

    Args:
        app: Who asks.
        installation_id: Where it is known; see `GitHubApp.on_repository`.
        owner: Login of the repository's owner.
        repository: Its name without the owner.
        created_from: The first second of the span.
        created_until: Its last second.

    Raises:
        InstallationMissing: The App is not installed there, or suspended.
        GitHubUnavailable, RateLimited, GitHubRejected: As `GitHubApp`.
    """
    span = f"{timestamp_text(created_from)}..{timestamp_text(created_until)}"
    where = f"{path_part(owner, 'owner')}/{path_part(repository, 'repository')}"
    path = f"/repos/{where}/actions/runs?status=completed&created={quote(span, safe='')}"
    installation = app.on_repository(
        owner, repository, permissions=READ_ACTIONS, installation_id=installation_id
    )
    runs: dict[int, dict[str, Any]] = {}
    for answer in installation.pages(path):
        data = answer.data
        found = data.get("workflow_runs") if isinstance(data, dict) else None
        if not isinstance(found, list) or not isinstance(data.get("total_count"), int):
            message = "the answer is no list of runs"
            raise GitHubUnavailable(message)
        if data["total_count"] > LISTED_MAX:
            return RunList([], is_whole=False)
        runs |= {run["id"]: run for run in found}
    return RunList(list(runs.values()), is_whole=True)


def get_attempt(
    app: GitHubApp,
    *,
    installation_id: int | None,
    owner: str,
    repository: str,
    run_id: int,
    run_attempt: int,
) -> dict[str, Any]:
    """Return one attempt of a run, as GitHub describes it.

    Source: GitHub Docs, rest/actions/workflow-runs#get-a-workflow-run-attempt.

    Raises:
        InstallationMissing, GitHubUnavailable, RateLimited, GitHubRejected: As above.
    """
    where = f"{path_part(owner, 'owner')}/{path_part(repository, 'repository')}"
    installation = app.on_repository(
        owner, repository, permissions=READ_ACTIONS, installation_id=installation_id
    )
    path = f"/repos/{where}/actions/runs/{int(run_id)}/attempts/{int(run_attempt)}"
    data = installation.send("GET", path).data
    if not isinstance(data, dict):
        message = "the answer is no run"
        raise GitHubUnavailable(message)
    return data


def _jobs_of(answer: Answer) -> tuple[int, list[Any]]:
    data = answer.data
    jobs = data.get("jobs") if isinstance(data, dict) else None
    if not isinstance(jobs, list) or not isinstance(data.get("total_count"), int):
        message = "the answer is no list of jobs"
        raise GitHubUnavailable(message)
    return data["total_count"], jobs
