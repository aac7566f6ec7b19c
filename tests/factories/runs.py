"""Runs of GitHub Actions that the sandbox knows."""

import json
from pathlib import Path

EXAMPLE = Path(__file__).parent.parent / "fixtures" / "github" / "workflow_run__completed.json"


def run_of(stack, *, jobs=1):
    """Make GitHub know a run with its jobs; returns the body of the webhook about it."""
    number = stack.number()
    payload = json.loads(EXAMPLE.read_text())
    name = f"octo-{number}"
    payload["repository"] |= {"id": number, "name": name, "full_name": f"octo-org/{name}"}
    payload["workflow_run"] |= {"id": number, "repository": payload["repository"]}
    job = {
        "id": number * 10,
        "name": "build",
        "status": "completed",
        "conclusion": "success",
        "labels": ["ubuntu-latest"],
        "runner_id": 7,
        "runner_name": "GitHub Actions 7",
        "runner_group_name": "GitHub Actions",
        "started_at": "2026-11-02T10:00:00Z",
        "completed_at": "2026-11-02T10:01:01Z",
    }
    stack.register(payload["workflow_run"], {1: [job] * jobs})
    return payload
