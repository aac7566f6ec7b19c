"""Ordered faults, enforced limits, and the log of requests."""

import time
from collections.abc import Callable
from contextlib import closing
from http.client import HTTPConnection
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.aws.emulators import Emulator

LIST_MACHINES = "/AWSStepFunctions.ListStateMachines"


def order(emulator: Emulator, path: str, **fault: Any) -> dict[str, Any]:
    answer = emulator.control("POST", "faults", {"service": "aws", "path": path, **fault})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def error_of(call: Callable[[], Any]) -> tuple[str, int]:
    with pytest.raises(ClientError) as refused:
        call()
    answer = refused.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]


def test_fault_fails_so_many_answers_of_one_operation(emulator: Emulator) -> None:
    order(emulator, f"{LIST_MACHINES}$", status=502, times=2)
    sfn = emulator.sfn

    failed = [error_of(sfn.list_state_machines) for _ in range(2)]

    assert failed == [("InternalServerError", 502)] * 2
    sfn.list_state_machines()
    sfn.list_activities()


@pytest.mark.parametrize(
    ("service", "operation", "path", "code"),
    [
        ("stepfunctions", "list_state_machines", LIST_MACHINES, "ThrottlingException"),
        ("dynamodb", "list_tables", "/DynamoDB_20120810.ListTables", "ThrottlingException"),
        ("sqs", "list_queues", "/AmazonSQS.ListQueues", "ThrottlingException"),
        ("sns", "list_topics", "/sns.ListTopics", "ThrottlingException"),
        ("cloudformation", "list_stacks", "/cloudformation.ListStacks", "ThrottlingException"),
        ("lambda", "list_functions", "^/2015-03-31/functions", "ThrottlingException"),
        ("secretsmanager", "list_secrets", "/secretsmanager.ListSecrets", "AccessDenied"),
    ],
)
def test_fault_reaches_the_sdk_as_its_usual_exception(
    service: str, operation: str, path: str, code: str, emulator: Emulator
) -> None:
    order(emulator, path, status=400, code=code)

    assert error_of(getattr(emulator.client(service), operation)) == (code, 400)


def test_throttling_is_an_exception_of_the_client(emulator: Emulator) -> None:
    order(emulator, "DynamoDB_20120810", status=400, code="ProvisionedThroughputExceededException")
    dynamodb = emulator.client("dynamodb")

    with pytest.raises(dynamodb.exceptions.ProvisionedThroughputExceededException):
        dynamodb.get_item(TableName="t", Key={"id": {"S": "a"}})


def test_fault_sets_headers_and_dawdles(emulator: Emulator) -> None:
    order(emulator, LIST_MACHINES, status=503, headers={"Retry-After": "7"}, delay_s=0.3)
    began = time.monotonic()

    with pytest.raises(ClientError) as refused:
        emulator.sfn.list_state_machines()

    assert time.monotonic() - began >= 0.3
    headers = refused.value.response["ResponseMetadata"]["HTTPHeaders"]
    assert headers["retry-after"] == "7"


def test_fault_with_a_rate_meets_some(emulator: Emulator) -> None:
    order(emulator, LIST_MACHINES, status=500, rate=0.5)

    def fails() -> bool:
        try:
            emulator.sfn.list_state_machines()
        except ClientError:
            return True
        return False

    # All alike is once in 2^39.
    assert {fails() for _ in range(40)} == {True, False}


def test_failing_answer_leaves_the_connection_open(emulator: Emulator) -> None:
    order(emulator, LIST_MACHINES, status=500)
    connection = HTTPConnection("127.0.0.1", emulator.port, timeout=60)
    with closing(connection):
        connection.connect()
        socket_of_the_first = connection.sock
        for _ in range(2):
            connection.putrequest("POST", "/")
            connection.putheader("X-Amz-Target", LIST_MACHINES[1:])
            connection.putheader("Content-Length", "2")
            connection.endheaders()
            time.sleep(0.2)  # the body comes late
            connection.send(b"{}")

            answer = connection.getresponse()

            assert answer.status == 500
            answer.read()
            assert connection.sock is socket_of_the_first


def test_no_faults_after_they_were_deleted(emulator: Emulator) -> None:
    order(emulator, LIST_MACHINES, status=500)
    emulator.control("DELETE", "faults")

    emulator.sfn.list_state_machines()


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "told"),
    [
        ("POST", "faults", {"path": "(", "status": 500}, 400, "path: not a regular expression"),
        ("POST", "faults", {"path": "x"}, 400, "status or delay_s: at least one is needed"),
        ("POST", "faults", {"path": "x", "status": 500, "tines": 1}, 400, "tines: unknown"),
        ("PUT", "limits", {"enabled": "yes"}, 400, "enabled: expected true or false"),
        ("GET", "nothing", None, 404, "GET nothing: no such control"),
    ],
)
def test_wrong_order_is_told_what_is_wrong(
    method: str, path: str, body: Any, status: int, told: str, emulator: Emulator
) -> None:
    answer = emulator.control(method, path, body)

    assert answer.status_code == status
    assert answer.json()["error"].startswith(told)


def test_limits_hold_only_while_they_are_on(emulator: Emulator) -> None:
    arn = emulator.start_execution({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}})

    def refusals() -> list[tuple[str, str]]:
        found = []
        for _ in range(220):
            try:
                emulator.sfn.describe_state_machine_for_execution(executionArn=arn)
            except ClientError as refused:
                error = refused.response["Error"]
                found.append((error["Code"], error["Message"]))
        return found

    unlimited = refusals()
    emulator.control("PUT", "limits", {"enabled": True}).raise_for_status()
    limited = refusals()
    emulator.control("PUT", "limits", {"aws": False}).raise_for_status()

    assert unlimited == []
    # The bucket has 200 and refills by one a second.
    assert set(limited) == {("ThrottlingException", "Rate exceeded")}
    emulator.sfn.describe_state_machine_for_execution(executionArn=arn)


def test_requests_are_listed_in_order_with_what_they_got(emulator: Emulator) -> None:
    order(emulator, LIST_MACHINES, status=500, times=1)
    error_of(emulator.sfn.list_state_machines)
    emulator.client("sns").list_topics()
    emulator.client("lambda").list_functions()

    listed = emulator.control("GET", "requests").json()

    assert [(item["method"], item["path"], item["status"]) for item in listed] == [
        ("POST", LIST_MACHINES, 500),
        ("POST", "/sns.ListTopics", 200),
        ("GET", "/2015-03-31/functions", 200),
    ]
    assert all(item["at"].endswith("+00:00") for item in listed)
    emulator.control("DELETE", "requests").raise_for_status()
    assert emulator.control("GET", "requests").json() == []


def test_own_pages_never_fail_and_are_not_listed(emulator: Emulator) -> None:
    order(emulator, ".", status=500)

    answer = emulator.ask("GET", "/_ministack/ready")

    assert answer.status_code == 200
    assert emulator.control("GET", "requests").json() == []
