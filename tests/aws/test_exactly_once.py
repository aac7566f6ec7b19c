"""Each attempt is stored once and counted once, whatever happens (docs/adr/0006)."""

import json
import random
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from decimal import Decimal
from functools import reduce
from operator import getitem
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from scripts import deploy_stack
from tests.waiting import eventually

MACHINE = Path(__file__).parents[2] / "aws" / "statemachines" / "workflow-cost.asl.json"
SUMS = ("billable_minutes", "self_hosted_minutes", "unknown_sku_minutes", "cost_usd", "billed_usd")


def ids(payload):
    return payload["workflow_run"]["id"], payload["repository"]["id"]


def start_all(stack, payloads):
    """Start executions for all bodies at once, each under a delivery of its own."""
    with ThreadPoolExecutor(max_workers=20) as pool:
        return list(pool.map(stack.start, payloads))


def ended_all(stack, arns, seconds=240):
    ended = [stack.ended(arn, seconds) for arn in arns]
    assert Counter(each["status"] for each in ended) == {"SUCCEEDED": len(arns)}
    return ended


def counters_of(stack, repository):
    found = stack.item("RepositoriesTable", repository_id=repository)
    return {name: found[name] for name in ("runs", "attempts", *SUMS)}


def sums_of(stack, repository):
    """What the counters must be: computed from the items themselves."""
    items = stack.items("RunsTable", repository_id=repository)
    return {
        "runs": len({item["run_id"] for item in items}),
        "attempts": len(items),
        **{name: sum((item[name] for item in items), Decimal(0)) for name in SUMS},
    }


def put_counters(stack, repository, value):
    stack.client("dynamodb").put_item(
        TableName=stack.outputs["RepositoriesTable"],
        Item={"repository_id": {"N": str(repository)}, "runs": value},
    )


def test_twenty_deliveries_of_one_attempt_at_once_store_it_once(stack, new_payload, new_job):
    payload = new_payload()
    run, repository = ids(payload)
    stack.register(payload["workflow_run"], {1: [new_job(minutes=4)]})

    ended = ended_all(stack, start_all(stack, [payload] * 20))

    assert Counter(each["output"]["stored"] for each in ended) == {True: 1, False: 19}
    assert {each["output"]["cost_usd"] for each in ended} == {"0.024"}
    assert len(stack.items("RunsTable", run_id=run)) == 1
    assert counters_of(stack, repository) == {
        "runs": 1,
        "attempts": 1,
        "billable_minutes": 4,
        "self_hosted_minutes": 0,
        "unknown_sku_minutes": 0,
        "cost_usd": Decimal("0.024"),
        "billed_usd": Decimal("0.024"),
    }


def test_a_delivery_of_a_stored_attempt_changes_nothing_and_tells_what_is_stored(
    stack, new_payload, new_job
):
    payload = new_payload()
    run, repository = ids(payload)
    stack.register(payload["workflow_run"], {1: [new_job(minutes=4)]})
    ended_all(stack, [stack.start(payload)])
    before = stack.item("RunsTable", run_id=run, run_attempt=1)
    # GitHub now tells another story; what was stored and counted stands.
    stack.register(payload["workflow_run"], {1: [new_job(minutes=40)]})

    (again,) = ended_all(stack, [stack.start(payload)])

    assert (again["output"]["stored"], again["output"]["cost_usd"]) == (False, "0.024")
    assert stack.item("RunsTable", run_id=run, run_attempt=1) == before
    assert counters_of(stack, repository) == sums_of(stack, repository)


def test_a_second_attempt_is_an_item_of_its_own_and_the_same_run(stack, new_payload, new_job):
    payload = new_payload()
    run, repository = ids(payload)
    stack.register(payload["workflow_run"], {1: [new_job(minutes=4)]})
    ended_all(stack, [stack.start(payload)])
    rerun = new_payload(repository=repository, run=run, attempt=2)
    stack.register(rerun["workflow_run"], {2: [new_job(minutes=3)]})

    arn = stack.start(rerun)
    ended_all(stack, [arn])

    assert "CountAttemptOnly" in stack.states(arn)
    costs = {
        item["run_attempt"]: item["cost_usd"] for item in stack.items("RunsTable", run_id=run)
    }
    assert costs == {1: Decimal("0.024"), 2: Decimal("0.018")}
    counters = counters_of(stack, repository)
    assert (counters["runs"], counters["attempts"], counters["cost_usd"]) == (
        1,
        2,
        Decimal("0.042"),
    )


