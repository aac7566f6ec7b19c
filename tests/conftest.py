"""Fixtures that every folder of tests shares."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import settings as hypothesis_settings

from core.aws import stack as deployed
from sandbox.runner import outside
from sandbox.runner.layout import Layout
from scripts.ports import free_ports
from tests.factories.stack import Stack

# A property holds or does not; how long an example takes says how busy the machine is.
hypothesis_settings.register_profile("unhurried", deadline=None)
hypothesis_settings.load_profile("unhurried")


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Start the sandbox's AWS and GitHub, and deploy the stack with freshly built Lambdas.

    One for all tests: each takes runs and repositories of its own. Waits last a tenth.
    """
    layout = Layout(
        state_dir=tmp_path_factory.mktemp("stack"), base_port=free_ports(5), wait_scale=0.1
    )
    with (
        outside.deployed(layout) as (_aws, outputs),
        httpx.Client(base_url=layout.control_url, timeout=60) as control,
    ):
        yield Stack(layout, outputs, control, outside.aws_clients(layout))


@pytest.fixture
def aws(stack: Stack, settings: Any) -> Iterator[Stack]:
    """The sandbox's AWS with the stack deployed, as the product reaches it; no faults left over."""
    settings.AWS_ENDPOINT_URL = stack.layout.aws_url
    settings.GHADMIN_STACK = "ghadmin"
    deployed.forget()
    yield stack
    stack.heal()
    deployed.forget()
