"""Bodies and jobs for runs of workflow-cost."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.factories.runs import linux_job, run_body


@pytest.fixture
def new_payload(stack) -> Callable[..., dict[str, Any]]:
    """Make a `workflow_run.completed` body of a run and a repository that no other test uses."""

    def make(*, repository: int = 0, run: int = 0, attempt: int = 1) -> dict[str, Any]:
        number = stack.number()
        return run_body(repository=repository or number, run=run or number, attempt=attempt)

    return make


@pytest.fixture
def new_job(stack) -> Callable[..., dict[str, Any]]:
    """Make a finished job on GitHub's Linux runner that took some minutes."""

    def make(*, minutes: int = 1, **fields: Any) -> dict[str, Any]:
        return linux_job(stack.number(), minutes * 60, **fields)

    return make
