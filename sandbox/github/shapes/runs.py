"""Workflow runs and their jobs."""

import re
from collections.abc import Mapping
from typing import Any

from sandbox.github import seeded
from sandbox.github.shapes import HTML, completed
from sandbox.github.shapes.accounts import account
from sandbox.github.shapes.repositories import minimal
from sandbox.github.state import Account, Repository, Run

HOSTED_LABEL = re.compile(
    r"ubuntu-(slim|latest|\d\d\.\d\d)(-arm)?"
    r"|windows-(latest|\d{4}|11)(-vs\d{4})?(-arm)?"
    r"|(macos-(latest|\d\d)|xcode-\d\d)(-intel|-large|-xlarge)?"
)
"""Labels of GitHub's own runners (Choose the runner for a job, read 2026-08-22)."""

NO_RUNNER = {"runner_id": 0, "runner_name": "", "runner_group_id": 0, "runner_group_name": ""}
"""What REST says of a completed job that never got a runner; null is for a queued one."""

NOT_YET = dict.fromkeys(NO_RUNNER)

GROUPS = {"Default": 1, "GitHub Actions": 2}
"""Runner groups that every organisation has, with their usual ids."""

FAILED = ("failure", "timed_out", "startup_failure")


def workflow_run(
    run: Run, attempt: int, repository: Repository, owner: Account, *, api: str
) -> dict[str, Any]:
    """GitHub's `workflow-run` at one of its attempts."""
    given = run.described(attempt)
    jobs = run.attempts[attempt].jobs
    began = given.get("run_started_at") or earliest(jobs, "started_at")
    began = began or given.get("created_at") or run.registered_at
    sha = given.get("head_sha") or seeded.commit(f"run {run.id}")
    status = given.get("status") or "completed"
    workflow_id = given.get("workflow_id") or seeded.number(
        f"workflow {repository.full_name} {given.get('path')}", digits=8
    )
    suite_id = given.get("check_suite_id") or seeded.number(f"suite {run.id}", digits=11)
    actor = someone(given, api=api)
    home = minimal(repository, owner, api=api)
    repository_url = f"{api}/repos/{repository.full_name}"
    url = f"{repository_url}/actions/runs/{run.id}"
    defaults: dict[str, Any] = {
        "id": run.id,
        "name": "CI",
        "node_id": seeded.node_id("WFR", run.id),
        "head_branch": "main",
        "head_sha": sha,
        "path": ".github/workflows/ci.yml",
        "display_title": given.get("name") or "CI",
        "run_number": 1,
        "run_attempt": attempt,
        "event": "push",
        "status": status,
        "conclusion": conclusion_of(jobs) if status == "completed" else None,
        "workflow_id": workflow_id,
        "check_suite_id": suite_id,
        "check_suite_node_id": seeded.node_id("CS", suite_id),
        "url": url,
        "html_url": f"{HTML}/{repository.full_name}/actions/runs/{run.id}",
        "pull_requests": [],
        "referenced_workflows": [],
        "created_at": began,
        "run_started_at": began,
        "updated_at": latest(jobs, "completed_at") or began,
        "actor": actor,
        "triggering_actor": actor,
        "jobs_url": f"{url}/jobs",
        "logs_url": f"{url}/logs",
        "artifacts_url": f"{url}/artifacts",
        "cancel_url": f"{url}/cancel",
        "rerun_url": f"{url}/rerun",
        "previous_attempt_url": f"{url}/attempts/{attempt - 1}" if attempt > 1 else None,
        "check_suite_url": f"{repository_url}/check-suites/{suite_id}",
        "workflow_url": f"{repository_url}/actions/workflows/{workflow_id}",
        "head_commit": {
            "id": sha,
            "tree_id": seeded.commit(f"tree {sha}"),
            "message": given.get("display_title") or "Change something",
            "timestamp": began,
            "author": {"name": actor["login"], "email": f"{actor['login']}@example.com"},
            "committer": {"name": "GitHub", "email": "noreply@github.com"},
        },
        "repository": home,
        "head_repository": home,
    }
    return completed(given, defaults)


