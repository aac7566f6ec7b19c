"""Fixtures of the mirror's tests."""

from datetime import timedelta

import pytest
import time_machine
from django.core.cache import cache

from core.aws import stack as deployed
from executions.signals import execution_finished
from tests.executions.pages import read
from tests.factories.executions import mirrored, told
from tests.factories.histories import PARENT, child_of, fan
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
def finished():
    """Whatever `execution_finished` told: (name, status) in order."""
    told = []

    def hear(sender, execution, **_kwargs):
        told.append((execution.name, execution.status))

    execution_finished.connect(hear)
    yield told
    execution_finished.disconnect(hear)


@pytest.fixture
def failed(sfn, now):
    cause = '{"errorMessage": "GET /jobs answered 502", "errorType": "GitHubUnavailable"}'
    [row] = mirrored(
        sfn, told(7).ends("FAILED", START + timedelta(minutes=5), cause=cause), now=now
    )
    return row


@pytest.fixture
def parent(sfn, now):
    """A Map of 120, of which 3 failed and were caught and 1 runs, and some of its children."""
    one = told()
    arn = one.arn.replace(one.name, f"{one.name[:40]}-child-{{}}")
    fan(one, count=120, failed={3, 77, 119}, running={5}, child=arn.format)
    sfn.revisions[0].definition = PARENT
    row = read(sfn, one, now)
    ends = {3: "FAILED", 77: "FAILED", 4: "SUCCEEDED", 5: None}
    mirrored(sfn, *(child_of(one, index, ends=end) for index, end in ends.items()), now=now)
    return row
