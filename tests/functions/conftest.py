"""What Lambda gives a handler beside the event."""

from dataclasses import dataclass

import pytest


@dataclass(frozen=True)
class Context:
    """The part of Lambda's context object that Powertools' Logger reads."""

    function_name: str = "ghadmin-test"
    memory_limit_in_mb: int = 256
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:000000000000:function:ghadmin-test"
    aws_request_id: str = "52fdfc07-2182-154f-163f-5f0f9a621d72"


@pytest.fixture
def lambda_context() -> Context:
    return Context()
