"""Workflow runs and their jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ghkit.errors import GitHubUnavailable, JobsNotSettled, ListTooLong, RunTooLarge
from ghkit.fetched_jobs import project_job
from ghkit.github.app import path_part

if TYPE_CHECKING:
    from ghkit.contracts import FetchedJob
    from ghkit.github.app import Answer, GitHubApp

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


def _jobs_of(answer: Answer) -> tuple[int, list[Any]]:
    data = answer.data
    jobs = data.get("jobs") if isinstance(data, dict) else None
    if not isinstance(jobs, list) or not isinstance(data.get("total_count"), int):
        message = "the answer is no list of jobs"
        raise GitHubUnavailable(message)
    return data["total_count"], jobs
