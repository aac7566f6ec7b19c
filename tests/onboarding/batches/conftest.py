"""A clock, Step Functions and GitHub's limits, all told by the test."""

import pytest

from core import github
from core.aws import stack as deployed
from onboarding.services.batches import releasing
from tests.factories import step_functions
from tests.factories.batches import NOW
from tests.factories.step_functions import StepFunctions, plug_in
from tests.onboarding.batches.parts import CHILDREN, PARENTS


class Clock:
    def __init__(self):
        self.now = NOW

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def aws(monkeypatch, clock):
    """Step Functions, told by the test what has become of executions."""
    for name, arn in (("OnboardMembers", PARENTS), ("OnboardMember", CHILDREN)):
        monkeypatch.setitem(step_functions._OUTPUTS, f"{name}StateMachineArn", arn)
    told = StepFunctions(clock=clock)
    plug_in(told, monkeypatch)
    deployed.forget()
    yield told
    deployed.forget()


@pytest.fixture
def limit(monkeypatch):
    """What GitHub says of this hour's requests; None: it does not limit."""
    said = {"hourly": None}
    monkeypatch.setattr(github, "app", lambda: None)
    monkeypatch.setattr(releasing, "get_hourly_limit", lambda *_, **__: said["hourly"])
    return said
