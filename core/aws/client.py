"""The one place that makes boto3 clients: endpoint, region, timeouts, retries."""

from __future__ import annotations

import threading
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

import boto3
from botocore.config import Config
from django.conf import settings

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_stepfunctions import SFNClient

CONNECT_TIMEOUT_S = 2
READ_TIMEOUT_S = 10
# Longer than the longest long-poll that SQS allows (20 s).
SQS_READ_TIMEOUT_S = 25
# "standard" repeats after throttling, 5xx and connection errors, and has a budget, so that an outage
# does not multiply the load. Once is enough to get over a blip: a worker that still fails postpones
# the row, and a person who waits for a page should not wait long.
MAX_ATTEMPTS = 2
# Worker threads share a client; more connections than this wait in the pool.
MAX_CONNECTIONS = 25

_making = threading.Lock()


def stepfunctions() -> SFNClient:
    """Return the shared Step Functions client."""
    return cast("SFNClient", _client("stepfunctions"))


def dynamodb() -> DynamoDBClient:
    """Return the shared DynamoDB client."""
    return cast("DynamoDBClient", _client("dynamodb"))


def sqs() -> SQSClient:
    """Return the shared SQS client, which can long-poll."""
    return cast("SQSClient", _client("sqs", SQS_READ_TIMEOUT_S))


def cloudformation() -> CloudFormationClient:
    """Return the shared CloudFormation client."""
    return cast("CloudFormationClient", _client("cloudformation"))


def sns() -> SNSClient:
    """Return the shared SNS client."""
    return cast("SNSClient", _client("sns"))


def _client(service: str, read_timeout_s: int = READ_TIMEOUT_S) -> Any:
    return _make(service, settings.AWS_ENDPOINT_URL, settings.AWS_REGION, read_timeout_s)


def _make(service: str, endpoint_url: str | None, region: str, read_timeout_s: int) -> Any:
    # Clients may be shared by threads, sessions may not, and two threads that come first would each
    # load the service's model (0.1 s).
    with _making:
        return _make_once(service, endpoint_url, region, read_timeout_s)


@lru_cache(maxsize=32)
def _make_once(service: str, endpoint_url: str | None, region: str, read_timeout_s: int) -> Any:
    config = Config(
        region_name=region,  # boto3 reads AWS_DEFAULT_REGION, not AWS_REGION
        connect_timeout=CONNECT_TIMEOUT_S,
        read_timeout=read_timeout_s,
        retries={"mode": "standard", "total_max_attempts": MAX_ATTEMPTS},
        max_pool_connections=MAX_CONNECTIONS,
        user_agent_extra="ghadmin",
    )
    make: Any = boto3.session.Session().client
    return make(service, region_name=region, endpoint_url=endpoint_url, config=config)
