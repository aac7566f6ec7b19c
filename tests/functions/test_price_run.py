"""PriceRun."""

import copy
import json

from functions.price_run import handler

EVENT = {
    "event": {
        "delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
        "event": "workflow_run",
        "action": "completed",
        "installation_id": 4242,
        "organization": "octo-org",
        "repository": {
            "id": 5,
            "owner": "octo-org",
            "name": "octo-repo",
            "full_name": "octo-org/octo-repo",
            "private": True,
            "visibility": "private",
        },
        "run": {
            "id": 77,
            "run_attempt": 1,
            "run_number": 3,
            "name": "test",
            "path": ".github/workflows/test.yml",
            "event": "push",
            "conclusion": "success",
            "head_branch": "main",
            "actor": "octo-user",
            "created_at": "2026-11-02T10:00:00Z",
            "run_started_at": "2026-11-02T10:00:00Z",
            "updated_at": "2026-11-02T10:39:00Z",
        },
    },
    "jobs": [
        {
            "id": 1,
            "name": "build",
            "conclusion": "success",
            "started_at": "2026-11-02T10:34:58Z",
            "completed_at": "2026-11-02T10:38:16Z",
            "labels": ["ubuntu-latest"],
            "runner_id": 7,
            "runner_name": "GitHub Actions 7",
            "runner_group_name": "GitHub Actions",
        }
    ],
    "execution_arn": "arn:aws:states:us-east-1:000000000000:execution:ghadmin-workflow-cost:x",
}


def test_the_item_is_ready_for_dynamodb(lambda_context):
    item = handler.handle(copy.deepcopy(EVENT), lambda_context)["item"]

    assert item["run_id"] == {"N": "77"}
    assert item["cost_usd"] == {"N": "0.024"}
    assert item["execution_arn"] == {"S": EVENT["execution_arn"]}
    json.dumps(item)


def test_the_same_input_gives_the_same_item(lambda_context):
    first, second = (handler.handle(copy.deepcopy(EVENT), lambda_context) for _ in range(2))

    assert first == second
