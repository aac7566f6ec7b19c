"""Fixtures of the mirror's tests."""

from datetime import timedelta

import pytest
import time_machine
from django.core.cache import cache

from core.aws import stack as deployed
from executions.signals import execution_finished
from tests.factories.step_functions import START, StepFunctions, plug_in


@pytest.fixture
def now():
    return START + timedelta(hours=2)


@pytest.fixture(autouse=True)
def _the_day_of_the_tests(request, now):
    """Let views read the clock that the tests' executions go by: what may be retried grows old."""
    if "stack" in request.fixturenames:  # the sandbox goes by the real clock
        yield
        return
    with time_machine.travel(now, tick=True):
        yield


@pytest.fixture(autouse=True)
def _nothing_cached():
    cache.clear()


@pytest.fixture
def sfn(monkeypatch):
    """Step Functions as the product reaches it, told by the test what has become of executions."""
    aws = StepFunctions()
    plug_in(aws, monkeypatch)
    deployed.forget()
    yield aws
    deployed.forget()


@pytest.fixture
def aws(stack, settings):
    """The sandbox's AWS with the stack deployed; no faults left over."""
    settings.AWS_ENDPOINT_URL = stack.layout.aws_url
    settings.GHADMIN_STACK = "ghadmin"
    deployed.forget()
    yield stack
    stack.heal()
    deployed.forget()


@pytest.fixture
def finished():
    """Whatever `execution_finished` told: (name, status) in order."""
    told = []

    def hear(sender, execution, **_kwargs):
        told.append((execution.name, execution.status))

    execution_finished.connect(hear)
    yield told
    execution_finished.disconnect(hear)
