"""GetExecutionHistory, DescribeExecution and ListExecutions answer as botocore's model says."""

import json
from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest

from tests.sandbox.aws.emulators import LAMBDA_INVOKE, Emulator
from tests.waiting import eventually

MODEL = botocore.session.get_session().get_service_model("stepfunctions")

FAILS_ON_3 = (
    "def handler(event, context):\n"
    "    if event == 3:\n        raise ValueError('three')\n    return event\n"
)


def faults(shape: Any, value: Any, path: str = "") -> Iterator[str]:
    """What of a JSON answer does not fit its shape."""
    kinds: dict[str, Any] = {
        "structure": dict,
        "list": list,
        "string": str,
        "boolean": bool,
        "integer": int,
        "long": int,
        "timestamp": (int, float),
    }
    if not isinstance(value, kinds[shape.type_name]):
        yield f"{path}: {value!r} is no {shape.type_name}"
    elif shape.type_name == "structure":
        yield from (f"{path}.{name}: unknown" for name in value if name not in shape.members)
        yield from (f"{path}.{name}: missing" for name in shape.required_members - value.keys())
        for name in value.keys() & shape.members.keys():
            yield from faults(shape.members[name], value[name], f"{path}.{name}")
    elif shape.type_name == "list":
        for number, item in enumerate(value):
            yield from faults(shape.member, item, f"{path}[{number}]")
    elif shape.type_name == "string" and shape.enum and value not in shape.enum:
        yield f"{path}: {value!r} is none of the choices"


def answer(emulator: Emulator, operation: str, **parameters: Any) -> Any:
    """An answer as it went over the wire."""
    bodies: list[bytes] = []
    events = emulator.sfn.meta.events

    def keep(response_dict: dict[str, Any], **_: Any) -> None:
        bodies.append(response_dict["body"])

    events.register("response-received.*", keep)
    try:
        emulator.sfn._make_api_call(operation, parameters)
    finally:
        events.unregister("response-received.*", keep)
    return json.loads(bodies[-1])


def rich_machine(function: str) -> dict[str, Any]:
    """Every kind of state, with a retry, a catch, and failures in a Map and a Parallel."""
    invoke = {"FunctionName": function, "Payload.$": "$"}
    retry = [{"ErrorEquals": ["ValueError"], "IntervalSeconds": 1, "MaxAttempts": 1}]
    inner = {"Call": {"Type": "Task", "Resource": function, "End": True}}
    long_wait = {"StartAt": "Sit", "States": {"Sit": {"Type": "Wait", "Seconds": 99, "End": True}}}
    failing = {"StartAt": "No", "States": {"No": {"Type": "Fail", "Error": "No"}}}
    return {
        "StartAt": "Begin",
        "States": {
            "Begin": {"Type": "Pass", "Result": {"items": [1, 2, 3]}, "Next": "Pause"},
            "Pause": {"Type": "Wait", "Seconds": 1, "Next": "Invoke"},
            "Invoke": {
                "Type": "Task",
                "Resource": LAMBDA_INVOKE,
                "Parameters": invoke | {"Payload": 3},
                "Retry": retry,
                "Catch": [{"ErrorEquals": ["ValueError"], "ResultPath": "$.e", "Next": "Items"}],
                "Next": "Items",
            },
            "Items": {
                "Type": "Map",
                "ItemsPath": "$.items",
                "ItemProcessor": {"StartAt": "Call", "States": inner},
                "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.m", "Next": "Both"}],
                "Next": "Both",
            },
            "Both": {
                "Type": "Parallel",
                "Branches": [long_wait, failing],
                "Catch": [{"ErrorEquals": ["No"], "ResultPath": "$.p", "Next": "Decide"}],
                "Next": "Decide",
            },
            "Decide": {
                "Type": "Choice",
                "Choices": [{"Variable": "$.p.Error", "StringEquals": "No", "Next": "Done"}],
            },
            "Done": {"Type": "Succeed"},
        },
    }


def test_history_fits_the_model_and_links_every_event_to_an_earlier_one(
    emulator: Emulator,
) -> None:
    described = emulator.run(rich_machine(emulator.function(FAILS_ON_3)))
    arn = described["executionArn"]

    history = answer(emulator, "GetExecutionHistory", executionArn=arn, maxResults=1000)

    assert described["status"] == "SUCCEEDED"
    shape = MODEL.operation_model("GetExecutionHistory").output_shape
    assert list(faults(shape, history)) == []
    events = history["events"]
    assert [event["id"] for event in events] == list(range(1, len(events) + 1))
    assert all(event["previousEventId"] < event["id"] for event in events)
    kinds = {event["type"] for event in events}
    assert kinds >= {"MapIterationFailed", "WaitStateAborted", "ParallelStateFailed", "TaskFailed"}


@pytest.mark.parametrize("operation", ["DescribeExecution", "DescribeStateMachineForExecution"])
def test_descriptions_fit_the_model(operation: str, emulator: Emulator) -> None:
    described = emulator.run({"StartAt": "No", "States": {"No": {"Type": "Fail", "Error": "No"}}})

    found = answer(emulator, operation, executionArn=described["executionArn"])

    assert list(faults(MODEL.operation_model(operation).output_shape, found)) == []


def test_failed_execution_has_error_and_cause_but_no_output(emulator: Emulator) -> None:
    state = {"Type": "Fail", "Error": "Broken", "Cause": "because"}

    described = emulator.run({"StartAt": "No", "States": {"No": state}})

    assert described["status"] == "FAILED"
    assert (described["error"], described["cause"]) == ("Broken", "because")
    assert "output" not in described


def test_list_fits_the_model_and_pages_filter_by_status(emulator: Emulator) -> None:
    machine = emulator.machine({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}})
    for number in range(5):
        emulator.sfn.start_execution(stateMachineArn=machine, name=f"n{number}")
    query = {"stateMachineArn": machine, "statusFilter": "SUCCEEDED"}
    eventually(lambda: len(emulator.sfn.list_executions(**query)["executions"]) == 5)

    page = answer(emulator, "ListExecutions", **query, maxResults=3)
    rest = emulator.sfn.list_executions(**query, maxResults=3, nextToken=page["nextToken"])

    assert list(faults(MODEL.operation_model("ListExecutions").output_shape, page)) == []
    names = [item["name"] for item in page["executions"] + rest["executions"]]
    assert sorted(names) == ["n0", "n1", "n2", "n3", "n4"]
    assert "nextToken" not in rest


def test_history_pages_in_both_directions(emulator: Emulator) -> None:
    states = {f"S{n}": {"Type": "Pass", "Next": f"S{n + 1}"} for n in range(6)}
    machine = {"StartAt": "S0", "States": states | {"S6": {"Type": "Succeed"}}}
    arn = emulator.run(machine)["executionArn"]

    def ids(**order: Any) -> list[int]:
        pages = emulator.sfn.get_paginator("get_execution_history").paginate(
            executionArn=arn, PaginationConfig={"PageSize": 4}, **order
        )
        return [event["id"] for page in pages for event in page["events"]]

    assert ids() == list(range(1, 17))
    assert ids(reverseOrder=True) == list(range(16, 0, -1))