def test_attempts_of_one_run_at_once_are_one_run(stack, new_payload, new_job):
    first = new_payload()
    run, repository = ids(first)
    payloads = [new_payload(repository=repository, run=run, attempt=n) for n in (1, 2, 3)]
    for payload in payloads:
        attempt = payload["workflow_run"]["run_attempt"]
        stack.register(payload["workflow_run"], {attempt: [new_job(minutes=attempt)]})

    ended_all(stack, start_all(stack, payloads * 3))

    counters = counters_of(stack, repository)
    assert (counters["runs"], counters["attempts"], counters["billable_minutes"]) == (1, 3, 6)
    assert counters == sums_of(stack, repository)


def test_many_runs_of_one_repository_at_once_are_all_counted(stack, new_payload, new_job):
    repository = stack.number()
    payloads = [new_payload(repository=repository) for _ in range(60)]
    for number, payload in enumerate(payloads):
        stack.register(payload["workflow_run"], {1: [new_job(minutes=1 + number % 7)]})

    ended_all(stack, start_all(stack, payloads))

    counters = counters_of(stack, repository)
    assert (counters["runs"], counters["attempts"]) == (60, 60)
    assert counters == sums_of(stack, repository)


def test_any_mixture_of_copies_and_attempts_adds_up(stack, new_payload, new_job):
    repository = stack.number()
    payloads = []
    for _ in range(4):
        run = stack.number()
        for attempt in (1, 2):
            payload = new_payload(repository=repository, run=run, attempt=attempt)
            jobs = [new_job(minutes=random.randint(1, 50)) for _ in range(random.randint(0, 3))]
            stack.register(payload["workflow_run"], {attempt: jobs})
            payloads += [payload] * random.randint(1, 4)
    random.shuffle(payloads)

    ended = ended_all(stack, start_all(stack, payloads))

    assert sum(each["output"]["stored"] for each in ended) == 8
    counters = counters_of(stack, repository)
    assert (counters["runs"], counters["attempts"]) == (4, 8)
    assert counters == sums_of(stack, repository)


def test_a_cancelled_transaction_is_no_proof_that_the_attempt_is_stored(
    stack, new_payload, new_job
):
    """The counters refuse to be counted, as under a conflict: nothing may be taken as stored."""
    payload = new_payload()
    run, repository = ids(payload)
    stack.register(payload["workflow_run"], {1: [new_job(minutes=4)]})
    put_counters(stack, repository, {"S": "broken"})

    arn = stack.start(payload)
    stack.wait_for_state(arn, "WaitForTurn", times=2)
    assert stack.item("RunsTable", run_id=run, run_attempt=1) is None
    put_counters(stack, repository, {"N": "0"})

    (ended,) = ended_all(stack, [arn])
    assert ended["output"]["stored"] is True
    assert counters_of(stack, repository) == sums_of(stack, repository)


def test_a_redrive_decides_anew_what_was_decided_before_it(stack, new_payload, new_job):
    """Stopped while it held the first attempt to be the first; then the second came first."""
    first = new_payload()
    run, repository = ids(first)
    second = new_payload(repository=repository, run=run, attempt=2)
    for payload in (first, second):
        attempt = payload["workflow_run"]["run_attempt"]
        stack.register(payload["workflow_run"], {attempt: [new_job(minutes=attempt)]})
    put_counters(stack, repository, {"S": "broken"})
    arn = stack.start(first)
    stack.wait_for_state(arn, "StoreRun")
    stack.client("stepfunctions").stop_execution(executionArn=arn)
    assert stack.ended(arn)["status"] == "ABORTED"
    put_counters(stack, repository, {"N": "0"})
    ended_all(stack, [stack.start(second)])

    stack.redrive(arn)

    (ended,) = ended_all(stack, [arn])
    assert ended["output"]["stored"] is True
    counters = counters_of(stack, repository)
    assert (counters["runs"], counters["attempts"]) == (1, 2)
    assert counters == sums_of(stack, repository)


def resolved(template, data):
    """A state's Parameters with each `"name.$": "$.path"` replaced by what is there."""
    if isinstance(template, list):
        return [resolved(each, data) for each in template]
    if not isinstance(template, dict):
        return template
    found = {}
    for name, value in template.items():
        if name.endswith(".$"):
            found[name[:-2]] = reduce(getitem, value.removeprefix("$.").split("."), data)
        else:
            found[name] = resolved(value, data)
    return found


@pytest.fixture
def store(stack):
    """Do what StoreRun does, with a decision of ours."""
    states = json.loads(MACHINE.read_text())["States"]

    def transact(repository, run, attempt, decision):
        numbers = {"repository_id": repository, "run_id": run, "run_attempt": attempt}
        item = {name: {"N": str(number)} for name, number in numbers.items()}
        item |= {name: {"S": "octo"} for name in ("repository", "organization")}
        item |= {name: {"N": "1"} for name in SUMS}
        data = {"item": item, "count": states[decision]["Result"]}
        parameters = resolved(states["StoreRun"]["Parameters"], data)
        for transacted in parameters["TransactItems"]:
            for order in transacted.values():
                order["TableName"] = stack.outputs[order["TableName"].strip("${}")]
        stack.client("dynamodb").transact_write_items(**parameters)

    return transact


