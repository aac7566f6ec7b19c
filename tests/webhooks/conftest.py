"""Fixtures of the webhooks' tests."""

import pytest
from django.conf import settings as django_settings

from core.aws import stack as deployed
from tests.factories.webhooks import Clock


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def aws(stack, settings):
    """The sandbox's AWS with the stack deployed, as the product reaches it; no faults left over."""
    settings.AWS_ENDPOINT_URL = stack.layout.aws_url
    settings.GHADMIN_STACK = "ghadmin"
    deployed.forget()
    yield stack
    stack.heal()
    deployed.forget()


@pytest.fixture
def dead_aws(settings):
    """Nobody answers at AWS's address."""
    settings.AWS_ENDPOINT_URL = "http://127.0.0.1:9"
    deployed.forget()
    return django_settings
