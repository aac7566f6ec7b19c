"""The deployed stack, as tests use it."""

import itertools
import json
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
from boto3.dynamodb.types import TypeDeserializer

from ghkit import projections
from sandbox.runner.layout import Layout
from tests.waiting import PATIENCE_S, eventually

_deserialize = TypeDeserializer().deserialize


@dataclass(frozen=True)
class Stack:
    """The deployed stack with the outside world it talks to, and no dashboard."""

    layout: Layout
    outputs: dict[str, str]
    control: httpx.Client
    client: Callable[[str], Any]
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
