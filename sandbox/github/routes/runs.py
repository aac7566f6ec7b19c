"""Workflow runs, their attempts and their jobs."""

from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.github import run_filters
from sandbox.github.answers import (
    GitHubError,
    answer,
    api_url,
    documented,
    link_header,
    page_of,
)
from sandbox.github.routes.repositories import visible_repository
from sandbox.github.service import service_of
from sandbox.github.shapes import runs as shapes
from sandbox.github.state import Account, Repository, Run

SEARCHED_ROWS = 1000
"""GitHub finds no more than this where the list is filtered (List workflow runs)."""

RUNS = "/repos/{owner}/{repository}/actions/runs"


def visible_run(request: Request) -> tuple[Run, Repository, Account]:
    """The run in the path with its repository and owner; 404 where it cannot be seen."""
    repository, owner = visible_repository(request, permission="actions")
    run = service_of(request).state.find_run(repository, request.path_params["run_id"])
    if run is None:
        raise GitHubError(404, "Not Found")
    return run, repository, owner


def attempt_in_path(request: Request, run: Run) -> int:
    attempt: int = request.path_params["attempt"]
    if attempt not in run.attempts:
        raise GitHubError(404, "Not Found")
    return attempt


@documented("actions/workflow-runs#list-workflow-runs-for-a-repository")
async def list_runs(request: Request) -> Response:
    repository, owner = visible_repository(request, permission="actions")
    api = api_url(request)
    page = page_of(request)

    def shaped(runs: Sequence[Run]) -> list[dict[str, Any]]:
        return [
            shapes.workflow_run(run, run.shown_attempt, repository, owner, api=api) for run in runs
        ]

    found: Sequence[Any] = service_of(request).state.runs_of(repository)
    wanted = run_filters.wanted_by(request.query_params)
    if wanted:
        matching = [run for run in shaped(found) if run_filters.matches(run, wanted)]
        found = matching[:SEARCHED_ROWS]
    rows = page.cut(found) if wanted else shaped(page.cut(found))
    data = {"total_count": len(found), "workflow_runs": rows}
    return answer(request, data, headers=link_header(request, page, len(found)))


@documented("actions/workflow-runs#get-a-workflow-run")
async def get_run(request: Request) -> Response:
    run, repository, owner = visible_run(request)
    api = api_url(request)
    return answer(request, shapes.workflow_run(run, run.shown_attempt, repository, owner, api=api))


@documented("actions/workflow-runs#get-a-workflow-run-attempt")
async def get_attempt(request: Request) -> Response:
    run, repository, owner = visible_run(request)
    attempt = attempt_in_path(request, run)
    api = api_url(request)
    return answer(request, shapes.workflow_run(run, attempt, repository, owner, api=api))


@documented("actions/workflow-jobs#list-jobs-for-a-workflow-run-attempt")
async def list_attempt_jobs(request: Request) -> Response:
    run, repository, owner = visible_run(request)
    return job_list(request, run, [attempt_in_path(request, run)], repository, owner)


@documented("actions/workflow-jobs#list-jobs-for-a-workflow-run")
async def list_jobs(request: Request) -> Response:
    run, repository, owner = visible_run(request)
    wanted = request.query_params.get("filter", "latest")
    attempts = sorted(run.attempts) if wanted == "all" else [run.latest_attempt]
    return job_list(request, run, attempts, repository, owner)


def job_list(
    request: Request,
    run: Run,
    attempts: Sequence[int],
    repository: Repository,
    owner: Account,
) -> Response:
    """One page of the jobs of these attempts, in the order in which they were registered."""
    api = api_url(request)
    page = page_of(request)
    places = [
        (attempt, position)
        for attempt in attempts
        for position in range(len(run.attempts[attempt].jobs))
    ]
    wholes = {
        attempt: shapes.workflow_run(run, attempt, repository, owner, api=api)
        for attempt in attempts
    }
    repository_url = f"{api}/repos/{repository.full_name}"
    jobs = [
        shapes.job(run, attempt, position, wholes[attempt], repository_url=repository_url)
        for attempt, position in page.cut(places)
    ]
    data = {"total_count": len(places), "jobs": jobs}
    return answer(request, data, headers=link_header(request, page, len(places)))


@documented("actions/workflow-jobs#get-a-job-for-a-workflow-run")
async def get_job(request: Request) -> Response:
    repository, owner = visible_repository(request, permission="actions")
    api = api_url(request)
    for run in service_of(request).state.runs_of(repository):
        for attempt in sorted(run.attempts, reverse=True):
            for position in range(len(run.attempts[attempt].jobs)):
                if shapes.job_id(run, attempt, position) != request.path_params["job_id"]:
                    continue
                whole = shapes.workflow_run(run, attempt, repository, owner, api=api)
                repository_url = f"{api}/repos/{repository.full_name}"
                job = shapes.job(run, attempt, position, whole, repository_url=repository_url)
                return answer(request, job)
    raise GitHubError(404, "Not Found")


routes = [
    Route(RUNS, list_runs),
    Route(RUNS + "/{run_id:int}", get_run),
    Route(RUNS + "/{run_id:int}/attempts/{attempt:int}", get_attempt),
    Route(RUNS + "/{run_id:int}/attempts/{attempt:int}/jobs", list_attempt_jobs),
    Route(RUNS + "/{run_id:int}/jobs", list_jobs),
    Route("/repos/{owner}/{repository}/actions/jobs/{job_id:int}", get_job),
]
