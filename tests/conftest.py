"""Fixtures that every folder of tests shares."""

import itertools
import json
import random
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from uuid import uuid4

import boto3
import httpx
import pytest
from boto3.dynamodb.types import TypeDeserializer
from botocore.config import Config
from hypothesis import settings as hypothesis_settings

from ghkit import projections
from sandbox.runner.layout import APP_ID, ROOT, Layout, emulator_python
from sandbox.runner.processes import Process, Supervisor
from scripts import build_lambda, deploy_stack
from scripts.ports import free_ports
from tests.waiting import PATIENCE_S, eventually

_deserialize = TypeDeserializer().deserialize

# A property holds or does not; how long an example takes says how busy the machine is.
hypothesis_settings.register_profile("unhurried", deadline=None)
hypothesis_settings.load_profile("unhurried")


@dataclass(frozen=True)
class Stack:
    """The deployed stack with the outside world it talks to, and no dashboard."""

    layout: Layout
    outputs: dict[str, str]
    control: httpx.Client
    client: Callable[[str], Any]
    seconds_to_deploy: float
    _numbers: Iterator[int] = field(
        default_factory=lambda: itertools.count(random.randrange(10**9, 10**11))
    )

    def number(self) -> int:
        """An id that nothing else here has."""
        return next(self._numbers)

    def register(self, run: Mapping[str, Any], attempts: Mapping[int, list[Any]]) -> None:
        """Make the sandbox's GitHub know a run and its jobs."""
        body = {"run": run, "attempts": {str(number): jobs for number, jobs in attempts.items()}}
        self.control.put("/runs", json=body).raise_for_status()

    def fail(self, path: str, *, service: str = "github", **fault: Any) -> None:
        """Make answers fail, as `POST /faults` of the control API says."""
        order = {"service": service, "path": path, **fault}
        self.control.post("/faults", json=order).raise_for_status()

    def heal(self) -> None:
        """Let everything answer again."""
        self.control.delete("/faults").raise_for_status()

    def start(self, payload: Mapping[str, Any], **changes: Any) -> str:
        """Start workflow-cost for a webhook's body under a new delivery; returns the ARN."""
        delivery = uuid4()
        event = projections.workflow_run_completed(payload, delivery=delivery) | changes
        answer = self.client("stepfunctions").start_execution(
            stateMachineArn=self.outputs["WorkflowCostStateMachineArn"],
            name=f"workflow_run-{delivery}",
            input=json.dumps(event),
        )
        return str(answer["executionArn"])

    def redrive(self, arn: str) -> None:
        """Resume an execution where it failed."""
        self.client("stepfunctions").redrive_execution(executionArn=arn)

    def ended(self, arn: str, seconds: float = PATIENCE_S) -> dict[str, Any]:
        """Wait for an execution to end and describe it; its output is decoded."""

        def look() -> dict[str, Any] | None:
            found = self.client("stepfunctions").describe_execution(executionArn=arn)
            return dict(found) if found["status"] != "RUNNING" else None

        found = eventually(
            look, what=lambda: f"the end of {arn}, in {self.states(arn)[-3:]}", seconds=seconds
        )
        return found | {"output": json.loads(found.get("output") or "null")}

    def wait_for_state(self, arn: str, name: str, *, times: int = 1) -> None:
        """Wait until an execution has entered a state so many times."""
        eventually(
            lambda: self.states(arn).count(name) >= times,
            what=lambda: f"{name}, {times} times, of {arn}, which entered {self.states(arn)}",
        )

    def states(self, arn: str) -> list[str]:
        """The states that an execution entered, in order."""
        pages = (
            self.client("stepfunctions")
            .get_paginator("get_execution_history")
            .paginate(executionArn=arn)
        )
        return [
            event["stateEnteredEventDetails"]["name"]
            for page in pages
            for event in page["events"]
            if "stateEnteredEventDetails" in event
        ]

    def item(self, table: str, **key: int | str) -> dict[str, Any] | None:
        """One item of a table (`RunsTable`, `RepositoriesTable`, `MembersTable`, …), or None."""
        typed = {
            name: {"S": value} if isinstance(value, str) else {"N": str(value)}
            for name, value in key.items()
        }
        answer = self.client("dynamodb").get_item(
            TableName=self.outputs[table], Key=typed, ConsistentRead=True
        )
        found = answer.get("Item")
        return {name: _deserialize(value) for name, value in found.items()} if found else None

    def items(self, table: str, **where: int) -> list[dict[str, Any]]:
        """All items of a table whose attributes have these values."""
        pages = (
            self.client("dynamodb")
            .get_paginator("scan")
            .paginate(TableName=self.outputs[table], ConsistentRead=True)
        )
        items = (
            {name: _deserialize(value) for name, value in item.items()}
            for page in pages
            for item in page["Items"]
        )
        return [item for item in items if all(item[name] == where[name] for name in where)]


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Start the sandbox's AWS and GitHub, and deploy the stack with freshly built Lambdas.

    One for all tests: each takes runs and repositories of its own. Waits last a tenth.
    """
    state_dir = tmp_path_factory.mktemp("stack")
    layout = Layout(state_dir=state_dir, base_port=free_ports(5), wait_scale=0.1)
    layout.prepare()
    layout.private_key_file  # noqa: B018 -- makes the key pair
    supervisor = Supervisor(ROOT)
    try:
        aws = Process(
            "aws",
            [emulator_python(), "-m", "sandbox.aws"],
            layout.aws_environment,
            layout.logs / "aws.log",
            f"{layout.aws_url}/_ministack/ready",
        )
        services = Process(
            "services",
            [sys.executable, "-m", "sandbox.services"],
            layout.services_environment,
            layout.logs / "services.log",
            f"{layout.github_url}/meta",
        )
        for process in (aws, services):
            supervisor.start(process)
        build_lambda.build("local")
        for process in (aws, services):
            process.wait_until_ready()
        began = time.monotonic()
        outputs = deploy_stack.deploy(
            endpoint_url=layout.aws_url,
            parameters={
                "DashboardUrl": layout.dashboard_url,
                "GitHubApiUrl": layout.github_url,
                "CompanyDirectory": "http",
                "CompanyDirectoryUrl": layout.directory_template,
            },
            app_id=APP_ID,
            private_key=layout.private_key_file.read_text(),
            directory_token=layout.directory_token,
            notify_url=f"{layout.control_url}/sns",
        )
        seconds = time.monotonic() - began
        with httpx.Client(base_url=layout.control_url, timeout=60) as control:
            yield Stack(layout, outputs, control, _aws_clients(layout), seconds)
    finally:
        supervisor.close()


def _aws_clients(layout: Layout) -> Callable[[str], Any]:
    config = Config(max_pool_connections=50, retries={"mode": "standard"}, read_timeout=120)

    @cache
    def client(service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=layout.aws_url,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=config,
        )

    return client
