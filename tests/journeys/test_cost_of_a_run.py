"""A workflow completes: from GitHub's webhook to its cost, through every real part."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest

from tests.factories.runs import linux_job
from tests.waiting import eventually


def test_a_completed_run_costs_its_rounded_minutes_everywhere(journey, new_run):
    payload = new_run()
    run = payload["workflow_run"]
    journey.register(run, {1: [linux_job(run["id"] * 10, 61), linux_job(run["id"] * 10 + 1, 60)]})

    sent = journey.send(payload)
    execution = journey.ended(sent["guid"])

    assert sent["status_code"] == 202
    assert execution["status"] == "SUCCEEDED"
    assert execution["state_machine"] == "workflow-cost"
    assert execution["name"] == f"workflow_run-{sent['guid']}"
    [item] = [i for i in journey.items("RUNS_TABLE") if i["run_id"] == run["id"]]
    assert (item["cost_usd"], item["billable_minutes"]) == (Decimal("0.018"), 3)
    name = payload["repository"]["full_name"]
    [mirrored] = eventually(
        lambda: journey.get("costs/runs/", repository=name)["results"], what="run in the mirror"
    )
    assert mirrored["cost_usd"] == "0.018"
    assert mirrored["billed_usd"] == "0.018"
    assert mirrored["billable_minutes"] == 3


@pytest.mark.parametrize(
    "name", ["workflow_run__requested", "workflow_run__requested_with_conclusion"]
)
def test_a_requested_run_is_stored_with_its_reason_and_starts_nothing(journey, example, name):
    sent = journey.send(example(name))

    delivery = journey.get(f"deliveries/{sent['guid']}/")
    assert sent["status_code"] == 202
    assert delivery["status"] == "ignored"
    assert "completed" in delivery["reason"]
    assert journey.execution(sent["guid"]) is None


def test_twenty_copies_at_once_and_one_a_day_later_are_one_execution_and_one_item(
    journey, new_run
):
    payload = new_run()
    run = payload["workflow_run"]
    journey.register(run, {1: [linux_job(run["id"] * 10, 30)]})
    first = journey.send(payload, lose=True)["guid"]

    with ThreadPoolExecutor(20) as pool:
        copies = list(pool.map(lambda _: journey.send(payload, guid=first), range(20)))
    journey.ended(first)
    later = journey.send(payload, guid=first)

    assert {copy["status_code"] for copy in [*copies, later]} == {202}
    assert len(journey.get("executions/", delivery=first)["results"]) == 1
    assert len([i for i in journey.items("RUNS_TABLE") if i["run_id"] == run["id"]]) == 1
    [counters] = repositories(journey, payload)
    assert (counters["runs"], counters["attempts"]) == (1, 1)
    assert (counters["billable_minutes"], counters["cost_usd"]) == (1, Decimal("0.006"))


def test_each_attempt_is_stored_once_and_the_counters_are_their_sum(journey, new_run):
    payload = new_run()
    run = payload["workflow_run"]
    job_id = run["id"] * 10
    journey.register(
        run,
        {
            1: [linux_job(job_id, 270), linux_job(job_id + 1, 70, conclusion="failure")],
            2: [linux_job(job_id + 2, 185)],
        },
    )

    guids = []
    for attempt in (1, 2, 2, 1):  # each attempt also arrives as a second, different delivery
        payload["workflow_run"] = run | {"run_attempt": attempt}
        guids.append(journey.send(payload)["guid"])
    statuses = {journey.ended(guid)["status"] for guid in guids}

    items = [i for i in journey.items("RUNS_TABLE") if i["run_id"] == run["id"]]
    [counters] = repositories(journey, payload)
    assert statuses == {"SUCCEEDED"}
    assert sorted(item["cost_usd"] for item in items) == [Decimal("0.024"), Decimal("0.042")]
    assert (counters["runs"], counters["attempts"]) == (1, 2)
    assert counters["billable_minutes"] == sum(item["billable_minutes"] for item in items) == 11
    assert counters["cost_usd"] == sum(item["cost_usd"] for item in items) == Decimal("0.066")


def test_github_away_fails_visibly_is_mailed_and_one_click_puts_it_right(journey, new_run):
    payload = new_run()
    run = payload["workflow_run"]
    journey.register(run, {1: [linux_job(run["id"] * 10, 61)]})
    fault = {"service": "github", "path": f"/actions/runs/{run['id']}/", "status": 502, "times": 5}
    journey.control.post("/faults", json=fault).raise_for_status()

    sent = journey.send(payload)
    failed = journey.ended(sent["guid"])
    mail = eventually(
        lambda: next(
            (m for m in journey.control.get("/mails").json() if sent["guid"] in m["body"]), None
        ),
        what="mail of the failure",
    )
    answer = journey.api.post(f"/api/v1/executions/{failed['id']}/retry/")
    again = eventually(
        lambda: next(
            (e for e in [journey.execution(sent["guid"])] if e and e["status"] == "SUCCEEDED"),
            None,
        ),
        what="success after the retry",
    )

    assert (failed["status"], failed["error"]) == ("FAILED", "GitHubUnavailable")
    assert failed["retry"]["action"] == "redrive"
    assert journey.world.layout.dashboard_url in mail["body"]
    assert answer.status_code == 202
    assert again["id"] == failed["id"]
    assert again["redrive_count"] == 1
    [counters] = repositories(journey, payload)
    assert (counters["runs"], counters["attempts"], counters["cost_usd"]) == (
        1,
        1,
        Decimal("0.012"),
    )


def repositories(journey, payload):
    """The counters of the payload's repository, from AWS itself."""
    repository_id = payload["repository"]["id"]
    items = journey.items("REPOSITORIES_TABLE")
    return [item for item in items if item["repository_id"] == repository_id]
