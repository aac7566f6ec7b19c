"""Whatever dies, every delivery ends in exactly one execution, item and row."""

from decimal import Decimal

from tests.factories.runs import linux_job
from tests.waiting import eventually


def test_killing_every_process_in_the_middle_loses_and_doubles_nothing(journey, new_run):
    repository = new_run()["repository"]["id"]
    payloads = [new_run(repository=repository) for _number in range(20)]
    for payload in payloads:
        run = payload["workflow_run"]
        journey.register(run, {1: [linux_job(run["id"] * 10, 30)]})

    guids = []
    victims = iter(["worker", "mirror", "web", "worker", "mirror"])
    for number, payload in enumerate(payloads):
        guids.append(journey.send(payload)["guid"])
        if number % 4 == 3:
            journey.world.kill(next(victims))
            journey.world.wait_until_ready("web")

    full_name = payloads[0]["repository"]["full_name"]
    eventually(lambda: settle(journey, guids), what="the end of every execution")
    rows = eventually(
        lambda: enough(journey.get("costs/runs/", repository=full_name)["results"], 20),
        what="every run in the mirror",
    )
    items = [i for i in journey.items("RUNS_TABLE") if i["repository_id"] == repository]
    [counters] = [
        i for i in journey.items("REPOSITORIES_TABLE") if i["repository_id"] == repository
    ]
    assert len(items) == len(rows) == 20
    assert (counters["runs"], counters["attempts"]) == (20, 20)
    assert counters["cost_usd"] == sum(item["cost_usd"] for item in items) == Decimal("0.120")


def settle(journey, guids):
    """True once every delivery's execution succeeded; presses retry where one failed."""
    open_ones = 0
    for guid in guids:
        execution = journey.execution(guid)
        if execution is None or execution["status"] != "SUCCEEDED":
            open_ones += 1
        if execution and execution["retry"]["action"] == "redrive":
            journey.api.post(f"/api/v1/executions/{execution['id']}/retry/")
    return not open_ones


def enough(rows, count):
    """The rows once there are `count` of them."""
    return rows if len(rows) >= count else None
