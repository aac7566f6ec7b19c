"""SQS, DynamoDB and Step Functions through the sandbox's AWS."""

import json
from decimal import Decimal
from uuid import uuid4

import pytest

from core.aws import dynamodb, errors, sqs, stepfunctions


@pytest.fixture
def queue(aws):
    name = f"test-{uuid4()}"
    return aws.client("sqs").create_queue(QueueName=name)["QueueUrl"]


def test_messages_are_received_hidden_given_back_and_deleted(aws, queue):
    for number in range(3):
        aws.client("sqs").send_message(QueueUrl=queue, MessageBody=str(number))

    first = sqs.receive(queue, wait_s=1)
    assert sorted(message.body for message in first) == ["0", "1", "2"]
    assert sqs.receive(queue, wait_s=0) == []
    assert sqs.depth(queue) == 3

    aws.client("sqs").change_message_visibility(
        QueueUrl=queue, ReceiptHandle=first[0].receipt, VisibilityTimeout=0
    )
    [again] = sqs.receive(queue, wait_s=1)
    assert (again.message_id, again.receive_count) == (first[0].message_id, 2)

    assert sqs.delete_batch(queue, [again, *first[1:]]) == []
    assert sqs.depth(queue) == 0
    assert sqs.delete_batch(queue, []) == []


def test_an_item_comes_back_in_plain_python_and_a_missing_one_as_none(aws):
    table, run_id = aws.outputs["RunsTable"], aws.number()
    aws.client("dynamodb").put_item(
        TableName=table,
        Item={
            "run_id": {"N": str(run_id)},
            "run_attempt": {"N": "1"},
            "cost_usd": {"N": "0.012000000000000000000000000000000001"},
            "private": {"BOOL": True},
            "jobs": {"S": "[]"},
            "conclusion": {"NULL": True},
        },
    )

    item = dynamodb.get_item(table, {"run_id": run_id, "run_attempt": 1})

    assert item == {
        "run_id": Decimal(run_id),
        "run_attempt": Decimal(1),
        "cost_usd": Decimal("0.012000000000000000000000000000000001"),
        "private": True,
        "jobs": "[]",
        "conclusion": None,
    }
    assert dynamodb.get_item(table, {"run_id": run_id, "run_attempt": 2}) is None


def test_a_table_that_does_not_exist_is_rejected_by_name(aws):
    with pytest.raises(errors.AwsRejected) as caught:
        dynamodb.get_item("nowhere", {"id": 1})

    assert caught.value.aws_code == "ResourceNotFoundException"


def start(aws, name=None, event=None):
    return stepfunctions.start_execution(
        state_machine_arn=aws.outputs["WorkflowCostStateMachineArn"],
        name=name or f"workflow_run-{uuid4()}",
        input_json=json.dumps(event or {"bad": True}),
    )


def test_an_execution_is_started_described_listed_and_read_page_by_page(aws):
    started = start(aws)
    aws.ended(started.arn)

    found = stepfunctions.describe_execution(started.arn)
    history = [event for page in stepfunctions.execution_history(started.arn) for event in page]
    machine = aws.outputs["WorkflowCostStateMachineArn"]
    listed = [one for page in stepfunctions.list_executions(machine, page_size=2) for one in page]

    assert (found["status"], found["error"]) == ("FAILED", "InvalidPayload")
    assert found["startDate"].endswith("+00:00")
    assert json.loads(json.dumps(history)) == history
    assert history[0]["type"] == "ExecutionStarted"
    assert history[-1]["type"] == "ExecutionFailed"
    assert [event["id"] for event in history] == list(range(1, len(history) + 1))
    assert started.arn in [one["executionArn"] for one in listed]
    assert len({one["executionArn"] for one in listed}) == len(listed)
    name = started.arn.rpartition(":")[2]
    assert stepfunctions.execution_arn(machine, name) == started.arn
    definition = stepfunctions.describe_state_machine_for_execution(started.arn)["definition"]
    assert "ReadRunEvent" in definition


def test_a_light_history_has_no_data(aws):
    started = start(aws)
    aws.ended(started.arn)

    [page] = stepfunctions.execution_history(started.arn, with_data=False)

    assert "input" not in page[0]["executionStartedEventDetails"]


def test_a_taken_name_and_an_unknown_execution_are_named(aws):
    started = start(aws)
    name = started.arn.rpartition(":")[2]
    aws.ended(started.arn)

    with pytest.raises(errors.ExecutionAlreadyExists):
        start(aws, name=name, event={"other": 1})
    with pytest.raises(errors.ExecutionDoesNotExist):
        stepfunctions.describe_execution(started.arn + "x")
    with pytest.raises(errors.InvalidExecutionInput):
        stepfunctions.start_execution(
            state_machine_arn=aws.outputs["WorkflowCostStateMachineArn"],
            name=str(uuid4()),
            input_json="{",
        )
    with pytest.raises(errors.StateMachineDoesNotExist):
        stepfunctions.start_execution(
            state_machine_arn=aws.outputs["WorkflowCostStateMachineArn"] + "x",
            name=str(uuid4()),
            input_json="{}",
        )


def test_a_failed_execution_is_redriven_under_its_own_arn_and_a_running_one_is_not(aws):
    started = start(aws)
    aws.ended(started.arn)

    stepfunctions.redrive_execution(started.arn, client_token=str(uuid4()))
    aws.ended(started.arn)

    assert stepfunctions.describe_execution(started.arn)["redriveCount"] == 1
    succeeded_or_gone = started.arn + "x"
    with pytest.raises(errors.ExecutionDoesNotExist):
        stepfunctions.redrive_execution(succeeded_or_gone, client_token=str(uuid4()))


def test_a_scan_yields_every_item_of_every_page(aws):
    name = f"test-{uuid4()}"
    table = aws.client("dynamodb")
    table.create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "N"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    # Four times 350 kB are more than a page of 1 MB.
    for number in range(4):
        item = {"id": {"N": str(number)}, "text": {"S": "x" * 350_000}}
        table.put_item(TableName=name, Item=item)

    items = list(dynamodb.scan(name))

    assert sorted(item["id"] for item in items) == [0, 1, 2, 3]
    assert {len(item["text"]) for item in items} == {350_000}


def test_an_item_is_written_only_over_what_was_expected(aws):
    table = aws.outputs["TeamRulesTable"]
    key = {"id": f"test-{uuid4()}"}

    dynamodb.put_item(table, key | {"version": 1}, expected={"version": None})
    for stale in ({"version": None}, {"version": 7}, {"version": 1, "rules": "other"}):
        with pytest.raises(errors.ConditionFailed):
            dynamodb.put_item(table, key | {"version": 9}, expected=stale)
    dynamodb.put_item(table, key | {"version": 2, "rules": "x"}, expected={"version": 1})

    assert dynamodb.get_item(table, key) == key | {"version": 2, "rules": "x"}

    dynamodb.put_item(table, key | {"version": 3})
    assert dynamodb.get_item(table, key) == key | {"version": 3}


def test_a_batch_puts_and_deletes(aws):
    table = aws.outputs["DirectoryTable"]
    people = [{"login": f"{uuid4()}", "record": "{}"} for _ in range(25)]

    assert dynamodb.write_batch(table, puts=people) == ([], [])
    gone, stays = people[0]["login"], people[1]["login"]
    left = dynamodb.write_batch(table, puts=[people[2]], deletes=[{"login": gone}])

    assert left == ([], [])
    assert dynamodb.get_item(table, {"login": gone}) is None
    assert dynamodb.get_item(table, {"login": stays}) == people[1]
    assert dynamodb.write_batch(table) == ([], [])
