"""Every way in which AWS can fail, through a real client against a real socket."""

import json
import threading
from types import SimpleNamespace

import pytest

from core.aws import client, errors, stepfunctions
from tests.factories.http_servers import serving

ARN = "arn:aws:states:us-east-1:000000000000:execution:ghadmin-workflow-cost:x"


@pytest.fixture
def aws(settings, monkeypatch):
    """Set `aws.answer` to (status, body); `aws.calls` counts the requests."""

    told = SimpleNamespace(calls=0, answer=(200, b"{}"))

    def answer(_request):
        told.calls += 1
        status, body = told.answer
        return status, {"Content-Type": "application/x-amz-json-1.0"}, body

    with serving(answer) as settings.AWS_ENDPOINT_URL:
        yield told
    client._make_once.cache_clear()


def error(code, message="why"):
    return json.dumps({"__type": code, "message": message}).encode()


@pytest.mark.parametrize(
    ("status", "body", "expected", "aws_code"),
    [
        (
            400,
            error("ExecutionDoesNotExist"),
            errors.ExecutionDoesNotExist,
            "ExecutionDoesNotExist",
        ),
        (400, error("com.amazon#StateMachineDoesNotExist"), errors.StateMachineDoesNotExist, None),
        (400, error("ExecutionAlreadyExists"), errors.ExecutionAlreadyExists, None),
        (400, error("ExecutionNotRedrivable"), errors.ExecutionNotRedrivable, None),
        (400, error("InvalidExecutionInput"), errors.InvalidExecutionInput, None),
        (400, error("ExecutionLimitExceeded"), errors.AwsThrottled, "ExecutionLimitExceeded"),
        (400, error("ThrottlingException"), errors.AwsThrottled, "ThrottlingException"),
        (429, error("Whatever"), errors.AwsThrottled, "Whatever"),
        (400, error("AccessDeniedException"), errors.AwsForbidden, "AccessDeniedException"),
        (403, error("UnrecognizedClientException"), errors.AwsUnavailable, None),
        (403, error("InvalidSignatureException"), errors.AwsUnavailable, None),
        (400, error("InvalidArn"), errors.AwsRejected, "InvalidArn"),
        (403, error("ExpiredTokenException"), errors.AwsUnavailable, "ExpiredTokenException"),
        (500, error("InternalFailure"), errors.AwsUnavailable, "InternalFailure"),
        (502, b"<html>Bad gateway</html>", errors.AwsUnavailable, None),
        (503, b"", errors.AwsUnavailable, None),
        (400, b"", errors.AwsRejected, None),
        (200, b"<html>captive portal</html>", errors.AwsUnavailable, None),
    ],
    ids=str,
)
def test_an_answer_becomes_the_error_that_says_what_to_do(aws, status, body, expected, aws_code):
    aws.answer = status, body

    with pytest.raises(errors.AwsError) as caught:
        stepfunctions.describe_execution(ARN)

    assert type(caught.value) is expected
    assert caught.value.__cause__ is not None
    assert aws_code is None or caught.value.aws_code == aws_code


def test_what_may_pass_is_tried_once_more_and_what_will_not_is_not(aws):
    aws.answer = 503, b""
    with pytest.raises(errors.AwsUnavailable):
        stepfunctions.describe_execution(ARN)
    assert aws.calls == client.MAX_ATTEMPTS

    aws.calls, aws.answer = 0, (400, error("ExecutionDoesNotExist"))
    with pytest.raises(errors.ExecutionDoesNotExist):
        stepfunctions.describe_execution(ARN)
    assert aws.calls == 1


def test_nobody_there_is_unavailable(settings):
    settings.AWS_ENDPOINT_URL = "http://127.0.0.1:9"

    with pytest.raises(errors.AwsUnavailable) as caught:
        stepfunctions.describe_execution(ARN)

    assert caught.value.aws_code == "EndpointConnectionError"


def test_no_credentials_are_a_service_that_is_away_not_lost_work(settings, monkeypatch):
    settings.AWS_ENDPOINT_URL = "http://127.0.0.1:9"
    settings.AWS_REGION = "eu-west-3"  # a client of its own
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")

    with pytest.raises(errors.AwsUnavailable, match="credentials"):
        stepfunctions.describe_execution(ARN)


def test_a_call_that_makes_no_sense_is_rejected_without_being_sent(aws):
    with pytest.raises(errors.AwsRejected) as caught:
        stepfunctions.describe_execution("")

    assert (caught.value.aws_code, aws.calls) == ("ParamValidation", 0)


def test_times_are_utc_text_at_any_depth_and_bookkeeping_is_left_out(aws):
    aws.answer = (
        200,
        json.dumps(
            {
                "executionArn": ARN,
                "startDate": 1763900000.5,
                "stopDate": 1763900001,
                "status": "FAILED",
                "inputDetails": {"included": True},
            }
        ).encode(),
    )

    assert stepfunctions.describe_execution(ARN) == {
        "executionArn": ARN,
        "startDate": "2025-11-23T12:13:20.500000+00:00",
        "stopDate": "2025-11-23T12:13:21.000000+00:00",
        "status": "FAILED",
        "inputDetails": {"included": True},
    }


def test_threads_share_one_client(settings):
    settings.AWS_REGION = "eu-west-2"
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(client.stepfunctions())) for _ in range(8)
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 8
    assert len(set(map(id, found))) == 1
