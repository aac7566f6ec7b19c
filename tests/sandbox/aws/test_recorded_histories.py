"""Histories are those that AWS wrote for the same machines (tests/fixtures/stepfunctions)."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import zstandard

from tests.sandbox.aws.emulators import LAMBDA_INVOKE, Emulator

RECORDED = Path(__file__).parents[2] / "fixtures/stepfunctions/aws-recorded-histories.jsonl.zst"

RAISES = "def handler(event, context):\n    raise Exception('Some exception was raised.')\n"
RAISES_CUSTOM = (
    "class CustomException(Exception):\n    pass\n\n\n"
    "def handler(event, context):\n    raise CustomException()\n"
)
ECHOES = "def handler(event, context):\n    return event\n"
RETURNS_TOO_MUCH = "def handler(event, context):\n    return 'x' * 300_000\n"
SLEEPS = "import time\n\n\ndef handler(event, context):\n    time.sleep(3)\n"

END = {"Type": "Pass", "End": True}


@cache
def recordings() -> dict[str, list[dict[str, Any]]]:
    with zstandard.open(RECORDED, "rt", encoding="utf-8") as lines:
        recorded = [json.loads(line) for line in lines]
    return {recording["name"]: recording["events"] for recording in recorded}


def machine(*states: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    return {"StartAt": states[0][0], "States": dict(states)}


def invoke(function: str, **fields: Any) -> dict[str, Any]:
    """A Task by lambda:invoke, as the recorded machines have it."""
    parameters = {"FunctionName": function, "Payload.$": "$"}
    return {"Type": "Task", "Resource": LAMBDA_INVOKE, "Parameters": parameters, **fields}


def call(function: str, **fields: Any) -> dict[str, Any]:
    """A Task by the function's ARN."""
    return {"Type": "Task", "Resource": function, **fields}


def mapped(inner: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"Type": "Map", "ItemsPath": "$.arr", "ItemProcessor": inner, **fields}


def parallel_failing(**fields: Any) -> dict[str, Any]:
    failing = {"Type": "Fail", "Error": "FailureType", "Cause": "Cause description"}
    return {"Type": "Parallel", "Branches": [machine(("Branch1", failing))], **fields}


HANDLE_ITEM = machine(("HandleItem", END))
HANDLE_FAIL = machine(
    ("HandleItemFail", {"Type": "Fail", "Error": "HandleItemFailError", "Cause": "Cause"})
)
ALL = ["States.ALL"]


def start_state(*items: Any) -> tuple[str, dict[str, Any]]:
    return "StartState", {"Type": "Pass", "Result": {"arr": list(items)}, "Next": "MapState"}


