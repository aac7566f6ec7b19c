"""Definitions that AWS refuses are refused."""

import json
from copy import deepcopy
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from sandbox.aws.definitions import lint
from sandbox.runner.layout import ROOT
from tests.sandbox.aws.emulators import ROLE, Emulator

END = {"Type": "Pass", "End": True}
GOOD: dict[str, Any] = {
    "StartAt": "Call",
    "States": {
        "Call": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": "f", "Payload": {"a.$": "$.a", "b.$": "States.UUID()"}},
            "Retry": [
                {"ErrorEquals": ["Busy"], "IntervalSeconds": 1, "BackoffRate": 1.5},
                {"ErrorEquals": ["States.ALL"], "MaxAttempts": 0},
            ],
            "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": None, "Next": "Each"}],
            "Next": "Decide",
        },
        "Decide": {
            "Type": "Choice",
            "Choices": [
                {"And": [{"Variable": "$.a", "IsPresent": True}], "Next": "Each"},
                {"Not": {"Variable": "$.a", "NumericEquals": 1}, "Next": "Both"},
            ],
            "Default": "Pause",
        },
        "Each": {
            "Type": "Map",
            "ItemsPath": "$.items",
            "ItemProcessor": {"StartAt": "Item", "States": {"Item": END}},
            "Next": "Both",
        },
        "Both": {
            "Type": "Parallel",
            "Branches": [{"StartAt": "One", "States": {"One": END}}],
            "Next": "Pause",
        },
        "Pause": {"Type": "Wait", "Seconds": 1, "Next": "Count"},
        "Count": {
            "Type": "Pass",
            "QueryLanguage": "JSONata",
            "Output": "{% 1 %}",
            "Next": "Done",
        },
        "Done": {"Type": "Succeed"},
    },
}


def broken(path: str, value: Any) -> dict[str, Any]:
    """The good machine with one field changed; without it where the value is ..."""
    machine = deepcopy(GOOD)
    at: Any = machine
    *parents, last = path.split("/")
    for part in parents:
        at = at[int(part) if part.isdigit() else part]
    if value is ...:
        del at[last]
    else:
        at[last] = value
    return machine


def found(machine: dict[str, Any]) -> list[str]:
    return [str(finding) for finding in lint(json.dumps(machine))]


def missing(target: str, at: str) -> str:
    return f"MISSING_TRANSITION_TARGET: Missing 'Next' target: {target} at {at}"


def unreachable(name: str, at: str) -> str:
    return f'MISSING_TRANSITION_TARGET: State "{name}" is not reachable. at {at}'


def test_good_machine_is_taken() -> None:
    assert found(GOOD) == []


@pytest.mark.parametrize("path", sorted((ROOT / "aws" / "statemachines").glob("*.json")))
def test_machines_of_the_product_are_taken(path: Any) -> None:
    assert lint(path.read_text()) == []


@pytest.mark.parametrize(
    ("machine", "expected"),
    [
        # Word for word as AWS answered (localstack/localstack#11978, floci-io/floci#2786).
        (
            {
                "StartAt": "pass1",
                "States": {"pass1": {"Type": "Pass", "Next": "pass3"}, "pass2": END},
            },
            [missing("pass3", "/States/pass1/Next"), unreachable("pass2", "/States/pass2")],
        ),
        (
            {"StartAt": "Nope", "States": {"A": END}},
            [missing("Nope", "/StartAt"), unreachable("A", "/States/A")],
        ),
        (
            {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "A"}}},
            ["MISSING_END_STATE: Workflow has no terminal state"],
        ),
        (
            broken("States/Decide/Default", "Nope"),
            [missing("Nope", "/States/Decide/Default")],
        ),
        (
            broken("States/Call/Catch/0/Next", "Nope"),
            [missing("Nope", "/States/Call/Catch[0]/Next")],
        ),
        (
            broken("States/Each/ItemProcessor/StartAt", "Done"),  # a name outside of the Map
            [
                missing("Done", "/States/Each/ItemProcessor/StartAt"),
                unreachable("Item", "/States/Each/ItemProcessor/States/Item"),
            ],
        ),
    ],
)
def test_transitions_that_lead_nowhere_are_found(
    machine: dict[str, Any], expected: list[str]
) -> None:
    assert found(machine) == expected


