"""What an execution wrote and mailed, from the events of its tasks."""

import json

import pytest

from executions.effects import Mail, Write, effects


def scheduled(kind, call, parameters, event_id=3):
    text = parameters if isinstance(parameters, str) else json.dumps(parameters)
    return {
        "id": event_id,
        "type": "TaskScheduled",
        "taskScheduledEventDetails": {"resourceType": kind, "resource": call, "parameters": text},
    }


def test_a_transaction_is_told_item_by_item():
    given = {
        "TransactItems": [
            {"Put": {"TableName": "runs", "Item": {"run_id": {"N": "7"}, "jobs": {"L": []}}}},
            {"Update": {"TableName": "repositories", "Key": {"repository_id": {"N": "1"}}}},
            {"ConditionCheck": {"TableName": "rules", "Key": {"id": {"S": "x"}}}},
        ]
    }

    assert effects([scheduled("aws-sdk:dynamodb", "transactWriteItems", given)]) == [
        Write("runs", "Put", (("run_id", "7"),), (("run_id", "7"),)),
        Write("repositories", "Update", (("repository_id", "1"),), ()),
    ]


@pytest.mark.parametrize(
    ("call", "action"), [("updateItem", "Update"), ("deleteItem", "Delete"), ("putItem", "Put")]
)
def test_a_single_item_is_told_by_its_key(call, action):
    given = {"TableName": "members", "Key": {"organization_id": {"N": "42"}, "member": {"S": "7"}}}

    [write] = effects([scheduled("dynamodb", call, given)])

    assert (write.table, write.action) == ("members", action)
    assert write.key == (("organization_id", "42"), ("member", "7"))


def test_a_batch_is_told_by_table():
    given = {
        "RequestItems": {
            "members": [
                {"PutRequest": {"Item": {"id": {"s": "a"}}}},
                {"DeleteRequest": {"Key": {"id": {"S": "b"}}}},
            ]
        }
    }

    assert effects([scheduled("aws-sdk:dynamodb", "batchWriteItem", given)]) == [
        Write("members", "Put", (("id", "a"),), (("id", "a"),)),
        Write("members", "Delete", (("id", "b"),), ()),
    ]


def test_mail_is_told_with_its_subject():
    given = {
        "TopicArn": "arn:aws:sns:us-east-1:1:ghadmin-mail",
        "Subject": "Done",
        "Message": "It is.",
    }

    assert effects([scheduled("sns", "publish", given)]) == [
        Mail("ghadmin-mail", "Done", "It is.")
    ]


def test_of_several_tries_the_latest_counts():
    first, second = ({"TopicArn": "t", "Message": said} for said in ("one", "two"))

    found = effects([scheduled("sns", "publish", first), scheduled("sns", "publish", second, 6)])

    assert [one.message for one in found] == ["two"]


@pytest.mark.parametrize(
    ("kind", "call", "parameters"),
    [
        ("lambda", "invoke", {"FunctionName": "f"}),
        ("dynamodb", "getItem", {"TableName": "t", "Key": {}}),
        ("sns", "publish", '{"Message": "cut o'),
        ("aws-sdk:dynamodb", "transactWriteItems", {"TransactItems": [7, {"Put": None}]}),
        ("aws-sdk:dynamodb", "batchWriteItem", {"RequestItems": []}),
    ],
)
def test_what_changes_nothing_or_makes_no_sense_is_no_effect(kind, call, parameters):
    assert effects([scheduled(kind, call, parameters)]) == []
