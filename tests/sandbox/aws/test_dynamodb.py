"""Writes to DynamoDB are atomic, by whichever way they come."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.aws.emulators import Emulator, output, task

TRANSACT = "arn:aws:states:::aws-sdk:dynamodb:transactWriteItems"
ONE = {":one": {"N": "1"}}


@pytest.fixture
def table(emulator: Emulator) -> str:
    return create_table(emulator)


def create_table(emulator: Emulator, name: str = "") -> str:
    name = name or f"t-{uuid4().hex}"
    emulator.client("dynamodb").create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return name


def add_once(table: str, identity: str) -> dict[str, Any]:
    """Put an item if it is not there, and count it."""
    return {
        "TransactItems": [
            {
                "Put": {
                    "TableName": table,
                    "Item": {"id": {"S": identity}},
                    "ConditionExpression": "attribute_not_exists(id)",
                }
            },
            {
                "Update": {
                    "TableName": table,
                    "Key": {"id": {"S": "counter"}},
                    "UpdateExpression": "ADD n :one",
                    "ExpressionAttributeValues": ONE,
                }
            },
        ]
    }


def counter(emulator: Emulator, table: str) -> int:
    key = {"id": {"S": "counter"}}
    answer = emulator.client("dynamodb").get_item(TableName=table, Key=key, ConsistentRead=True)
    return int(answer["Item"]["n"]["N"])


def test_cancelled_transaction_says_why_and_changes_nothing(
    emulator: Emulator, table: str
) -> None:
    dynamodb = emulator.client("dynamodb")
    dynamodb.transact_write_items(**add_once(table, "a"))

    with pytest.raises(ClientError) as cancelled:
        dynamodb.transact_write_items(**add_once(table, "a"))

    answer = cancelled.value.response
    assert answer["Error"]["Code"] == "TransactionCanceledException"
    codes = [reason["Code"] for reason in answer["CancellationReasons"]]
    assert codes == ["ConditionalCheckFailed", "None"]
    assert counter(emulator, table) == 1


def test_cancelled_transaction_fails_a_state_under_the_sdks_name(
    emulator: Emulator, table: str
) -> None:
    definition = task(TRANSACT, add_once(table, "a"))
    output(emulator.run(definition))

    described = emulator.run(definition)

    assert described["error"] == "DynamoDb.TransactionCanceledException"
    assert "[ConditionalCheckFailed, None]" in described["cause"]
    assert counter(emulator, table) == 1


def test_two_writers_of_the_same_transactions_count_each_once(
    emulator: Emulator, table: str
) -> None:
    """One over HTTP, one from Step Functions; each tries all fifty."""
    dynamodb = emulator.client("dynamodb")

    def over_http(number: int) -> int:
        try:
            dynamodb.transact_write_items(**add_once(table, str(number)))
        except dynamodb.exceptions.TransactionCanceledException:
            return 0
        return 1

    transaction = add_once(table, "")
    transaction["TransactItems"][0]["Put"]["Item"] = {"id": {"S.$": "States.Format('{}', $)"}}
    write = task(TRANSACT, transaction)["States"]["Call"]
    lost = [{"ErrorEquals": ["DynamoDb.TransactionCanceledException"], "Next": "Lost"}]
    won = {"Type": "Pass", "Result": 1, "End": True}
    states = {
        "Call": {**write, "Catch": lost, "Next": "Won"},
        "Won": won,
        "Lost": {**won, "Result": 0},
    }
    del states["Call"]["End"]
    inner = {"StartAt": "Call", "States": states}
    mapped = {"StartAt": "All", "States": {"All": {"Type": "Map", "End": True}}}
    mapped["States"]["All"]["ItemProcessor"] = inner
    arn = emulator.start_execution(mapped, list(range(50)))
    with ThreadPoolExecutor(10) as pool:
        won_over_http = sum(pool.map(over_http, range(50)))
    won_in_states = sum(output(emulator.ended(arn)))

    assert won_over_http + won_in_states == 50
    assert counter(emulator, table) == 50


def test_native_updates_of_one_item_are_not_lost(emulator: Emulator) -> None:
    table = create_table(emulator)
    # So large that reading, changing and writing it takes a while.
    large = {"L": [{"M": {"a": {"S": "x"}}} for _ in range(500)]}
    item = {"id": {"S": "counter"}, "n": {"N": "0"}, "large": large}
    emulator.client("dynamodb").put_item(TableName=table, Item=item)
    add = task(
        "arn:aws:states:::dynamodb:updateItem",
        {
            "TableName": table,
            "Key": {"id": {"S": "counter"}},
            "UpdateExpression": "ADD n :one",
            "ExpressionAttributeValues": ONE,
        },
        ResultPath=None,
    )
    state = {"Type": "Map", "ItemProcessor": add, "End": True}

    output(emulator.run({"StartAt": "All", "States": {"All": state}}, list(range(60))))

    assert counter(emulator, table) == 60


def test_native_integration_answers_with_aws_metadata(emulator: Emulator, table: str) -> None:
    item = {"id": {"S": "a"}}

    found = output(
        emulator.run(task("arn:aws:states:::dynamodb:putItem", {"TableName": table, "Item": item}))
    )

    assert found.keys() == {"SdkHttpMetadata", "SdkResponseMetadata"}


def test_native_condition_that_fails_has_the_optimised_integrations_name(
    emulator: Emulator, table: str
) -> None:
    put = {"TableName": table, "Item": {"id": {"S": "a"}}}
    once = {**put, "ConditionExpression": "attribute_not_exists(id)"}
    output(emulator.run(task("arn:aws:states:::dynamodb:putItem", put)))

    described = emulator.run(task("arn:aws:states:::dynamodb:putItem", once))

    assert described["error"] == "DynamoDB.ConditionalCheckFailedException"


UPDATE = "arn:aws:states:::dynamodb:updateItem"


def observe(table: str) -> dict[str, Any]:
    """Write what was seen of a team, unless something newer is there already."""
    return task(
        UPDATE,
        {
            "TableName": table,
            "Key": {"id": {"S": "someone"}},
            "ConditionExpression": "attribute_not_exists(#team) OR #team.observed_at < :at",
            "UpdateExpression": "SET #team = :team",
            "ExpressionAttributeNames": {"#team.$": "States.Format('team#{}', $.team)"},
            "ExpressionAttributeValues": {
                ":at": {"S.$": "$.at"},
                ":team": {"M": {"state": {"S.$": "$.state"}, "observed_at": {"S.$": "$.at"}}},
            },
        },
    )


def test_late_native_update_fails_by_its_name_and_changes_nothing(
    emulator: Emulator, table: str
) -> None:
    write = observe(table)
    output(emulator.run(write, {"team": "a", "at": "2026-11-02T10:00:00Z", "state": "active"}))
    output(emulator.run(write, {"team": "b", "at": "2026-11-02T09:00:00Z", "state": "active"}))

    late = emulator.run(write, {"team": "a", "at": "2026-11-02T10:00:00Z", "state": "removed"})
    newer = emulator.run(write, {"team": "b", "at": "2026-11-02T11:00:00Z", "state": "removed"})

    assert late["error"] == "DynamoDB.ConditionalCheckFailedException"
    assert late["cause"].startswith(
        "The conditional request failed (Service: AmazonDynamoDBv2; Status Code: 400; "
        "Error Code: ConditionalCheckFailedException; Request ID: "
    )
    output(newer)
    key = {"id": {"S": "someone"}}
    item = emulator.client("dynamodb").get_item(TableName=table, Key=key)["Item"]
    states = {name: item[name]["M"]["state"]["S"] for name in ("team#a", "team#b")}
    assert states == {"team#a": "active", "team#b": "removed"}


def test_invalid_request_has_the_name_of_awss_exception(emulator: Emulator) -> None:
    table = create_table(emulator)
    # A number leaves JSONPath as one, and DynamoDB takes numbers as text only.
    write = {
        "TableName": table,
        "Key": {"id": {"S": "a"}},
        "UpdateExpression": "SET n = :n",
        "ExpressionAttributeValues": {":n": {"N": 1}},
    }

    described = emulator.run(task(UPDATE, write))

    assert described["error"] == "DynamoDB.AmazonDynamoDBException"
    assert "Error Code: ValidationException;" in described["cause"]
