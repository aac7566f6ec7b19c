"""Runs of GitHub Actions and their jobs, as GitHub gives them."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

EXAMPLE = Path(__file__).parent.parent / "fixtures" / "github" / "workflow_run__completed.json"


def run_of(stack, *, jobs=1):
    """Make GitHub know a run with its jobs; returns the body of the webhook about it."""
    number = stack.number()
    payload = run_body(repository=number, run=number)
    stack.register(payload["workflow_run"], {1: [linux_job(number * 10, 61)] * jobs})
    return payload


def run_body(*, repository, run, attempt=1):
    """What GitHub sends when a run of a private repository is completed."""
    payload = json.loads(EXAMPLE.read_text())
    name = f"octo-{repository}"
    payload["repository"] |= {
        "id": repository,
        "name": name,
        "full_name": f"octo-org/{name}",
        "private": True,
        "visibility": "private",
    }
    payload["workflow_run"] |= {
        "id": run,
        "run_attempt": attempt,
        "repository": payload["repository"],
    }
    return payload


def linux_job(job_id, seconds=60, **fields):
    """A finished job on a standard Linux runner, as GitHub's REST gives it."""
    started_at = datetime(2026, 11, 2, 10, tzinfo=UTC)
    return {
        "id": job_id,
        "name": f"job {job_id}",
        "status": "completed",
        "conclusion": "success",
        "labels": ["ubuntu-latest"],
        "started_at": f"{started_at:%Y-%m-%dT%H:%M:%SZ}",
        "completed_at": f"{started_at + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%SZ}",
        "runner_id": 7,
        "runner_name": "GitHub Actions 7",
        "runner_group_name": "GitHub Actions",
        **fields,
    }