@pytest.mark.parametrize(
    ("path", "value", "location"),
    [
        ("StartAt", ..., "/"),
        ("Stats", {}, "/Stats"),
        ("States/Done/Type", "Finish", "/States/Done/Type"),
        ("States/Done/Next", "Call", "/States/Done/Next"),
        ("States/Call/Resource", "callMe", "/States/Call/Resource"),
        ("States/Call/Resource", ..., "/States/Call"),
        ("States/Call/Next", ..., "/States/Call"),
        ("States/Call/End", True, "/States/Call"),
        ("States/Call/TimeoutSecond", 1, "/States/Call/TimeoutSecond"),
        ("States/Call/Parameters/Payload/a.$", "a", "/States/Call/Parameters/Payload/a.$"),
        ("States/Call/Parameters/Payload/a.$", 1, "/States/Call/Parameters/Payload/a.$"),
        ("States/Call/InputPath", "a", "/States/Call/InputPath"),
        ("States/Call/Retry/0/MaxAttempts", -1, "/States/Call/Retry[0]/MaxAttempts"),
        ("States/Call/Retry/0/IntervalSeconds", 0, "/States/Call/Retry[0]/IntervalSeconds"),
        ("States/Call/Retry/0/BackoffRate", 0.5, "/States/Call/Retry[0]/BackoffRate"),
        ("States/Call/Retry/0/ErrorEquals", [], "/States/Call/Retry[0]/ErrorEquals"),
        (
            "States/Call/Retry/0/ErrorEquals",
            ["States.ALL"],
            "/States/Call/Retry[0]/ErrorEquals",
        ),
        ("States/Call/Catch/0/Next", ..., "/States/Call/Catch[0]"),
        ("States/Decide/Choices", [], "/States/Decide/Choices"),
        ("States/Decide/Choices/0/Next", ..., "/States/Decide/Choices[0]"),
        ("States/Decide/Choices/0/IsNull", True, "/States/Decide/Choices[0]"),
        ("States/Decide/Choices/1/Not", {"NumericEquals": 1}, "/States/Decide/Choices[1]/Not"),
        ("States/Pause/Timestamp", "2026-11-02T10:00:00Z", "/States/Pause"),
        ("States/Both/Branches", [], "/States/Both/Branches"),
        ("States/Each/ItemProcessor", ..., "/States/Each"),
        ("States/Count/Parameters", {}, "/States/Count/Parameters"),
        ("States/Pause/Output", {}, "/States/Pause/Output"),
    ],
)
def test_field_that_is_wrong_is_found_where_it_stands(
    path: str, value: Any, location: str
) -> None:
    messages = found(broken(path, value))

    assert any(
        message.startswith("SCHEMA_VALIDATION_FAILED: ") and message.endswith(f" at {location}")
        for message in messages
    ), messages


def test_two_states_of_one_name_are_found() -> None:
    machine = broken("States/Both/Branches/0/StartAt", "Item")
    states = machine["States"]["Both"]["Branches"][0]["States"]
    states["Item"] = states.pop("One")

    assert found(machine) == ["DUPLICATE_STATE_NAME: Duplicate State name: Item"]


PATHS = [
    "StartAt",
    "States",
    *(f"States/{name}" for name in GOOD["States"]),
    *(f"States/{name}/{field}" for name, state in GOOD["States"].items() for field in state),
]


@given(
    path=st.sampled_from(PATHS),
    value=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=3),
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner),
        max_leaves=4,
    ),
)
def test_nonsense_anywhere_is_looked_at_without_a_crash(path: str, value: Any) -> None:
    lint(json.dumps(broken(path, value)))


@pytest.mark.parametrize("text", ["{nope", "[]", '"text"', "{}", '{"StartAt": 1, "States": {}}'])
def test_text_that_is_no_machine_is_refused(text: str) -> None:
    assert lint(text)


def test_broken_definition_makes_no_machine(emulator: Emulator) -> None:
    with pytest.raises(ClientError) as refused:
        emulator.machine(broken("States/Decide/Default", "Nope"))

    assert refused.value.response["Error"] == {
        "Code": "InvalidDefinition",
        "Message": "Invalid State Machine Definition: 'MISSING_TRANSITION_TARGET: "
        "Missing 'Next' target: Nope at /States/Decide/Default'",
    }


def test_broken_definition_leaves_a_machine_as_it_was(emulator: Emulator) -> None:
    machine = emulator.machine(GOOD)

    with pytest.raises(ClientError):
        emulator.sfn.update_state_machine(
            stateMachineArn=machine, definition=json.dumps(broken("StartAt", "Nope")), roleArn=ROLE
        )

    kept = emulator.sfn.describe_state_machine(stateMachineArn=machine)
    assert json.loads(kept["definition"]) == GOOD


def test_validation_says_what_is_wrong_and_where(emulator: Emulator) -> None:
    def validated(machine: dict[str, Any], **order: Any) -> dict[str, Any]:
        answer = emulator.sfn.validate_state_machine_definition(
            definition=json.dumps(machine), **order
        )
        return {name: answer[name] for name in ("result", "diagnostics", "truncated")}

    nowhere = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}}}

    assert validated(GOOD) == {"result": "OK", "diagnostics": [], "truncated": False}
    assert validated(nowhere) == {
        "result": "FAIL",
        "diagnostics": [
            {
                "severity": "ERROR",
                "code": "MISSING_TRANSITION_TARGET",
                "message": "Missing 'Next' target: B",
                "location": "/States/A/Next",
            },
            {
                "severity": "ERROR",
                "code": "MISSING_END_STATE",
                "message": "Workflow has no terminal state",
            },
        ],
        "truncated": False,
    }
    assert validated(nowhere, maxResults=1)["truncated"] is True
