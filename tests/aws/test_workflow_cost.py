"""The state machine workflow-cost, in the sandbox's Step Functions with the real Lambdas."""

from decimal import Decimal


def test_a_completed_run_is_stored_with_its_exact_cost(stack, new_payload, new_job):
    payload = new_payload()
    run, repository = payload["workflow_run"]["id"], payload["repository"]["id"]
    stack.register(payload["workflow_run"], {1: [new_job(minutes=2), new_job(minutes=3)]})

    ended = stack.ended(stack.start(payload))

    assert ended["status"] == "SUCCEEDED", ended
    assert ended["output"] == {
        "stored": True,
        "run": {"repository_id": str(repository), "run_id": str(run), "run_attempt": "1"},
        "cost_usd": "0.03",
    }
    item = stack.item("RunsTable", run_id=run, run_attempt=1)
    assert item["cost_usd"] == Decimal("0.03")
