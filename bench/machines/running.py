"""Runs a machine over AWS's API, through the redrives that it needs."""

import json
import time
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any
from uuid import uuid4

from bench.machines.building import FUNCTION, Built, build
from bench.machines.comparing import differences
from bench.machines.performing import Performance, perform
from ghkit.history import fold

ROLE = "arn:aws:iam::000000000000:role/bench"

_CHILD = {"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}
_PATIENCE_S = 120


@dataclass(frozen=True)
class Stage:
    """Where machines run.

    Attributes:
        sfn: boto3's client of Step Functions.
        function: ARN of a Lambda whose source is `FUNCTION`.
        child: ARN of the machine that machines start.
        folder: Where that Lambda counts its calls.
    """

    sfn: Any
    function: str
    child: str
    folder: Path

    @classmethod
    def set(cls, sfn: Any, function: str, folder: Path) -> "Stage":
        return cls(sfn, function, _create(sfn, _CHILD), folder)

    def start(self, seed: int) -> "Run":
        """Build the machine of a seed and start it."""
        random = Random(seed)  # noqa: S311 -- the same machine every time
        built = build(random, function=self.function, child=self.child)
        performance = perform(built, random)
        folder = self.folder / uuid4().hex
        folder.mkdir()
        started = self.sfn.start_execution(
            stateMachineArn=_create(self.sfn, built.machine),
            input=json.dumps(performance.given | {"folder": str(folder)}),
        )
        return Run(self.sfn, started["executionArn"], built, performance)


@dataclass(frozen=True)
class Run:
    """An execution of a random machine, and what it must come to."""

    sfn: Any
    arn: str
    built: Built
    performance: Performance

    def differences(self) -> list[str]:
        """Wait for its end, redrive it as often as that helps, and compare its history."""
        status = self._ended()
        for _ in range(self.performance.redrives):
            if status == "FAILED":
                self.sfn.redrive_execution(executionArn=self.arn)
                status = self._ended()
        return differences(self.built, self.performance, fold(self.events()))

    def events(self) -> list[dict[str, Any]]:
        pages = self.sfn.get_paginator("get_execution_history").paginate(executionArn=self.arn)
        return [event for page in pages for event in page["events"]]

    def _ended(self) -> str:
        deadline = time.monotonic() + _PATIENCE_S
        while time.monotonic() < deadline:
            status = str(self.sfn.describe_execution(executionArn=self.arn)["status"])
            if status != "RUNNING":
                return status
            time.sleep(0.02)
        return "RUNNING"


def _create(sfn: Any, machine: dict[str, Any]) -> str:
    made = sfn.create_state_machine(
        name=f"machine-{uuid4().hex}", definition=json.dumps(machine), roleArn=ROLE
    )
    return str(made["stateMachineArn"])


__all__ = ["FUNCTION", "Run", "Stage"]
