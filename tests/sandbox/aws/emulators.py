"""Starting emulators and talking to them."""

import contextlib
import io
import json
import os
import signal
import subprocess
import time
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import httpx
from botocore.config import Config

from sandbox.aws.journal import number_of
from sandbox.runner.layout import ROOT, emulator_python
from scripts.ports import free_port
from tests.waiting import eventually

ACCOUNT = "000000000000"
REGION = "us-east-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/test"
LAMBDA_INVOKE = "arn:aws:states:::lambda:invoke"
STARTS_WITHIN_S = 120

# No retries: a test wants to see the first answer. Many connections: some ask at once.
_CONFIG = Config(retries={"max_attempts": 0}, max_pool_connections=50, read_timeout=60)


@dataclass
class Emulator:
    """One emulator process, or, between `kill` and `start`, its folder."""

    state_dir: Path
    environ: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> "Emulator":
        environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)} | {
            "GATEWAY_PORT": str(self.port),
            "STATE_DIR": str(self.state_dir),
            "SFN_WAIT_SCALE": "0.1",
            "LOG_LEVEL": "WARNING",
            **self.environ,
        }
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603 -- our own program
                [emulator_python(), "-m", "sandbox.aws"],
                env=environ,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        eventually(
            self._is_ready,
            self._assert_alive,
            what=self.log_file.read_text,
            seconds=STARTS_WITHIN_S,
        )
        return self

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log_file(self) -> Path:
        return self.state_dir.with_suffix(".log")

    def _is_ready(self) -> bool:
        with contextlib.suppress(httpx.HTTPError):
            return self.ask("GET", "/_ministack/ready").status_code == 200
        return False

    def _assert_alive(self) -> None:
        assert self.process is not None
        assert self.process.poll() is None, self.log_file.read_text()

    def stop(self) -> float:
        return self.end(signal.SIGTERM)

    def kill(self) -> None:
        """End it by force; what it started is not asked."""
        self.end(signal.SIGKILL)

    def cut_power(self) -> None:
        """End it and all that it started, the copy that saves among them."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.kill()

    def end(self, number: int) -> float:
        """Send it a signal; returns how many seconds it took to end."""
        if self.process is None:
            return 0.0
        began = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(timeout=60)
        self.process = None
        return time.monotonic() - began

    def wait_until_saved(self) -> None:
        """Wait until a save is over that began after now."""
        written = max(map(number_of, self._promises()), default=0)
        # It saves what requests may have changed, and nobody may have asked since the last save.
        self.sfn.list_activities()
        eventually(lambda: min(map(number_of, self._promises()), default=written + 1) > written)

    def _promises(self) -> list[Path]:
        return list(self.state_dir.glob("promised-*.jsonl"))

    def control(self, method: str, path: str, order: Any = None) -> httpx.Response:
        return self.ask(method, f"/_sandbox/{path}", order)

    def ask(self, method: str, path: str, order: Any = None) -> httpx.Response:
        return _http().request(method, self.url + path, json=order)

    def client(self, service: str) -> Any:
        return _client(service, self.url)

    @property
    def sfn(self) -> Any:
        return self.client("stepfunctions")

    def function(self, source: str, **config: Any) -> str:
        """Create a Lambda whose module is `source` and whose function is `handler`."""
        code = io.BytesIO()
        with zipfile.ZipFile(code, "w") as archive:
            archive.writestr("index.py", source)
        function = self.client("lambda").create_function(
            FunctionName=f"f-{uuid4().hex}",
            Runtime="python3.11",
            Role=ROLE,
            Handler="index.handler",
            Code={"ZipFile": code.getvalue()},
            **{"Timeout": 30} | config,
        )
        return str(function["FunctionArn"])

    def machine(self, definition: Mapping[str, Any], **config: Any) -> str:
        machine = self.sfn.create_state_machine(
            name=f"m-{uuid4().hex}", definition=json.dumps(definition), roleArn=ROLE, **config
        )
        return str(machine["stateMachineArn"])

    def start_execution(self, definition: Mapping[str, Any], given: Any = None) -> str:
        started = self.sfn.start_execution(
            stateMachineArn=self.machine(definition), input=json.dumps(given or {})
        )
        return str(started["executionArn"])

    def run(self, definition: Mapping[str, Any], given: Any = None) -> dict[str, Any]:
        """Run a machine to its end and describe the execution."""
        return self.ended(self.start_execution(definition, given))

    def ended(self, arn: str) -> dict[str, Any]:
        """Wait for an execution to end and describe it."""

        def look() -> dict[str, Any] | None:
            found = self.sfn.describe_execution(executionArn=arn)
            return dict(found) if found["status"] != "RUNNING" else None

        return eventually(look, what=lambda: f"the end after {self.history(arn)[-3:]}")

    def history(self, arn: str) -> list[dict[str, Any]]:
        pages = self.sfn.get_paginator("get_execution_history").paginate(executionArn=arn)
        return [event for page in pages for event in page["events"]]

    def types(self, arn: str) -> list[str]:
        return [event["type"] for event in self.history(arn)]


@cache
def _http() -> httpx.Client:
    # One for all: each costs 50 ms, for certificates that nobody asks for.
    return httpx.Client(timeout=60, trust_env=False)


@cache
def _client(service: str, url: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=url,
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=_CONFIG,
    )


def output(described: Mapping[str, Any]) -> Any:
    """An execution's output, which it must have."""
    assert described["status"] == "SUCCEEDED", described
    return json.loads(described["output"])


def task(resource: str, parameters: Any = None, **fields: Any) -> dict[str, Any]:
    """A machine of one Task."""
    state = {"Type": "Task", "Resource": resource, "End": True, **fields}
    if parameters is not None:
        state["Parameters"] = parameters
    return {"StartAt": "Call", "States": {"Call": state}}
