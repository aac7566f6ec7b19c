"""What benchmarks run in: the sandbox's processes, on free ports, in a folder of their own."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from sandbox.runner.layout import APP_ID, REGION, ROOT, Layout, emulator_python
from sandbox.runner.processes import Process, Supervisor
from scripts import build_lambda, deploy_stack
from scripts.ports import free_ports

Clients = Callable[[str], Any]

# Waits and retries of machines are not what is measured.
_WAIT_SCALE = 0.02


@dataclass(frozen=True)
class Deployed:
    """The stack with the outside world it talks to, and no dashboard."""

    layout: Layout
    client: Clients
    outputs: dict[str, str]
    process_ids: list[int]


@contextmanager
def emulator(folder: Path) -> Iterator[Clients]:
    """The sandbox's AWS alone; gives boto3's clients by service."""
    layout = Layout(state_dir=folder / "world", base_port=free_ports(5), wait_scale=_WAIT_SCALE)
    layout.prepare()
    supervisor = Supervisor(ROOT)
    try:
        aws = aws_process(layout)
        supervisor.start(aws)
        aws.wait_until_ready()
        yield clients(layout)
    finally:
        supervisor.close()


@contextmanager
def deployed(folder: Path) -> Iterator[Deployed]:
    """The sandbox's AWS, GitHub and company directory, and the stack deployed."""
    layout = Layout(state_dir=folder / "world", base_port=free_ports(5), wait_scale=_WAIT_SCALE)
    layout.prepare()
    layout.private_key_file  # noqa: B018 -- makes the key pair
    supervisor = Supervisor(ROOT)
    try:
        aws, services = aws_process(layout), services_process(layout)
        for process in (aws, services):
            supervisor.start(process)
        build_lambda.build("local")
        for process in (aws, services):
            process.wait_until_ready()
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
        yield Deployed(layout, clients(layout), outputs, [aws.pid])
    finally:
        supervisor.close()


def aws_process(layout: Layout) -> Process:
    return Process(
        "aws",
        [emulator_python(), "-m", "sandbox.aws"],
        layout.aws_environment,
        layout.logs / "aws.log",
        f"{layout.aws_url}/_ministack/ready",
    )


def services_process(layout: Layout) -> Process:
    return Process(
        "services",
        [sys.executable, "-m", "sandbox.services"],
        layout.services_environment,
        layout.logs / "services.log",
        f"{layout.github_url}/meta",
    )


def clients(layout: Layout) -> Clients:
    config = Config(max_pool_connections=50, retries={"mode": "standard"}, read_timeout=120)

    @cache
    def client(service: str) -> Any:
        return boto3.client(  # type: ignore[call-overload]
            service,
            endpoint_url=layout.aws_url,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",  # noqa: S106 -- the sandbox takes any
            config=config,
        )

    return client