def someone(given: Mapping[str, Any], *, api: str) -> dict[str, Any]:
    """Who triggered the run: the given actor, else a person who is in every sandbox."""
    actor = given.get("actor")
    login = actor.get("login", "octocat") if isinstance(actor, dict) else "octocat"
    return account(login, seeded.number(f"account {login.lower()}", digits=8), "User", api=api)


def job(
    run: Run, attempt: int, position: int, whole: Mapping[str, Any], *, repository_url: str
) -> dict[str, Any]:
    """GitHub's `job`.

    Args:
        run: The run as it was registered.
        attempt: Number of the attempt in which the job ran.
        position: Its place among the attempt's jobs, from 0.
        whole: The completed run at this attempt: the job takes from it what was not given.
        repository_url: The repository's address in the API that was asked.
    """
    given = run.attempts[attempt].jobs[position]
    number = job_id(run, attempt, position)
    still_runs = "completed_at" in given and given["completed_at"] is None
    status = given.get("status") or ("in_progress" if still_runs else "completed")
    labels = given.get("labels", ["ubuntu-latest"])
    began = given.get("started_at") or given.get("created_at") or whole["run_started_at"]
    defaults = {
        "id": number,
        "run_id": run.id,
        "workflow_name": whole["name"],
        "head_branch": whole["head_branch"],
        "run_url": f"{repository_url}/actions/runs/{run.id}",
        "run_attempt": attempt,
        "node_id": seeded.node_id("CR", number),
        "head_sha": whole["head_sha"],
        "url": f"{repository_url}/actions/jobs/{number}",
        "html_url": f"{HTML}/{run.repository}/actions/runs/{run.id}/job/{number}",
        "status": status,
        "conclusion": "success" if status == "completed" else None,
        "created_at": began,
        "started_at": began,
        "completed_at": began if status == "completed" else None,
        "name": f"job-{position + 1}",
        "steps": [],
        "check_run_url": f"{repository_url}/check-runs/{number}",
        "labels": labels,
        **runner(given, labels=labels, status=status, number=number),
    }
    return completed(given, defaults)


def job_id(run: Run, attempt: int, position: int) -> int:
    """The job's id: as given, else one of eleven digits, as GitHub's are by now."""
    given = run.attempts[attempt].jobs[position].get("id")
    if given is not None:
        return int(given)
    return seeded.number(f"job {run.id}/{attempt}/{position}", digits=11)


def runner(
    given: Mapping[str, Any], *, labels: list[str], status: str, number: int
) -> dict[str, Any]:
    """The runner that a job of these labels would have had, for the fields that were not given."""
    name = given.get("runner_name")
    if given.get("conclusion") == "skipped" or name == "" or given.get("runner_id") == 0:
        return NO_RUNNER
    if not name and (status != "completed" or "runner_name" in given):
        return NOT_YET
    if not name and not labels:
        return NO_RUNNER
    if name:
        hosted = str(name).startswith("GitHub Actions ")
    else:
        known = any(HOSTED_LABEL.fullmatch(str(label)) for label in labels)
        hosted = known and "self-hosted" not in labels
    group = "GitHub Actions" if hosted else "Default"
    return {
        "runner_id": number % 1_000_000 + 1,
        "runner_name": name or f"{group if hosted else labels[-1]} {number % 1000}",
        "runner_group_id": GROUPS[group],
        "runner_group_name": group,
    }


def conclusion_of(jobs: list[dict[str, Any]]) -> str:
    """Whether a run of these jobs failed, was cancelled or succeeded."""
    conclusions = {job.get("conclusion") for job in jobs}
    if conclusions & set(FAILED):
        return "failure"
    return "cancelled" if "cancelled" in conclusions else "success"


def earliest(jobs: list[dict[str, Any]], name: str) -> str | None:
    """The first of the jobs' moments, or None where none is given."""
    return min((job[name] for job in jobs if isinstance(job.get(name), str)), default=None)


def latest(jobs: list[dict[str, Any]], name: str) -> str | None:
    """The last of the jobs' moments, or None where none is given."""
    return max((job[name] for job in jobs if isinstance(job.get(name), str)), default=None)
