import pytest

from executions.graph import wording


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"Variable": "$.x", "IsPresent": True}, "$.x present"),
        ({"Variable": "$.x", "IsPresent": False}, "$.x absent"),
        ({"Variable": "$.x", "IsNull": True}, "$.x is null"),
        ({"Not": {"Variable": "$.x", "IsNull": True}}, "$.x is not null"),
        ({"Variable": "$.x", "StringEquals": "a b"}, '$.x = "a b"'),
        ({"Variable": "$.x", "StringEqualsPath": "$.y"}, "$.x = $.y"),
        ({"Variable": "$.x", "StringMatches": "a*"}, '$.x like "a*"'),
        ({"Variable": "$.x", "NumericGreaterThanEquals": 5}, "$.x ≥ 5"),
        ({"Not": {"Variable": "$.x", "NumericLessThanPath": "$.y"}}, "$.x ≥ $.y"),
        ({"Variable": "$.x", "BooleanEquals": True}, "$.x = true"),
        (
            {"Variable": "$.x", "TimestampLessThan": "2026-01-01T00:00:00Z"},
            '$.x < "2026-01-01T00:00:00Z"',
        ),
        (
            {
                "And": [
                    {"Variable": "$.a", "IsNull": True},
                    {"Variable": "$.b", "NumericEquals": 1},
                ]
            },
            "$.a is null and $.b = 1",
        ),
        (
            {
                "Or": [
                    {"And": [{"Variable": "$.a", "IsNull": True}]},
                    {"Variable": "$.b", "IsNull": True},
                ]
            },
            "($.a is null) or $.b is null",
        ),
        ({"Not": {"Or": [{"Variable": "$.a", "IsNull": True}]}}, "not ($.a is null)"),
        ({"Condition": "{% $states.input.n > 1\n and $x %}"}, "input.n > 1 and $x"),
        ({"Variable": "$.x", "YoungerThanThisCode": 1}, "$.x ?"),
    ],
)
def test_rule_says_when_it_holds(rule, said):
    assert wording.rule(rule) == said


@pytest.mark.parametrize(
    ("resource", "service", "words"),
    [
        ("arn:aws:states:::lambda:invoke", "lambda", "Lambda"),
        ("arn:aws:lambda:eu-west-1:1:function:price", "lambda", "Lambda"),
        ("arn:aws:states:::dynamodb:getItem", "dynamodb", "DynamoDB getItem"),
        (
            "arn:aws:states:::aws-sdk:dynamodb:transactWriteItems",
            "dynamodb",
            "DynamoDB transactWriteItems",
        ),
        ("arn:aws:states:::sns:publish", "sns", "SNS publish"),
        ("arn:aws-cn:states:::http:invoke", "http", "HTTP"),
        (
            "arn:aws:states:::states:startExecution.sync:2",
            "states",
            "Step Functions startExecution, waits",
        ),
        ("arn:aws:states:::aws-sdk:sfn:startExecution", "states", "Step Functions startExecution"),
        (
            "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
            "sqs",
            "SQS sendMessage, waits for token",
        ),
        ("arn:aws:states:::ecs:runTask.sync", "ecs", "ECS runTask, waits"),
        ("arn:aws:states:eu-west-1:1:activity:approve", "activity", "Activity approve"),
        ("${NotReplaced}", "", "Task"),
        ("", "", "Task"),
    ],
)
def test_call_names_what_a_task_calls(resource, service, words):
    assert wording.call(resource) == wording.Call(service, words)


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ({"Seconds": 30}, "30 s"),
        ({"Seconds": 600}, "10 min"),
        ({"Seconds": 5400}, "90 min"),
        ({"Seconds": 172_800}, "2 d"),
        ({"Seconds": "{% $wait %}"}, "$wait s"),
        ({"SecondsPath": "$.n"}, "$.n s"),
        ({"Timestamp": "2026-01-01T00:00:00Z"}, "until 2026-01-01T00:00:00Z"),
        ({"TimestampPath": "$.retry_at"}, "until $.retry_at"),
        ({}, ""),
    ],
)
def test_wait_says_how_long(state, said):
    assert wording.wait(state) == said


def test_errors_are_named_without_their_service():
    names = [
        "States.ALL",
        "DynamoDb.TransactionCanceledException",
        "GitHubUnavailable",
        "Exception",
    ]

    assert wording.errors(names) == "any error, TransactionCanceled, GitHubUnavailable, Exception"


def test_retriers_that_never_retry_are_not_told():
    state = {
        "Retry": [
            {"ErrorEquals": ["A"], "MaxAttempts": 0},
            {"ErrorEquals": ["B"]},
            {"ErrorEquals": ["States.Timeout", "C"], "MaxAttempts": 6},
        ]
    }

    assert wording.retriers(state) == ("3 more for B", "6 more for Timeout, C")