# Name of the recording: (source of the Lambda, machine made of its ARN, input).
CASES: dict[str, tuple[str | None, Any, Any]] = {
    "error_handling/test_task_lambda::test_raise_exception": (
        RAISES,
        lambda arn: machine(("Start", call(arn, End=True))),
        {},
    ),
    "error_handling/test_task_service_lambda::test_raise_exception": (
        RAISES,
        lambda arn: machine(("Start", invoke(arn, End=True))),
        {},
    ),
    "error_handling/test_task_lambda::test_raise_custom_exception": (
        RAISES_CUSTOM,
        lambda arn: machine(
            (
                "InvokeLambda",
                call(
                    arn,
                    End=True,
                    Catch=[{"ErrorEquals": ["CustomException"], "Next": "ErrorMatched"}],
                ),
            ),
            ("ErrorMatched", END),
        ),
        {},
    ),
    "scenarios/test_base_scenarios::test_retry_interval_features": (
        RAISES,
        lambda arn: machine(
            (
                "LambdaTask",
                call(
                    arn,
                    End=True,
                    Retry=[
                        {
                            "ErrorEquals": ALL,
                            "IntervalSeconds": 1,
                            "MaxAttempts": 2,
                            "BackoffRate": 2,
                            "MaxDelaySeconds": 1,
                            "JitterStrategy": "FULL",
                        }
                    ],
                ),
            )
        ),
        {},
    ),
    "error_handling/test_states_errors"
    "::test_service_task_lambada_data_limit_exceeded_on_large_utf8_response": (
        RETURNS_TOO_MUCH,
        lambda arn: machine(
            (
                "InvokeLambda",
                invoke(
                    arn,
                    End=True,
                    Catch=[
                        {
                            "ErrorEquals": ["States.DataLimitExceeded"],
                            "Next": "HandleDataLimitExceeded",
                        }
                    ],
                ),
            ),
            ("HandleDataLimitExceeded", END),
        ),
        {},
    ),
    "scenarios/test_base_scenarios::test_catch_states_runtime": (
        ECHOES,
        lambda arn: machine(
            (
                "RaiseRuntime",
                call(
                    arn,
                    End=True,
                    OutputPath="$.no.such.result.path",
                    Catch=[{"ErrorEquals": ["States.Runtime"], "Next": "Caught"}],
                ),
            ),
            ("Caught", END),
        ),
        {},
    ),
    "timeouts/test_timeouts::test_fixed_timeout_lambda": (
        SLEEPS,
        lambda arn: machine(("Start", call(arn, End=True, TimeoutSeconds=1))),
        {},
    ),
    "scenarios/test_base_scenarios::test_map_state": (
        None,
        machine(
            start_state(1, "Hello", {}, None, 3.3, 3, 4, 5),
            ("MapState", mapped(HANDLE_ITEM, MaxConcurrency=1, ResultPath="$.arr", Next="Final")),
            ("Final", END),
        ),
        {},
    ),
    "scenarios/test_base_scenarios::test_map_state_catch": (
        None,
        machine(
            start_state(1),
            (
                "MapState",
                mapped(
                    HANDLE_FAIL, Next="Final", Catch=[{"ErrorEquals": ALL, "Next": "FinalCaught"}]
                ),
            ),
            ("Final", END),
            ("FinalCaught", END),
        ),
        {},
    ),
    "scenarios/test_base_scenarios::test_map_state_retry": (
        None,
        machine(
            start_state(1),
            (
                "MapState",
                mapped(
                    HANDLE_FAIL,
                    End=True,
                    Retry=[{"ErrorEquals": ALL, "IntervalSeconds": 1, "MaxAttempts": 2}],
                ),
            ),
        ),
        {},
    ),
    "scenarios/test_base_scenarios::test_parallel_state_catch": (
        None,
        machine(
            (
                "ParallelState",
                parallel_failing(
                    End=True, Catch=[{"ErrorEquals": ["FailureType"], "Next": "FinalCaught"}]
                ),
            ),
            ("FinalCaught", END),
        ),
        {},
    ),
    "scenarios/test_base_scenarios::test_invalid_jsonpath"
    "[INVALID_JSONPATH_IN_STRING_EXPR_JSONPATH]": (
        None,
        machine(("pass", {**END, "Parameters": {"value.$": "$.no_such_jsonpath"}})),
        {"int-literal": 0},
    ),
    "scenarios/test_base_scenarios::test_invalid_jsonpath[ST.INVALID_JSONPATH_IN_INPUTPATH]": (
        None,
        machine(("pass", {**END, "InputPath": "$.NoSuchInputPath"})),
        {"int-literal": 0},
    ),
    "base/test_wait::test_base_wait_seconds_path[-1]": (
        None,
        machine(
            ("WaitState", {"Type": "Wait", "SecondsPath": "$.input.waitSeconds", "End": True})
        ),
        {"input": {"waitSeconds": -1}},
    ),
    "scenarios/test_base_scenarios::test_choice_aws_docs_scenario": (
        None,
        machine(
            (
                "ChoiceStateX",
                {
                    "Type": "Choice",
                    "Choices": [
                        {
                            "Not": {"Variable": "$.type", "StringEquals": "Private"},
                            "Next": "Public",
                        },
                        {
                            "And": [
                                {"Variable": "$.value", "IsPresent": True},
                                {"Variable": "$.value", "NumericGreaterThanEquals": 20},
                                {"Variable": "$.value", "NumericLessThan": 30},
                            ],
                            "Next": "ValueInTwenties",
                        },
                    ],
                },
            ),
            ("Public", END),
            ("ValueInTwenties", END),
        ),
        {"type": "Private", "value": 22},
    ),
}


def gist(event: dict[str, Any]) -> dict[str, Any]:
    """What of an event does not depend on names, ids and times."""
    details = next((value for key, value in event.items() if key.endswith("Details")), {})
    kept = ("name", "index", "length", "error", "resourceType", "truncated")
    return {
        "id": event["id"],
        "previous": event["previousEventId"],
        "type": event["type"],
        "fields": sorted(details),
        **{key: details[key] for key in kept if key in details},
    }


@pytest.mark.parametrize("name", sorted(CASES))
def test_history_is_the_one_recorded_from_aws(name: str, emulator: Emulator) -> None:
    source, definition, given = CASES[name]
    if source is not None:
        definition = definition(emulator.function(source))
    [recorded] = [
        events for known, events in recordings().items() if known.rsplit("#", 1)[0] == name
    ]

    described = emulator.run(definition, given)

    found = emulator.history(described["executionArn"])
    assert [gist(event) for event in found] == [gist(event) for event in recorded]


@pytest.mark.parametrize(
    "name",
    [
        "scenarios/test_base_scenarios::test_catch_states_runtime",
        "scenarios/test_base_scenarios::test_invalid_jsonpath[ST.INVALID_JSONPATH_IN_INPUTPATH]",
        "base/test_wait::test_base_wait_seconds_path[-1]",
    ],
)
def test_cause_is_word_for_word_the_one_of_aws(name: str, emulator: Emulator) -> None:
    source, definition, given = CASES[name]
    if source is not None:
        definition = definition(emulator.function(source))
    recorded = recordings()[f"{name}#get_execution_history"][-1]["executionFailedEventDetails"]

    described = emulator.run(definition, given)

    assert (described["error"], described["cause"]) == (recorded["error"], recorded["cause"])


def test_stop_is_the_one_recorded_from_aws(emulator: Emulator) -> None:
    recorded = recordings()["test_sfn_api::test_stop_execution#exec_hist_resp"]
    arn = emulator.start_execution(
        machine(("State_1", {"Type": "Wait", "Seconds": 600, "End": True}))
    )
    emulator.sfn.stop_execution(executionArn=arn)

    found = emulator.history(arn)

    assert [gist(event) for event in found] == [gist(event) for event in recorded]
