"""A task that starts an execution, and waits for it or not."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.aws.emulators import Emulator, output, task
from tests.sandbox.aws.test_recorded_histories import gist, recordings
from tests.sandbox.aws.test_redrive import Gate
from tests.sandbox.aws.test_status_events import Rule
from tests.waiting import eventually

START = "arn:aws:states:::states:startExecution"
PASS = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}
FAIL = {"StartAt": "A", "States": {"A": {"Type": "Fail", "Error": "No", "Cause": "why"}}}
SIT = {"StartAt": "Sit", "States": {"Sit": {"Type": "Wait", "Seconds": 600, "End": True}}}


def parent(
    child: str, how: str = ".sync:2", given: Any = None, name: str | None = None, **fields: Any
) -> dict[str, Any]:
    """A machine that starts one execution of `child`."""
    parameters = {"StateMachineArn": child, "Input": given}
    if name is not None:
        parameters["Name"] = name
    [state] = task(START + how, parameters, **fields)["States"].values()
    return {"StartAt": "StartExecution", "States": {"StartExecution": state}}


def children(emulator: Emulator, machine: str) -> list[dict[str, Any]]:
    """Descriptions of a machine's executions, the first started first."""
    found = emulator.sfn.list_executions(stateMachineArn=machine)["executions"]
    found.sort(key=lambda execution: execution["startDate"])
    return [emulator.sfn.describe_execution(executionArn=one["executionArn"]) for one in found]


def only_child(emulator: Emulator, machine: str) -> dict[str, Any]:
    eventually(lambda: children(emulator, machine))
    [child] = children(emulator, machine)
    return child


RECORDED: dict[str, tuple[dict[str, Any], str]] = {
    "callback/test_callback::test_start_execution_sync": (PASS, ".sync"),
    "callback/test_callback::test_start_execution_sync_delegate_failure": (FAIL, ".sync"),
    "local_mocking/test_base_callbacks::test_sfn_start_execution_sync[SFN_SYNC2]": (
        PASS,
        ".sync:2",
    ),
    "services/test_sfn_task_service::test_start_execution": (PASS, ""),
    "error_handling/test_task_service_sfn::test_start_execution_no_such_arn": (PASS, ""),
}


@pytest.mark.parametrize("name", sorted(RECORDED))
def test_history_is_the_one_recorded_from_aws(name: str, emulator: Emulator) -> None:
    definition, how = RECORDED[name]
    recorded = recordings()[f"{name}#get_execution_history"]
    child = emulator.machine(definition) + ("nope" if "no_such" in name else "")

    arn = emulator.run(parent(child, how, name="TestStartTarget"))["executionArn"]

    found = emulator.history(arn)
    assert [gist(event) for event in found] == [gist(event) for event in recorded]
    for event, known in zip(found, recorded, strict=True):
        assert words_of(event) == words_of(known)


def words_of(event: dict[str, Any]) -> Any:
    """The field names of an answer of Step Functions that an event quotes, in their order."""
    details = next((value for key, value in event.items() if key.endswith("Details")), {})
    quoted = details.get("output") or details.get("cause", "")
    if not quoted.startswith("{"):
        return quoted.split("'")[0]
    # Recordings of 2023 know of no redrives.
    return [name for name in json.loads(quoted) if not name.startswith("Redrive")]


def test_result_has_the_childs_output_as_json_or_as_text(emulator: Emulator) -> None:
    child = emulator.machine(PASS)

    as_json = output(emulator.run(parent(child, ".sync:2", {"a": [1]})))
    as_text = output(emulator.run(parent(child, ".sync", {"a": [1]})))

    assert (as_json["Input"], as_json["Output"]) == ({"a": [1]}, {"a": [1]})
    assert (as_text["Input"], as_text["Output"]) == ('{"a":[1]}', '{"a":[1]}')
    described = emulator.sfn.describe_execution(executionArn=as_json["ExecutionArn"])
    assert as_json["Name"] == described["name"]
    assert as_json["StartDate"] == round(described["startDate"].timestamp() * 1000)
    assert as_json["StopDate"] == round(described["stopDate"].timestamp() * 1000)


def test_child_tells_its_status_and_is_told_its_parent(emulator: Emulator) -> None:
    child = emulator.machine(PASS)
    rule = Rule(emulator, child)
    by = {"AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID.$": "$$.Execution.Id"}

    arn = emulator.run(parent(child, given=by))["executionArn"]

    running, succeeded = rule.events(2)
    started_by = {"AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID": arn}
    assert [running["detail"]["status"], succeeded["detail"]["status"]] == ["RUNNING", "SUCCEEDED"]
    assert json.loads(running["detail"]["input"]) == started_by
    assert json.loads(succeeded["detail"]["output"]) == started_by


