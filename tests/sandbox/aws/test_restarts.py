"""What the emulator keeps when it is stopped, and when it is killed."""

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.sandbox.aws.emulators import Emulator, output, task
from tests.sandbox.aws.test_dynamodb import add_once, counter, create_table
from tests.sandbox.aws.test_status_events import Rule
from tests.waiting import eventually

SAVE_INTERVAL_S = 0.2

StartEmulator = Callable[..., Emulator]

# Writes into a book, and ends once there is another file beside it.
SLOW = (
    "import os, pathlib, time\n\n\ndef handler(event, context):\n"
    "    with open(event, 'a') as book:\n        book.write('x')\n"
    "    while not os.path.exists(event + '-closed'):\n        time.sleep(0.02)\n"
    "    return pathlib.Path(event).read_text()\n"
)


def waiting(seconds: int) -> dict[str, Any]:
    sit = {"Type": "Wait", "Seconds": seconds, "Next": "Last"}
    last = {"Type": "Pass", "Result": "done", "End": True}
    return {"StartAt": "Sit", "States": {"Sit": sit, "Last": last}}


def test_killed_emulator_has_what_is_older_than_the_save_interval(
    start_emulator: StartEmulator,
) -> None:
    emulator = start_emulator(SANDBOX_AWS_SAVE_INTERVAL_S=SAVE_INTERVAL_S)
    table = create_table(emulator)
    emulator.client("dynamodb").transact_write_items(**add_once(table, "a"))
    queue = emulator.client("sqs").create_queue(QueueName="q")["QueueUrl"]
    emulator.client("sqs").send_message(QueueUrl=queue, MessageBody="wait for me")
    described = emulator.run(waiting(0))
    emulator.wait_until_saved()

    emulator.kill()
    emulator.start()

    assert counter(emulator, table) == 1
    [message] = emulator.client("sqs").receive_message(QueueUrl=queue)["Messages"]
    assert message["Body"] == "wait for me"
    found = emulator.sfn.describe_execution(executionArn=described["executionArn"])
    assert (found["status"], found["output"]) == ("SUCCEEDED", described["output"])
    assert emulator.types(described["executionArn"])[-1] == "ExecutionSucceeded"


def test_no_half_written_transaction_survives_a_kill(start_emulator: StartEmulator) -> None:
    emulator = start_emulator(SANDBOX_AWS_SAVE_INTERVAL_S=0.02)
    table = create_table(emulator)
    for number in range(60):
        emulator.client("dynamodb").transact_write_items(**add_once(table, str(number)))

    emulator.kill()
    emulator.start()

    answer = emulator.client("dynamodb").scan(TableName=table)
    stored = [item for item in answer["Items"] if item["id"]["S"] != "counter"]
    assert counter(emulator, table) == len(stored) > 0


def test_power_cut_parts_no_execution_from_what_it_did(start_emulator: StartEmulator) -> None:
    emulator = start_emulator(SANDBOX_AWS_SAVE_INTERVAL_S=0.02)
    table = create_table(emulator)
    item = {"TableName": table, "Item": {"id": {"S.$": "$$.Execution.Name"}}}
    machine = emulator.machine(task("arn:aws:states:::dynamodb:putItem", item))
    ends_at = time.monotonic() + 2
    while time.monotonic() < ends_at:
        emulator.sfn.start_execution(stateMachineArn=machine)

    emulator.cut_power()
    emulator.start()

    scan = emulator.client("dynamodb").get_paginator("scan").paginate(TableName=table)
    written = {item["id"]["S"] for page in scan for item in page["Items"]}
    pages = emulator.sfn.get_paginator("list_executions").paginate(stateMachineArn=machine)
    known = {execution["name"] for page in pages for execution in page["executions"]}
    assert written
    assert written - known == set()


def test_start_that_was_answered_is_not_forgotten(start_emulator: StartEmulator) -> None:
    emulator = start_emulator(SANDBOX_AWS_SAVE_INTERVAL_S=1)
    machine = emulator.machine({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}})
    rule = Rule(emulator, machine)
    emulator.wait_until_saved()

    started = emulator.sfn.start_execution(stateMachineArn=machine, name="n", input='{"a": 1}')
    emulator.cut_power()
    emulator.start()

    described = emulator.ended(started["executionArn"])
    assert (output(described), described["startDate"]) == ({"a": 1}, started["startDate"])
    assert {event["detail"]["status"] for event in rule.events(2)} == {"RUNNING", "SUCCEEDED"}


def test_redrive_that_was_answered_is_not_forgotten(start_emulator: StartEmulator) -> None:
    emulator = start_emulator(SANDBOX_AWS_SAVE_INTERVAL_S=1)
    item = {"TableName": "late", "Item": {"id": {"S": "a"}}}
    arn = emulator.run(task("arn:aws:states:::dynamodb:putItem", item))["executionArn"]
    create_table(emulator, "late")
    emulator.wait_until_saved()

    emulator.sfn.redrive_execution(executionArn=arn)
    emulator.cut_power()
    emulator.start()

    described = emulator.ended(arn)
    assert (described["status"], described["redriveCount"]) == ("SUCCEEDED", 1)


