"""RedriveExecution goes on where an execution failed."""

from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.aws.emulators import Emulator, output
from tests.waiting import eventually

# Each visitor signs the book; who finds no key at the gate fails.
GATE = """
import os

class GateClosed(Exception):
    pass

def handler(event, context):
    with open(os.path.join({folder!r}, "visits"), "a") as book:
        book.write(str(event) + "\\n")
    if not os.path.exists(os.path.join({folder!r}, str(event))):
        raise GateClosed("no key for " + str(event))
    return event
"""


class Gate:
    """A Lambda that fails for an input until that is let through."""

    def __init__(self, emulator: Emulator, folder: Path) -> None:
        self._folder = folder
        self.arn = emulator.function(GATE.format(folder=str(folder)))

    def open_for(self, *visitors: Any) -> None:
        for visitor in visitors:
            (self._folder / str(visitor)).touch()

    @property
    def visits(self) -> list[str]:
        return (self._folder / "visits").read_text().split()

    def state(self, **fields: Any) -> dict[str, Any]:
        return {"Type": "Task", "Resource": self.arn, **fields}


@pytest.fixture
def gate(emulator: Emulator, tmp_path: Path) -> Gate:
    return Gate(emulator, tmp_path)


def failed(emulator: Emulator, definition: dict[str, Any], given: Any) -> str:
    described = emulator.run(definition, given)
    assert described["status"] == "FAILED", described
    return str(described["executionArn"])


def code_and_message(error: pytest.ExceptionInfo[ClientError]) -> tuple[str, str]:
    told = error.value.response["Error"]
    return told["Code"], told["Message"]


def test_redrive_goes_on_at_the_state_that_failed(emulator: Emulator, tmp_path: Path) -> None:
    gate = Gate(emulator, tmp_path)
    gate.open_for("one")
    states = {
        "First": gate.state(Next="Second"),
        "Second": gate.state(InputPath="$$.Execution.Name", Next="Last"),
        "Last": {"Type": "Pass", "Parameters": {"n.$": "$$.Execution.RedriveCount"}, "End": True},
    }
    machine = emulator.machine({"StartAt": "First", "States": states})
    started = emulator.sfn.start_execution(stateMachineArn=machine, name="two", input='"one"')
    arn = started["executionArn"]
    before = emulator.ended(arn)
    gate.open_for("two")

    redriven = emulator.sfn.redrive_execution(executionArn=arn)

    after = emulator.ended(arn)
    assert output(after) == {"n": 1}
    assert gate.visits == ["one", "two", "two"]
    assert (before["redriveCount"], before["redriveStatus"]) == (0, "REDRIVABLE")
    assert (after["redriveCount"], after["redriveStatus"]) == (1, "NOT_REDRIVABLE")
    assert after["redriveStatusReason"] == "Execution is SUCCEEDED and cannot be redriven"
    assert after["redriveDate"] == redriven["redriveDate"]
    assert after["startDate"] == before["startDate"]
    [listed] = emulator.sfn.list_executions(stateMachineArn=machine)["executions"]
    assert (listed["redriveCount"], listed["redriveDate"]) == (1, redriven["redriveDate"])


def test_redriven_history_goes_on_without_entering_the_state_again(
    emulator: Emulator, gate: Gate
) -> None:
    definition = {"StartAt": "Only", "States": {"Only": gate.state(End=True)}}
    arn = failed(emulator, definition, "me")
    gate.open_for("me")
    emulator.sfn.redrive_execution(executionArn=arn)
    emulator.ended(arn)

    events = emulator.history(arn)

    assert [(event["id"], event["previousEventId"], event["type"]) for event in events[4:]] == [
        (5, 4, "LambdaFunctionFailed"),
        (6, 5, "ExecutionFailed"),
        (7, 6, "ExecutionRedriven"),
        (8, 5, "LambdaFunctionScheduled"),
        (9, 8, "LambdaFunctionStarted"),
        (10, 9, "LambdaFunctionSucceeded"),
        (11, 10, "TaskStateExited"),
        (12, 11, "ExecutionSucceeded"),
    ]
    assert events[6]["executionRedrivenEventDetails"] == {"redriveCount": 1}


def test_redrive_runs_the_definition_of_the_start(emulator: Emulator, gate: Gate) -> None:
    machine = emulator.machine({"StartAt": "Only", "States": {"Only": gate.state(End=True)}})
    started = emulator.sfn.start_execution(stateMachineArn=machine, input='"me"')
    emulator.ended(started["executionArn"])
    emulator.sfn.update_state_machine(
        stateMachineArn=machine, definition='{"StartAt": "X", "States": {"X": {"Type": "Fail"}}}'
    )
    gate.open_for("me")

    emulator.sfn.redrive_execution(executionArn=started["executionArn"])

    assert output(emulator.ended(started["executionArn"])) == "me"