@pytest.mark.parametrize(
    ("before", "stale"),
    [
        # Another attempt came first since FindRun looked.
        ([(1, "CountRunAndAttempt")], (2, "CountRunAndAttempt")),
        # The same attempt was stored since, as the first or not.
        ([(1, "CountRunAndAttempt")], (1, "CountAttemptOnly")),
        ([(1, "CountRunAndAttempt"), (2, "CountAttemptOnly")], (2, "CountAttemptOnly")),
        # Nothing ever makes this true; it must not count a run that has no mark either.
        ([], (1, "CountAttemptOnly")),
    ],
)
def test_a_decision_that_no_longer_holds_writes_nothing(stack, store, before, stale):
    repository, run = stack.number(), stack.number()
    for attempt, decision in before:
        store(repository, run, attempt, decision)
    counted = stack.item("RepositoriesTable", repository_id=repository)

    attempt, decision = stale
    with pytest.raises(stack.client("dynamodb").exceptions.TransactionCanceledException):
        store(repository, run, attempt, decision)

    assert stack.item("RepositoriesTable", repository_id=repository) == counted
    assert len(stack.items("RunsTable", run_id=run)) == len(before)


def test_what_is_stopped_anywhere_and_redriven_adds_up(stack, new_payload, new_job):
    repository = stack.number()
    payloads = [new_payload(repository=repository) for _ in range(12)]
    for minutes, payload in enumerate(payloads, start=1):
        stack.register(payload["workflow_run"], {1: [new_job(minutes=minutes)]})

    def start_stop_and_redrive(payload):
        arn = stack.start(payload)
        time.sleep(random.random())
        with suppress(ClientError):  # it may have ended
            stack.client("stepfunctions").stop_execution(executionArn=arn)
        if stack.ended(arn)["status"] == "ABORTED":
            stack.redrive(arn)
        return arn

    with ThreadPoolExecutor(max_workers=12) as pool:
        arns = list(pool.map(start_stop_and_redrive, payloads))

    ended_all(stack, arns)
    counters = counters_of(stack, repository)
    assert (counters["runs"], counters["billable_minutes"]) == (12, sum(range(1, 13)))
    assert counters == sums_of(stack, repository)


@pytest.fixture
def notifying(stack):
    """A second stack, which mails successes as well; made once, put in order for each test."""
    outputs = deploy_stack.deploy(
        endpoint_url=stack.layout.aws_url,
        stack="ghadmin-notifying",
        parameters={
            "DashboardUrl": stack.layout.dashboard_url,
            "GitHubApiUrl": stack.layout.github_url,
            "NotifyOnSuccessWorkflowCost": "true",
        },
        app_id="4241",
        private_key=stack.layout.private_key_file.read_text(),
        notify_url=f"{stack.layout.control_url}/sns",
    )
    return type(stack)(stack.layout, outputs, stack.control, stack.client, 0)


def test_a_success_is_mailed_where_the_stack_says_so(notifying, stack, new_payload, new_job):
    payload = new_payload()
    run, repository = ids(payload)
    notifying.register(payload["workflow_run"], {1: [new_job(minutes=4)]})

    ended_all(notifying, [notifying.start(payload)])

    expected = f"Run {run} (attempt 1) of octo-org/octo-{repository} cost USD 0.024;"
    found = eventually(
        lambda: [m for m in stack.control.get("/mails").json() if expected in m["body"]]
    )
    assert [mail["subject"] for mail in found] == ["ghadmin: the cost of a workflow run is known"]


def test_a_redrive_of_what_was_stored_counts_nothing_again(notifying, new_payload, new_job):
    """The mail fails after the run was stored; the redrive sends the mail and no more."""
    payload = new_payload()
    run, repository = ids(payload)
    notifying.register(payload["workflow_run"], {1: [new_job(minutes=4)]})
    topic = notifying.outputs["TopicArn"]
    notifying.client("sns").delete_topic(TopicArn=topic)

    arn = notifying.start(payload)
    failed = notifying.ended(arn)

    assert failed["status"] == "FAILED"
    assert notifying.states(arn)[-1] == "NotifyDone"
    stored = notifying.item("RunsTable", run_id=run, run_attempt=1)
    before = counters_of(notifying, repository)

    notifying.client("sns").create_topic(Name=topic.rpartition(":")[2])
    notifying.redrive(arn)

    (ended,) = ended_all(notifying, [arn])
    assert ended["output"]["stored"] is True
    assert notifying.item("RunsTable", run_id=run, run_attempt=1) == stored
    assert counters_of(notifying, repository) == before
