"""The state machine workflow-cost, in the sandbox's Step Functions with the real Lambdas."""

import json
import time
from decimal import Decimal

import pytest

from tests.waiting import eventually

LINUX_USD = Decimal("0.006")  # a minute, since 2026-01-01


def ids(payload):
    return payload["workflow_run"]["id"], payload["repository"]["id"]


@pytest.fixture
def counted(stack, new_payload, new_job):
    """A registered run of a job of two minutes."""
    payload = new_payload()
    stack.register(payload["workflow_run"], {1: [new_job(minutes=2)]})
    return payload


@pytest.fixture(autouse=True)
def _healed(stack):
    yield
    stack.heal()


def test_a_completed_run_is_stored_with_its_exact_cost(stack, new_payload, new_job):
    payload = new_payload()
    run, repository = ids(payload)
    jobs = [
        new_job(minutes=2),
        new_job(minutes=3, labels=["windows-latest"]),
        new_job(minutes=5, labels=["self-hosted"], runner_group_name="Default"),
        new_job(minutes=7, labels=["somebodys-own"], runner_group_name="Default"),
        new_job(conclusion="skipped", runner_id=0, runner_name="", runner_group_name=""),
    ]
    stack.register(payload["workflow_run"], {1: jobs})

    ended = stack.ended(stack.start(payload))

    assert ended["status"] == "SUCCEEDED", ended
    assert ended["output"] == {
        "stored": True,
        "run": {"repository_id": str(repository), "run_id": str(run), "run_attempt": "1"},
        "cost_usd": "0.042",
    }
    item = stack.item("RunsTable", run_id=run, run_attempt=1)
    shown = json.loads(item.pop("jobs"))
    assert item == {
        "run_id": run,
        "run_attempt": 1,
        "repository_id": repository,
        "repository": f"octo-org/octo-{repository}",
        "organization": "octo-org",
        "private": True,
        "visibility": "private",
        "workflow": "test",
        "workflow_path": ".github/workflows/test.yml",
        "run_number": 163,
        "event": "repository_dispatch",
        "conclusion": "success",
        "head_branch": "master",
        "actor": "Codertocat",
        "completed_at": "2026-11-02T10:07:00Z",
        "billable_minutes": 5,
        "self_hosted_minutes": 5,
        "unknown_sku_minutes": 7,
        "cost_usd": Decimal("0.042"),
        "billed_usd": Decimal("0.042"),
        "delivery": ended["name"].removeprefix("workflow_run-"),
        "execution_arn": ended["executionArn"],
    }
    assert [job["sku_kind"] for job in shown] == [
        *("standard", "standard", "self_hosted", "unknown", "none")
    ]
    assert stack.item("RepositoriesTable", repository_id=repository) == {
        "repository_id": repository,
        "repository": f"octo-org/octo-{repository}",
        "organization": "octo-org",
        "runs": 1,
        "attempts": 1,
        "billable_minutes": 5,
        "self_hosted_minutes": 5,
        "unknown_sku_minutes": 7,
        "cost_usd": Decimal("0.042"),
        "billed_usd": Decimal("0.042"),
    }
    assert stack.item("RunIdsTable", run_id=run) == {
        "run_id": run,
        "repository_id": repository,
        "first_attempt": 1,
    }
    assert stack.states(ended["executionArn"]) == [
        *("ReadRunEvent", "FetchJobs", "IsRateLimited", "PriceRun"),
        *("FindRun", "IsRunKnown", "CountRunAndAttempt", "StoreRun"),
        *("ShallNotify", "ReportResult"),
    ]


def test_256_jobs_of_three_pages_are_carried_and_priced(stack, new_payload, new_job):
    payload = new_payload()
    run, _ = ids(payload)
    name = "a name that tells the whole matrix of the job 😀 " * 5
    jobs = [new_job(minutes=1 + number % 3, name=name) for number in range(256)]
    stack.register(payload["workflow_run"], {1: jobs})

    ended = stack.ended(stack.start(payload))

    minutes = sum(1 + number % 3 for number in range(256))
    assert ended["status"] == "SUCCEEDED", ended
    item = stack.item("RunsTable", run_id=run, run_attempt=1)
    assert (item["billable_minutes"], item["cost_usd"]) == (minutes, minutes * LINUX_USD)
    assert len(json.loads(item["jobs"])) == 256


def test_more_jobs_than_an_execution_carries_fail_by_name(stack, new_payload, new_job):
    payload = new_payload()
    stack.register(payload["workflow_run"], {1: [new_job() for _ in range(600)]})

    ended = stack.ended(stack.start(payload))

    assert (ended["status"], ended["error"]) == ("FAILED", "RunTooLarge")
    assert "600 jobs" in ended["cause"]