def test_redriven_map_runs_only_the_iterations_that_did_not_succeed(
    emulator: Emulator, gate: Gate
) -> None:
    gate.open_for("a", "b")
    inner = {"StartAt": "Visit", "States": {"Visit": gate.state(End=True)}}
    state = {"Type": "Map", "MaxConcurrency": 1, "ItemProcessor": inner, "End": True}
    arn = failed(emulator, {"StartAt": "All", "States": {"All": state}}, ["a", "b", "c", "d"])
    gate.open_for("c", "d")

    emulator.sfn.redrive_execution(executionArn=arn)

    assert output(emulator.ended(arn)) == ["a", "b", "c", "d"]
    assert gate.visits == ["a", "b", "c", "c", "d"]


def test_redriven_parallel_runs_only_the_branches_that_did_not_succeed(
    emulator: Emulator, gate: Gate
) -> None:
    gate.open_for("left")

    def branch(name: str) -> dict[str, Any]:
        give, visit = f"Give {name}", f"Visit {name}"
        given = {"Type": "Pass", "Result": name, "Next": visit}
        return {"StartAt": give, "States": {give: given, visit: gate.state(End=True)}}

    # The right branch fails only after the left one is done.
    late = branch("right")
    late["States"]["Give right"]["Next"] = "Sit"
    late["States"]["Sit"] = {"Type": "Wait", "Seconds": 8, "Next": "Visit right"}
    state = {"Type": "Parallel", "Branches": [branch("left"), late], "End": True}
    arn = failed(emulator, {"StartAt": "Both", "States": {"Both": state}}, {})
    gate.open_for("right")

    emulator.sfn.redrive_execution(executionArn=arn)

    assert output(emulator.ended(arn)) == ["left", "right"]
    assert gate.visits == ["left", "right", "right"]


def test_redriven_fail_state_fails_again(emulator: Emulator) -> None:
    machine = {"StartAt": "No", "States": {"No": {"Type": "Fail", "Error": "No"}}}
    arn = failed(emulator, machine, {})

    emulator.sfn.redrive_execution(executionArn=arn)

    described = emulator.ended(arn)
    assert (described["status"], described["error"]) == ("FAILED", "No")
    assert described["redriveCount"] == 1
    assert emulator.types(arn)[-3:] == ["ExecutionRedriven", "FailStateEntered", "ExecutionFailed"]


@pytest.mark.parametrize("end", ["stop", "time out"])
def test_aborted_and_timed_out_executions_can_be_redriven(end: str, emulator: Emulator) -> None:
    # Longer than the time limit, and over when it begins anew.
    sit = {"Type": "Wait", "Seconds": 11, "End": True}
    definition: dict[str, Any] = {"StartAt": "Sit", "States": {"Sit": sit}}
    if end == "time out":
        definition["TimeoutSeconds"] = 1
    arn = emulator.start_execution(definition, "me")
    if end == "stop":
        emulator.sfn.stop_execution(executionArn=arn)
    emulator.ended(arn)

    emulator.sfn.redrive_execution(executionArn=arn)

    assert output(emulator.ended(arn)) == "me"


@pytest.mark.parametrize("status", ["RUNNING", "SUCCEEDED"])
def test_execution_that_did_not_fail_is_not_redrivable(status: str, emulator: Emulator) -> None:
    state = {"Type": "Wait", "Seconds": 600 if status == "RUNNING" else 0, "End": True}
    arn = emulator.start_execution({"StartAt": "Sit", "States": {"Sit": state}})
    eventually(lambda: emulator.sfn.describe_execution(executionArn=arn)["status"] == status)

    with pytest.raises(ClientError) as refused:
        emulator.sfn.redrive_execution(executionArn=arn)

    expected = f"Execution is {status} and cannot be redriven"
    assert code_and_message(refused) == ("ExecutionNotRedrivable", expected)


def test_redriving_what_is_not_there_is_refused(emulator: Emulator) -> None:
    arn = "arn:aws:states:us-east-1:000000000000:execution:nope:nope"

    with pytest.raises(ClientError) as refused:
        emulator.sfn.redrive_execution(executionArn=arn)

    assert code_and_message(refused)[0] == "ExecutionDoesNotExist"


def test_client_token_makes_a_redrive_happen_once(emulator: Emulator) -> None:
    machine = {"StartAt": "No", "States": {"No": {"Type": "Fail", "Error": "No"}}}
    arn = failed(emulator, machine, {})
    first = emulator.sfn.redrive_execution(executionArn=arn, clientToken="t1")
    emulator.ended(arn)

    again = emulator.sfn.redrive_execution(executionArn=arn, clientToken="t1")

    assert again["redriveDate"] == first["redriveDate"]
    assert emulator.ended(arn)["redriveCount"] == 1
    emulator.sfn.redrive_execution(executionArn=arn, clientToken="t2")
    assert emulator.ended(arn)["redriveCount"] == 2
