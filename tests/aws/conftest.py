"""Bodies and jobs for runs of workflow-cost."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

EXAMPLE = Path(__file__).parent.parent / "fixtures" / "github" / "workflow_run__completed.json"


@pytest.fixture
def new_payload(stack) -> Callable[..., dict[str, Any]]:
    """Make a `workflow_run.completed` body of a run and a repository that no other test uses."""

    def make(*, repository: int = 0, run: int = 0, attempt: int = 1) -> dict[str, Any]:
        number = stack.number()
        payload = json.loads(EXAMPLE.read_text())
        payload["repository"] |= {
            "id": repository or number,
            "name": f"octo-{repository or number}",
            "full_name": f"octo-org/octo-{repository or number}",
            "private": True,
            "visibility": "private",
        }
        payload["workflow_run"] |= {
            "id": run or number,
            "run_attempt": attempt,
            "repository": payload["repository"],
        }
        return payload

    return make


@pytest.fixture
def new_job(stack) -> Callable[..., dict[str, Any]]:
    """Make a finished job on GitHub's Linux runner that took some minutes."""

    def make(*, minutes: int = 1, **fields: Any) -> dict[str, Any]:
        number = stack.number()
        return {
            "id": number,
            "name": f"job {number}",
            "status": "completed",
            "conclusion": "success",
            "started_at": "2026-11-02T10:00:00Z",
            "completed_at": f"2026-11-02T{10 + minutes // 60}:{minutes % 60:02}:00Z",
            "labels": ["ubuntu-latest"],
            "runner_id": 7,
            "runner_name": "GitHub Actions 7",
            "runner_group_name": "GitHub Actions",
            **fields,
        }

    return make