def test_an_unavailable_github_is_asked_five_times_then_redriven(stack, counted):
    run, repository = ids(counted)
    stack.fail(f"/runs/{run}/", status=502, times=5)

    arn = stack.start(counted)
    failed = stack.ended(arn)

    assert (failed["status"], failed["error"]) == ("FAILED", "GitHubUnavailable")
    assert stack.item("RunsTable", run_id=run, run_attempt=1) is None

    stack.redrive(arn)
    redriven = stack.ended(arn)

    assert (redriven["status"], redriven["redriveCount"]) == ("SUCCEEDED", 1)
    assert redriven["output"]["stored"] is True
    counters = stack.item("RepositoriesTable", repository_id=repository)
    assert (counters["runs"], counters["attempts"], counters["cost_usd"]) == (1, 1, 2 * LINUX_USD)
    assert stack.states(arn).count("ReadRunEvent") == 1  # it went on where it had failed


def test_a_github_that_comes_back_is_not_worth_a_failure(stack, counted):
    stack.fail(f"/runs/{ids(counted)[0]}/", status=502, times=4)

    assert stack.ended(stack.start(counted))["status"] == "SUCCEEDED"


def test_a_rate_limit_is_waited_out(stack, counted):
    headers = {"retry-after": "20"}
    stack.fail(f"/runs/{ids(counted)[0]}/", status=403, headers=headers, times=2)

    arn = stack.start(counted)
    ended = stack.ended(arn)

    assert ended["status"] == "SUCCEEDED", ended
    states = stack.states(arn)
    assert (states.count("WaitForRateLimit"), states.count("FetchJobs")) == (2, 3)


def test_a_rate_limit_without_end_fails_by_name_and_is_redriven(stack, counted):
    headers = {"retry-after": "1"}
    stack.fail(f"/runs/{ids(counted)[0]}/", status=429, headers=headers)

    arn = stack.start(counted)
    failed = stack.ended(arn)

    assert (failed["status"], failed["error"]) == ("FAILED", "RateLimited")
    assert stack.states(arn).count("WaitForRateLimit") == 5

    stack.heal()
    stack.redrive(arn)

    assert stack.ended(arn)["status"] == "SUCCEEDED"


def test_jobs_that_are_not_settled_are_asked_for_again(stack, new_payload, new_job):
    payload = new_payload()
    unsettled = new_job(minutes=2)
    running = {"status": "in_progress", "conclusion": None, "completed_at": None}
    stack.register(payload["workflow_run"], {1: [unsettled | running]})

    arn = stack.start(payload)
    stack.wait_for_state(arn, "FetchJobs")
    time.sleep(1)
    stack.register(payload["workflow_run"], {1: [unsettled]})

    ended = stack.ended(arn)
    assert ended["status"] == "SUCCEEDED", ended
    assert ended["output"]["cost_usd"] == "0.012"


def test_an_owner_without_the_app_fails_by_name(stack, new_payload):
    payload = new_payload()
    payload["repository"] |= {"name": "web", "full_name": "stranger/web"}

    ended = stack.ended(stack.start(payload))

    assert (ended["status"], ended["error"]) == ("FAILED", "InstallationMissing")
    assert "stranger has not installed the App" in ended["cause"]


def test_an_installation_that_was_replaced_is_found_by_its_repository(stack, counted):
    ended = stack.ended(stack.start(counted, installation_id=999_999_999))

    assert ended["status"] == "SUCCEEDED", ended


def test_an_input_of_another_kind_fails_at_once_by_the_name_of_its_field(stack, counted):
    ended = stack.ended(stack.start(counted, repository={"id": "5"}))

    assert (ended["status"], ended["error"]) == ("FAILED", "InvalidPayload")
    assert "repository.id: expected a whole number, got a text" in ended["cause"]
    assert stack.states(ended["executionArn"]) == ["ReadRunEvent"]


def test_a_failure_is_mailed_in_a_sentence_with_a_link(stack, new_payload):
    payload = new_payload()
    payload["repository"] |= {"name": "web", "full_name": "stranger/web"}

    ended = stack.ended(stack.start(payload))

    arn = ended["executionArn"]
    link = f"{stack.layout.dashboard_url}/executions/find/?arn={arn}"
    mail = eventually(
        lambda: next((m for m in stack.control.get("/mails").json() if link in m["body"]), None)
    )
    told = f"the execution {ended['name']} of workflow-cost ended with the status FAILED"
    assert told in mail["body"]


def test_status_changes_lie_in_the_queue(stack, counted):
    ended = stack.ended(stack.start(counted))

    seen = set()

    def receive() -> None:
        answer = stack.client("sqs").receive_message(
            QueueUrl=stack.outputs["StatusQueueUrl"], MaxNumberOfMessages=10, WaitTimeSeconds=1
        )
        # Other tests leave other messages behind, and one of them no JSON.
        bodies = [each["Body"] for each in answer.get("Messages", [])]
        ours = [json.loads(body) for body in bodies if ended["executionArn"] in body]
        seen.update(each["detail"]["status"] for each in ours)

    eventually(lambda: seen >= {"RUNNING", "SUCCEEDED"}, receive)
    assert seen == {"RUNNING", "SUCCEEDED"}