def test_failed_child_fails_the_task_with_its_description(emulator: Emulator) -> None:
    child = emulator.machine(FAIL)

    described = emulator.run(parent(child, given={"a": 1}))

    failed = only_child(emulator, child)
    assert described["error"] == "States.TaskFailed"
    assert json.loads(described["cause"]) == {
        "Cause": "why",
        "Error": "No",
        "ExecutionArn": failed["executionArn"],
        "Input": '{"a":1}',
        "InputDetails": {"Included": True},
        "Name": failed["name"],
        "RedriveCount": 0,
        "RedriveStatus": "REDRIVABLE",
        "StartDate": round(failed["startDate"].timestamp() * 1000),
        "StateMachineArn": child,
        "Status": "FAILED",
        "StopDate": round(failed["stopDate"].timestamp() * 1000),
    }


@pytest.mark.parametrize(("name", "caught"), [("No", False), ("States.TaskFailed", True)])
def test_childs_own_error_does_not_reach_the_parents_catch(
    name: str, *, caught: bool, emulator: Emulator
) -> None:
    catch = [{"ErrorEquals": [name], "Next": "Caught"}]
    definition = parent(emulator.machine(FAIL), Catch=catch)
    definition["States"]["Caught"] = {"Type": "Pass", "End": True}

    described = emulator.run(definition)

    assert (described["status"] == "SUCCEEDED") is caught


def test_child_that_is_stopped_fails_the_task(emulator: Emulator) -> None:
    child = emulator.machine(SIT)
    arn = emulator.start_execution(parent(child))
    running = only_child(emulator, child)

    emulator.sfn.stop_execution(executionArn=running["executionArn"], error="Enough")

    described = emulator.ended(arn)
    told = json.loads(described["cause"])
    assert described["error"] == "States.TaskFailed"
    assert (told["Status"], told["Error"]) == ("ABORTED", "Enough")


@pytest.mark.parametrize("how", ["", ".sync", ".sync:2"])
def test_name_that_is_taken_fails_the_task(how: str, emulator: Emulator) -> None:
    child = emulator.machine(PASS)
    taken = emulator.sfn.start_execution(stateMachineArn=child, name="once", input="{}")
    before = emulator.ended(taken["executionArn"])

    described = emulator.run(parent(child, how, name="once"))

    assert described["error"] == "StepFunctions.ExecutionAlreadyExistsException"
    assert described["cause"].startswith(
        f"Execution Already Exists: '{taken['executionArn']}' (Service: AWSStepFunctions; "
        "Status Code: 400; Error Code: ExecutionAlreadyExists; Request ID: "
    )
    after = only_child(emulator, child)
    assert after["stopDate"] == before["stopDate"]


def stop_parent(emulator: Emulator, arn: str) -> None:
    emulator.sfn.stop_execution(executionArn=arn)


def let_time_pass(_emulator: Emulator, _arn: str) -> None:
    """A timeout comes by itself."""


WAYS_TO_END: dict[str, tuple[Callable[[Emulator, str], None], Callable[[str], dict[str, Any]]]] = {
    "the parent is stopped": (stop_parent, parent),
    "the parent times out": (let_time_pass, lambda child: {**parent(child), "TimeoutSeconds": 1}),
    "the task times out": (let_time_pass, lambda child: parent(child, TimeoutSeconds=1)),
    "another branch fails": (
        let_time_pass,
        lambda child: {
            "StartAt": "Both",
            "States": {
                "Both": {"Type": "Parallel", "Branches": [parent(child), LATE_FAIL], "End": True}
            },
        },
    ),
}
LATE_FAIL = {
    "StartAt": "Sit",
    "States": {"Sit": {"Type": "Wait", "Seconds": 5, "Next": "A"}, **FAIL["States"]},
}


@pytest.mark.parametrize("way", WAYS_TO_END)
def test_child_is_stopped_when(way: str, emulator: Emulator) -> None:
    end, definition = WAYS_TO_END[way]
    child = emulator.machine(SIT)
    arn = emulator.start_execution(definition(child))
    running = only_child(emulator, child)

    end(emulator, arn)

    assert emulator.ended(arn)["status"] != "SUCCEEDED"
    assert emulator.ended(running["executionArn"])["status"] == "ABORTED"


def test_child_that_is_not_waited_for_runs_on(emulator: Emulator) -> None:
    child = emulator.machine(SIT)

    result = output(emulator.run(parent(child, "")))

    running = only_child(emulator, child)
    assert running["status"] == "RUNNING"
    assert result["ExecutionArn"] == running["executionArn"]


