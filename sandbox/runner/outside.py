"""The outside world as processes: AWS, and the services beside it (GitHub, company directory, control API)."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from sandbox.runner.layout import APP_ID, REGION, ROOT, emulator_python
from sandbox.runner.processes import Process, Supervisor
from scripts import build_lambda, deploy_stack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sandbox.runner.layout import Layout


def aws_process(layout: Layout) -> Process:
    """The sandbox's AWS, not started."""
    return Process(
        "aws",
        [emulator_python(), "-m", "sandbox.aws"],
        layout.aws_environment,
        layout.logs / "aws.log",
        f"{layout.aws_url}/_ministack/ready",
    )


def services_process(layout: Layout, **changes: str) -> Process:
    """The sandbox's GitHub, company directory and control API, not started.

    Args:
        layout: Where everything is.
        changes: Environment that differs from the layout's.
    """
    return Process(
        "services",
        [sys.executable, "-m", "sandbox.services"],
        layout.services_environment | changes,
        layout.logs / "services.log",
        f"{layout.github_url}/meta",
    )


@contextmanager
def running(layout: Layout, *processes: Process) -> Iterator[None]:
    """Start processes, wait until all answer, and stop them when the block ends."""
    layout.prepare()
    supervisor = Supervisor(ROOT)
    try:
        for process in processes:
            supervisor.start(process)
        for process in processes:
            process.wait_until_ready()
        yield
    finally:
        supervisor.close()


@contextmanager
def deployed(layout: Layout) -> Iterator[tuple[Process, dict[str, str]]]:
    """Run everything with the stack deployed, freshly built; gives AWS's process and the outputs."""
    aws, services = aws_process(layout), services_process(layout)
    with running(layout, aws, services):
        build_lambda.build("local")
        yield aws, deploy(layout)


def deploy(layout: Layout) -> dict[str, str]:
    """Deploy the stack, whose Lambdas are built, to the running AWS; returns its outputs."""
    return deploy_stack.deploy(
        endpoint_url=layout.aws_url,
        parameters={
            "GitHubApiUrl": layout.github_url,
            "DashboardUrl": layout.dashboard_url,
            "CompanyDirectory": "http",
            "CompanyDirectoryUrl": layout.directory_template,
        },
        app_id=APP_ID,
        private_key=layout.private_key_file.read_text(),
        directory_token=layout.directory_token,
        notify_url=f"{layout.control_url}/sns",
    )


def aws_clients(layout: Layout) -> Callable[[str], Any]:
    """Give boto3's clients of the sandbox's AWS by service; threads may share them."""
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
