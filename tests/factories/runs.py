"""Runs of GitHub Actions that the sandbox knows, and waiting for what becomes of them."""

import json
import time
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parent.parent / "fixtures" / "github" / "workflow_run__completed.json"


def until(look, *steps, seconds=120):
    """Take the steps again and again until `look` finds something, and return it."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        for step in steps:
            step()
        if found := look():
            return found
        time.sleep(0.05)
    pytest.fail(f"not seen within {seconds} s")


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