@pytest.mark.parametrize("end", ["fails", "is stopped"])
def test_redriven_parent_starts_a_new_child_when_it(
    end: str, emulator: Emulator, tmp_path: Path
) -> None:
    gate = Gate(emulator, tmp_path)
    slow = {"StartAt": "Sit", "States": {"Sit": {"Type": "Wait", "Seconds": 10, "Next": "Visit"}}}
    slow["States"]["Visit"] = gate.state(End=True)
    child = emulator.machine(slow)
    arn = emulator.start_execution(parent(child, given='"me"'))
    if end == "is stopped":
        only_child(emulator, child)
        emulator.sfn.stop_execution(executionArn=arn)
    emulator.ended(arn)
    gate.open_for("me")

    emulator.sfn.redrive_execution(executionArn=arn)

    assert output(emulator.ended(arn))["Output"] == "me"
    first, second = children(emulator, child)
    assert first["status"] == ("ABORTED" if end == "is stopped" else "FAILED")
    assert second["status"] == "SUCCEEDED"
    assert emulator.types(arn).count("TaskSubmitted") == 2


def test_retry_starts_a_new_child(emulator: Emulator) -> None:
    child = emulator.machine(FAIL)
    retry = [{"ErrorEquals": ["States.TaskFailed"], "IntervalSeconds": 1, "MaxAttempts": 2}]

    described = emulator.run(parent(child, Retry=retry))

    assert described["status"] == "FAILED"
    assert [found["status"] for found in children(emulator, child)] == ["FAILED"] * 3


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_parent_waits_on_for_its_child_after_a(
    end: str, start_emulator: Callable[..., Emulator]
) -> None:
    emulator = start_emulator(SANDBOX_AWS_SAVE_INTERVAL_S=0.2)
    sit = {"StartAt": "Sit", "States": {"Sit": {"Type": "Wait", "Seconds": 30, "End": True}}}
    child = emulator.machine(sit)
    arn = emulator.start_execution(parent(child, given={"a": 1}))
    eventually(lambda: "TaskSubmitted" in emulator.types(arn))
    emulator.wait_until_saved()

    getattr(emulator, end)()
    emulator.start()

    assert output(emulator.ended(arn))["Output"] == {"a": 1}
    assert only_child(emulator, child)["status"] == "SUCCEEDED"
    assert emulator.types(arn).count("TaskScheduled") == 1


def test_map_over_children_keeps_what_it_selects_of_each(emulator: Emulator) -> None:
    child = emulator.machine(
        {
            "StartAt": "Decide",
            "States": {
                "Decide": {
                    "Type": "Choice",
                    "Choices": [{"Variable": "$.fails", "BooleanEquals": True, "Next": "A"}],
                    "Default": "Done",
                },
                "Done": {"Type": "Succeed"},
                **FAIL["States"],
            },
        }
    )
    one = parent(
        child,
        given={"fails.$": "$.fails"},
        ResultSelector={"status": "succeeded"},
        Catch=[{"ErrorEquals": ["States.TaskFailed"], "ResultPath": None, "Next": "Failed"}],
    )
    one["States"]["Failed"] = {"Type": "Pass", "Result": {"status": "failed"}, "End": True}
    state = {"Type": "Map", "MaxConcurrency": 40, "ItemProcessor": one, "End": True}
    people = [{"fails": number % 5 == 0} for number in range(60)]

    described = emulator.run({"StartAt": "All", "States": {"All": state}}, people)

    assert [row["status"] for row in output(described)] == [
        "failed" if person["fails"] else "succeeded" for person in people
    ]
    statuses = [found["status"] for found in children(emulator, child)]
    assert sorted(statuses) == ["FAILED"] * 12 + ["SUCCEEDED"] * 48


def test_parameters_without_a_machine_fail_the_task(emulator: Emulator) -> None:
    described = emulator.run(task(START + ".sync:2", {"Input": {}}))

    assert described["status"] == "FAILED"


def test_name_of_one_child_goes_to_one_of_many_at_once(emulator: Emulator) -> None:
    child = emulator.machine(PASS)
    one = parent(child, ".sync:2", {"n.$": "$"}, name=uuid4().hex)
    state = {"Type": "Map", "ItemProcessor": one, "End": True}

    described = emulator.run({"StartAt": "All", "States": {"All": state}}, list(range(20)))

    assert described["error"] == "StepFunctions.ExecutionAlreadyExistsException"
    assert len(children(emulator, child)) == 1


def test_stopping_a_closed_child_is_still_refused(emulator: Emulator) -> None:
    arn = output(emulator.run(parent(emulator.machine(PASS))))["ExecutionArn"]

    with pytest.raises(ClientError):
        emulator.sfn.stop_execution(executionArn=arn)