def test_end_of_which_nobody_heard_is_told_after_a_kill(start_emulator: StartEmulator) -> None:
    emulator = start_emulator(SANDBOX_AWS_SAVE_INTERVAL_S=SAVE_INTERVAL_S)
    machine = emulator.machine({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}})
    rule = Rule(emulator, machine)
    arn = emulator.sfn.start_execution(stateMachineArn=machine)["executionArn"]
    heard = {event["detail"]["status"] for event in rule.events(2)}
    emulator.wait_until_saved()
    emulator.kill()
    # As if it had been saved between the execution's last event and the one to EventBridge.
    with closing(sqlite3.connect(emulator.state_dir / "state.sqlite")) as state, state:
        untold = "json_set(record, '$.untold', json('true'))"
        state.execute(f"UPDATE executions SET record = {untold} WHERE arn = ?", (arn,))  # noqa: S608

    emulator.start()

    [event] = rule.events(1)
    assert heard == {"RUNNING", "SUCCEEDED"}
    assert (event["detail"]["executionArn"], event["detail"]["status"]) == (arn, "SUCCEEDED")


def test_running_execution_goes_on_after_a_clean_stop(start_emulator: StartEmulator) -> None:
    emulator = start_emulator()
    arn = emulator.start_execution(waiting(20))
    eventually(lambda: "WaitStateEntered" in emulator.types(arn))

    emulator.stop()
    emulator.start()

    assert output(emulator.ended(arn)) == "done"
    assert emulator.types(arn).count("WaitStateEntered") == 1


def test_task_that_was_running_is_tried_anew_after_a_kill(
    start_emulator: StartEmulator, tmp_path: Path
) -> None:
    emulator = start_emulator(SANDBOX_AWS_SAVE_INTERVAL_S=SAVE_INTERVAL_S)
    book = tmp_path / "book"
    arn = emulator.start_execution(task(emulator.function(SLOW)), str(book))
    eventually(book.exists)
    emulator.wait_until_saved()

    emulator.kill()
    emulator.start()
    eventually(lambda: book.read_text() == "xx")
    Path(f"{book}-closed").touch()

    assert output(emulator.ended(arn)) == "xx"
    assert emulator.types(arn).count("LambdaFunctionScheduled") == 2


def test_iterations_that_were_done_stay_done_after_a_stop(
    start_emulator: StartEmulator, tmp_path: Path
) -> None:
    emulator = start_emulator()
    notes = (
        "def handler(event, context):\n"
        "    with open(event['book'], 'a') as book:\n        book.write(event['name'])\n"
        "    return event['name']\n"
    )
    visit = task(emulator.function(notes), ResultPath="$.name")
    visit["StartAt"] = "Sit"
    visit["States"]["Sit"] = {"Type": "Wait", "SecondsPath": "$.seconds", "Next": "Call"}
    state = {"Type": "Map", "ItemProcessor": visit, "End": True}
    book = tmp_path / "book"
    given = [
        {"book": str(book), "name": "a", "seconds": 0},
        {"book": str(book), "name": "b", "seconds": 20},
    ]
    arn = emulator.start_execution({"StartAt": "All", "States": {"All": state}}, given)
    eventually(lambda: "MapIterationSucceeded" in emulator.types(arn))

    emulator.stop()
    emulator.start()

    assert [item["name"] for item in output(emulator.ended(arn))] == ["a", "b"]
    assert book.read_text() == "ab"


def test_child_of_a_distributed_map_fails_and_its_parent_starts_it_anew(
    start_emulator: StartEmulator,
) -> None:
    emulator = start_emulator(SANDBOX_AWS_SAVE_INTERVAL_S=SAVE_INTERVAL_S)
    inner = waiting(20) | {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}
    state = {"Type": "Map", "ItemProcessor": inner, "End": True}
    arn = emulator.start_execution({"StartAt": "All", "States": {"All": state}}, [1])
    eventually(lambda: emulator.sfn.list_map_runs(executionArn=arn)["mapRuns"])
    emulator.wait_until_saved()

    emulator.kill()
    emulator.start()

    assert output(emulator.ended(arn)) == ["done"]
    children = [
        emulator.sfn.describe_execution(executionArn=child["executionArn"])
        for run in emulator.sfn.list_map_runs(executionArn=arn)["mapRuns"]
        for child in emulator.sfn.list_executions(mapRunArn=run["mapRunArn"])["executions"]
    ]
    found = sorted((child["status"], child.get("error")) for child in children)
    assert found == [("FAILED", "States.ServiceRestart"), ("SUCCEEDED", None)]


def test_old_executions_are_forgotten_beyond_the_bound(start_emulator: StartEmulator) -> None:
    emulator = start_emulator(SANDBOX_AWS_KEEP_EXECUTIONS=3)
    machine = emulator.machine({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}})
    running = emulator.start_execution(waiting(6_000))
    for number in range(6):
        started = emulator.sfn.start_execution(stateMachineArn=machine, name=f"n{number}")
        emulator.ended(started["executionArn"])

    def listed() -> list[str]:
        found = emulator.sfn.list_executions(stateMachineArn=machine)["executions"]
        return sorted(item["name"] for item in found)

    eventually(lambda: listed() == ["n3", "n4", "n5"])
    assert emulator.sfn.describe_execution(executionArn=running)["status"] == "RUNNING"
