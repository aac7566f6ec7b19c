"""A small organisation for the demo: its people, runs of the last months, and their webhooks.

`workflow_run__completed.json` is GitHub's own example (@octokit/webhooks-examples 7.6.1, MIT), the
body of every webhook that is played here with the names, ids and times of the seeded run.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sandbox.runner import people
from sandbox.runner.calls import call, wait_until_idle
from sandbox.runner.world import World

ORGANIZATION = "sandbox-org"
_BODY = Path(__file__).with_name("workflow_run__completed.json")
# More than a worker's threads, so that the demo is full within seconds.
_RUNS_PER_REPOSITORY = 7


@dataclass(frozen=True)
class _Job:
    name: str
    labels: tuple[str, ...]
    seconds: int
    group: str = "GitHub Actions"


@dataclass(frozen=True)
class _Repository:
    """What one repository runs: its jobs are the same each time, their durations are not."""

    id: int
    name: str
    workflow: str
    jobs: tuple[_Job, ...]
    private: bool = True


_REPOSITORIES = (
    _Repository(
        101,
        "checkout-service",
        "CI",
        (
            _Job("lint", ("ubuntu-slim",), 41),
            _Job("test (3.11)", ("ubuntu-latest",), 312),
            _Job("test (3.13)", ("ubuntu-latest",), 335),
            _Job("image", ("ubuntu-24.04-arm",), 188),
        ),
    ),
    _Repository(
        102,
        "mobile-app",
        "Build",
        (_Job("ios", ("macos-15",), 754), _Job("android", ("ubuntu-latest",), 612)),
    ),
    _Repository(
        103,
        "desktop-client",
        "Release",
        (
            _Job("windows", ("windows-latest",), 421),
            _Job("mac", ("macos-15-large",), 388),
            _Job("linux", ("ubuntu-latest",), 205),
        ),
    ),
    _Repository(
        104,
        "data-platform",
        "Nightly",
        (
            _Job("integration", ("self-hosted", "linux", "x64"), 3140, "data-team"),
            _Job("report", ("ubuntu-latest",), 97),
        ),
    ),
    _Repository(105, "handbook", "Pages", (_Job("build", ("ubuntu-latest",), 55),), private=False),
    _Repository(
        106,
        "search",
        "Benchmark",
        (_Job("bench", ("build-box-7",), 612, "big-boxes"), _Job("unit", ("ubuntu-latest",), 131)),
    ),
)


def plant(world: World, *, say: Callable[[str], None]) -> Path:
    """Register people and runs and play their webhooks, once; later starts find them in place.

    Returns:
        An example that `POST /webhooks` of the control API takes: the first run's webhook.
    """
    example = world.layout.state_dir / "example-webhook.json"
    if example.exists():
        return example
    say("Seeding a small organisation …")
    control = world.layout.control_url
    people.settle(world)
    runs = list(_runs(datetime.now(UTC).replace(microsecond=0)))
    for run, jobs in runs:
        attempts = {str(run["run_attempt"]): jobs}
        call("PUT", f"{control}/runs", {"run": run, "attempts": attempts})
    for run, _jobs in runs[:-1]:
        call("POST", f"{control}/webhooks", webhook(run))
    # The newest run completes while GitHub's API is away: a failed execution to retry.
    wait_until_idle(world)
    people.move_on(world)
    fault = {"service": "github", "path": f"/actions/runs/{runs[-1][0]['id']}/", "status": 502}
    call("POST", f"{control}/faults", fault | {"times": 5})
    call("POST", f"{control}/webhooks", webhook(runs[-1][0]))
    example.write_text(json.dumps(webhook(runs[0][0]), indent=1))
    return example


def webhook(run: dict[str, Any]) -> dict[str, Any]:
    """Make the control API's order to send `workflow_run.completed` for a registered run."""
    body = json.loads(_BODY.read_text())
    body["workflow_run"] |= run
    body["workflow"]["name"] = run["name"]
    body["workflow"]["path"] = run["path"]
    body["repository"] |= run["repository"]
    body["organization"] |= {"login": ORGANIZATION, "id": 42}
    body["installation"] = {"id": 4242, "node_id": "MDQ6SW5zdGFsbGF0aW9uNDI0Mg=="}
    return {"event": "workflow_run", "payload": body}


def _runs(now: datetime) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Yield runs with their jobs, the oldest first; every third repository re-ran one."""
    for number in range(_RUNS_PER_REPOSITORY):
        for index, repository in enumerate(_REPOSITORIES):
            # The last weeks are denser than the months before, as in life.
            age_days = 1.5 * (_RUNS_PER_REPOSITORY - 1 - number) ** 2 + index / 8
            ended = now - timedelta(days=age_days, minutes=7)
            attempt = 2 if number == _RUNS_PER_REPOSITORY - 2 and index % 3 == 0 else 1
            run_id = 9_100_000_000 + repository.id * 1_000 + number
            jobs = [
                _job(job, run_id * 100 + place, run_id, attempt, ended, stretch=number * 7 + place)
                for place, job in enumerate(repository.jobs)
            ]
            started = min(job["started_at"] for job in jobs)
            full_name = f"{ORGANIZATION}/{repository.name}"
            run = {
                "id": run_id,
                "name": repository.workflow,
                "path": f".github/workflows/{repository.workflow.lower()}.yml",
                "run_number": 200 + number,
                "run_attempt": attempt,
                "event": "push",
                "status": "completed",
                "conclusion": "failure" if number == 4 and index == 1 else "success",
                "head_branch": "main",
                "created_at": started,
                "run_started_at": started,
                "updated_at": _iso(ended),
                "repository": {
                    "id": repository.id,
                    "name": repository.name,
                    "full_name": full_name,
                    "private": repository.private,
                    "visibility": "private" if repository.private else "public",
                    "owner": {"login": ORGANIZATION, "id": 42, "type": "Organization"},
                },
            }
            yield run, jobs


def _job(
    job: _Job, job_id: int, run_id: int, attempt: int, ended: datetime, *, stretch: int
) -> dict[str, Any]:
    started = ended - timedelta(seconds=job.seconds + stretch)
    return {
        "id": job_id,
        "run_id": run_id,
        "run_attempt": attempt,
        "name": job.name,
        "status": "completed",
        "conclusion": "success",
        "created_at": _iso(started - timedelta(seconds=4)),
        "started_at": _iso(started),
        "completed_at": _iso(ended),
        "labels": list(job.labels),
        "runner_id": 1 + job_id % 50,
        "runner_name": f"{job.group} {1 + job_id % 50}",
        "runner_group_id": 2,
        "runner_group_name": job.group,
    }


def _iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
