"""The whole product as processes, as `make demo` starts them, with clients for its users."""

import itertools
import json
import logging
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest

from sandbox.runner.layout import Layout
from sandbox.runner.world import World
from scripts.ports import free_ports
from tests.factories.runs import run_body
from tests.waiting import eventually

FIXTURES = Path(__file__).parent.parent / "fixtures" / "github"


@dataclass(frozen=True)
class Journey:
    """A running world and what its users hold in their hands."""

    world: World
    api: httpx.Client
    control: httpx.Client

    def register(self, run: dict[str, Any], attempts: dict[int, list[dict[str, Any]]]) -> None:
        """Make the sandbox's GitHub know a run and its jobs."""
        body = {"run": run, "attempts": {str(number): jobs for number, jobs in attempts.items()}}
        self.control.put("/runs", json=body).raise_for_status()

    def send(self, payload: dict[str, Any], **order: Any) -> dict[str, Any]:
        """Make GitHub send a webhook; returns its guid and the status code that it got."""
        order = {"event": "workflow_run", "payload": payload} | order
        response = self.control.post("/webhooks", json=order)
        response.raise_for_status()
        return dict(response.json())

    def get(self, path: str, **params: Any) -> Any:
        """Read the REST API."""
        response = self.api.get(f"/api/v1/{path}", params=params)
        response.raise_for_status()
        return response.json()

    def execution(self, guid: str) -> dict[str, Any] | None:
        """The newest execution of a delivery, as the mirror shows it, or None."""
        results = self.get("executions/", delivery=guid)["results"]
        return results[0] if results else None

    def ended(self, guid: str) -> dict[str, Any]:
        """Wait for a delivery's execution to end, and return it."""

        def look() -> dict[str, Any] | None:
            found = self.execution(guid)
            return (
                found if found and found["status"] not in ("RUNNING", "PENDING_REDRIVE") else None
            )

        return eventually(look, what=f"the end of the execution of {guid}")

    def items(self, table: str) -> list[dict[str, Any]]:
        """Every item of a DynamoDB table, from AWS itself."""
        resource = boto3.resource(
            "dynamodb",
            endpoint_url=self.world.layout.aws_url,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        found: list[dict[str, Any]] = []
        arguments: dict[str, Any] = {}
        while True:
            page = resource.Table(self.world.facts[table]).scan(**arguments)
            found += page["Items"]
            if not page.get("LastEvaluatedKey"):
                return found
            arguments["ExclusiveStartKey"] = page["LastEvaluatedKey"]


@pytest.fixture(autouse=True, scope="session")
def _quiet_client() -> None:
    logging.getLogger("httpx").setLevel(logging.WARNING)  # a line a request would bury a failure


@pytest.fixture(scope="session")
def journey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Journey]:
    """Start the whole product once; tests use run ids and repositories of their own."""
    layout = Layout(
        state_dir=tmp_path_factory.mktemp("world"),
        base_port=free_ports(5),
        wait_scale=0.1,
        settings={
            # What GitHub could not hand over is looked for all the time.
            "RECOVERY_EVERY_S": "2",
            "GITHUB_REDELIVERIES_PER_MINUTE": "1200",
            # AWS forgets nothing when a machine of its dies; the emulator, no more than this.
            "SANDBOX_AWS_SAVE_INTERVAL_S": "1",
        },
    )
    with World(layout) as world:
        headers = {"Authorization": f"Bearer {world.facts['GHADMIN_API_TOKEN']}"}
        with (
            httpx.Client(base_url=layout.dashboard_url, headers=headers, timeout=60) as api,
            httpx.Client(base_url=layout.control_url, timeout=60) as control,
        ):
            yield Journey(world, api, control)


@pytest.fixture
def example() -> Callable[[str], dict[str, Any]]:
    """Load one of GitHub's own webhook examples by its file name."""
    return lambda name: json.loads((FIXTURES / f"{name}.json").read_text())


@pytest.fixture
def new_run() -> Callable[..., dict[str, Any]]:
    """Make a `workflow_run.completed` body of a run and a repository that no other test uses."""
    numbers = itertools.count(random.randrange(10**9, 10**11))

    def make(*, repository: int = 0, run: int = 0) -> dict[str, Any]:
        number = next(numbers)
        return run_body(repository=repository or number, run=run or number)

    return make
