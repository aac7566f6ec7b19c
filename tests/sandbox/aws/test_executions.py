"""StartExecution, StopExecution and what is kept of the machine."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.aws.emulators import LAMBDA_INVOKE, Emulator
from tests.waiting import eventually

WAIT = {"StartAt": "Sit", "States": {"Sit": {"Type": "Wait", "Seconds": 600, "End": True}}}
PASS = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}


def code_of(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


def test_same_name_and_input_answer_with_the_running_execution(emulator: Emulator) -> None:
    order = {"stateMachineArn": emulator.machine(WAIT), "name": "twice", "input": '{"a": 1}'}
    first = emulator.sfn.start_execution(**order)

    second = emulator.sfn.start_execution(**order)

    assert second["executionArn"] == first["executionArn"]
    assert second["startDate"] == first["startDate"]
    listed = emulator.sfn.list_executions(stateMachineArn=order["stateMachineArn"])
    assert len(listed["executions"]) == 1


def test_same_name_with_another_input_is_refused(emulator: Emulator) -> None:
    order = {"stateMachineArn": emulator.machine(WAIT), "name": "twice"}
    emulator.sfn.start_execution(**order, input='{"a": 1}')

    with pytest.raises(ClientError) as refused:
        emulator.sfn.start_execution(**order, input='{"a": 2}')

    assert code_of(refused) == "ExecutionAlreadyExists"


def test_name_of_a_closed_execution_stays_taken(emulator: Emulator) -> None:
    order = {"stateMachineArn": emulator.machine(PASS), "name": "once", "input": "{}"}
    emulator.ended(emulator.sfn.start_execution(**order)["executionArn"])

    with pytest.raises(ClientError) as refused:
        emulator.sfn.start_execution(**order)

    assert code_of(refused) == "ExecutionAlreadyExists"


@pytest.mark.parametrize("name", ["a b", "a/b", "a:b", "a{b", "a*", "a#", "a\x07", "n" * 81])
def test_name_with_a_forbidden_character_or_too_long_is_refused(
    name: str, emulator: Emulator
) -> None:
    with pytest.raises(ClientError) as refused:
        emulator.sfn.start_execution(stateMachineArn=emulator.machine(PASS), name=name)

    assert code_of(refused) == "InvalidName"


@pytest.mark.parametrize(
    "name", ["n" * 80, "workflow_run-747d880c-f130-4431-9b6a-2f1092945019", "Ümläut_1-2.3"]
)
def test_name_that_aws_takes_is_taken(name: str, emulator: Emulator) -> None:
    started = emulator.sfn.start_execution(stateMachineArn=emulator.machine(PASS), name=name)

    assert started["executionArn"].endswith(f":{name}")


def test_input_that_is_no_json_is_refused(emulator: Emulator) -> None:
    with pytest.raises(ClientError) as refused:
        emulator.sfn.start_execution(stateMachineArn=emulator.machine(PASS), input="{nope")

    assert code_of(refused) == "InvalidExecutionInput"


def test_input_is_measured_in_bytes(emulator: Emulator) -> None:
    machine = emulator.machine(PASS)
    emulator.sfn.start_execution(stateMachineArn=machine, input=json.dumps("x" * 262_142))

    text = json.dumps("é" * 131_072, ensure_ascii=False)

    with pytest.raises(ClientError) as refused:
        emulator.sfn.start_execution(stateMachineArn=machine, input=text)

    assert code_of(refused) == "ValidationException"


def test_stopped_execution_stays_aborted_with_the_reason_given(emulator: Emulator) -> None:
    arn = emulator.start_execution(WAIT)
    eventually(lambda: "WaitStateEntered" in emulator.types(arn))

    stopped = emulator.sfn.stop_execution(executionArn=arn, error="Enough", cause="said so")

    described = emulator.ended(arn)
    assert described["status"] == "ABORTED"
    assert (described["error"], described["cause"]) == ("Enough", "said so")
    assert described["stopDate"] == stopped["stopDate"]
    assert emulator.sfn.stop_execution(executionArn=arn)["stopDate"] == stopped["stopDate"]
    assert emulator.types(arn)[-1] == "ExecutionAborted"


def test_stopping_what_is_not_there_is_refused(emulator: Emulator) -> None:
    arn = emulator.machine(PASS).replace(":stateMachine:", ":execution:") + ":nope"

    with pytest.raises(ClientError) as refused:
        emulator.sfn.stop_execution(executionArn=arn)

    assert code_of(refused) == "ExecutionDoesNotExist"


def test_execution_remembers_the_definition_it_was_started_with(emulator: Emulator) -> None:
    machine = emulator.machine(PASS)
    arn = emulator.sfn.start_execution(stateMachineArn=machine)["executionArn"]
    before = emulator.sfn.describe_state_machine(stateMachineArn=machine)["revisionId"]

    changed: dict[str, Any] = {"StartAt": "B", "States": {"B": {"Type": "Succeed"}}}
    emulator.sfn.update_state_machine(stateMachineArn=machine, definition=json.dumps(changed))

    found = emulator.sfn.describe_state_machine_for_execution(executionArn=arn)
    assert json.loads(found["definition"]) == PASS
    assert found["revisionId"] == before


def test_crowd_of_executions_waits_for_its_turn(
    start_emulator: Callable[..., Emulator], tmp_path: Path
) -> None:
    emulator = start_emulator(SANDBOX_AWS_EXECUTIONS_AT_ONCE=1)
    stays = (
        "import os, time\n\n\ndef handler(event, context):\n"
        "    while not os.path.exists(event):\n        time.sleep(0.02)\n"
    )
    parameters = {"FunctionName": emulator.function(stays), "Payload.$": "$"}
    task = {"Type": "Task", "Resource": LAMBDA_INVOKE, "Parameters": parameters, "End": True}
    signal = tmp_path / "go"
    first = emulator.start_execution({"StartAt": "A", "States": {"A": task}}, str(signal))
    second = emulator.start_execution(PASS)

    # Time for the second to begin, if it could.
    until = time.monotonic() + 2
    while len(emulator.types(second)) == 1 and time.monotonic() < until:
        time.sleep(0.02)
    signal.touch()

    ended_at = emulator.ended(first)["stopDate"]
    assert emulator.ended(second)["status"] == "SUCCEEDED"
    assert emulator.history(second)[1]["timestamp"] >= ended_at


def test_execution_that_waits_gives_way_to_others(
    start_emulator: Callable[..., Emulator],
) -> None:
    emulator = start_emulator(SANDBOX_AWS_EXECUTIONS_AT_ONCE=1)
    emulator.start_execution(WAIT)
    child = {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution.sync",
        "Parameters": {"StateMachineArn": emulator.machine(PASS)},
        "End": True,
    }

    parent = emulator.run({"StartAt": "Child", "States": {"Child": child}})

    assert parent["status"] == "SUCCEEDED"
