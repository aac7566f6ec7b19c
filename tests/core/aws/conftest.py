"""The sandbox's AWS, as the product's clients reach it."""

import pytest

from core.aws import stack as deployed


@pytest.fixture
def aws(stack, settings):
    settings.AWS_ENDPOINT_URL = stack.layout.aws_url
    deployed.forget()
    yield stack
    stack.heal()
    deployed.forget()
