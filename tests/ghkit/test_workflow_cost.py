"""From an event and its jobs to the item that is stored."""

import json

import pytest

from ghkit import fetched_jobs, run_items, workflow_cost
from ghkit.contracts import RunAttributes
from ghkit.errors import RunTooLarge

ARN = "arn:aws:states:us-east-1:000000000000:execution:ghadmin-workflow-cost:workflow_run-72d3162e"

EVENT = {
    "delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
    "event": "workflow_run",
    "action": "completed",
    "installation_id": 4242,
    "organization": None,
    "repository": {
        "id": 300029405,
        "owner": "octo-org",
        "name": "octo-repo",
        "full_name": "octo-org/octo-repo",
        "private": True,
        "visibility": "private",
    },
    "run": {
        "id": 289782451,
        "run_attempt": 2,
        "run_number": 163,
        "name": "test",
        "path": ".github/workflows/test.yml",
        "event": "push",
        "conclusion": "success",
        "head_branch": None,
        "actor": "octo-user",
        "created_at": "2026-11-02T10:00:00Z",
        "run_started_at": "2026-11-02T10:30:00Z",
        "updated_at": "2026-11-02T10:39:00Z",
    },
}


def job(number=1, **fields):
    return {
        "id": number,
        "name": f"job {number}",
        "conclusion": "success",
        "started_at": "2026-11-02T10:34:58Z",
        "completed_at": "2026-11-02T10:38:16Z",
        "labels": ["ubuntu-latest"],
        "runner_id": 7,
        "runner_name": "GitHub Actions 7",
        "runner_group_name": "GitHub Actions",
        **fields,
    }


def price(jobs, event=EVENT):
    return workflow_cost.price(event, jobs, execution_arn=ARN)


def test_an_attempt_is_written_down_with_all_that_the_table_keeps():
    attributes = price([job(1), job(2, labels=["self-hosted"], runner_group_name="Default")])

    jobs = attributes.pop("jobs")
    assert attributes == {
        "run_id": "289782451",
        "run_attempt": "2",
        "repository_id": "300029405",
        "repository": "octo-org/octo-repo",
        "organization": "",
        "private": True,
        "visibility": "private",
        "workflow": "test",
        "workflow_path": ".github/workflows/test.yml",
        "run_number": "163",
        "event": "push",
        "conclusion": "success",
        "head_branch": "",
        "actor": "octo-user",
        "completed_at": "2026-11-02T10:38:16Z",
        "billable_minutes": "4",
        "self_hosted_minutes": "4",
        "unknown_sku_minutes": "0",
        "cost_usd": "0.024",
        "billed_usd": "0.024",
        "delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
        "execution_arn": ARN,
    }
    assert [each["sku_kind"] for each in json.loads(jobs)] == ["standard", "self_hosted"]


def test_an_item_holds_exactly_what_the_contract_names():
    assert set(price([job()])) == set(RunAttributes.__annotations__)


def test_a_run_without_jobs_costs_nothing_and_ends_when_github_last_touched_it():
    attributes = price([])

    assert (attributes["cost_usd"], attributes["completed_at"]) == ("0", "2026-11-02T10:39:00Z")


def test_a_workflow_without_a_name_goes_by_its_file():
    nameless = {**EVENT, "run": {**EVENT["run"], "name": ""}}

    assert price([], nameless)["workflow"] == ".github/workflows/test.yml"


def test_a_priced_run_is_read_back_from_its_item():
    attributes = price([job(1), job(2, labels=["unheard-of"])])

    priced = run_items.from_item(attributes)

    assert str(priced.cost_usd) == attributes["cost_usd"]
    assert priced.unknown_sku_minutes == 4


def test_every_attribute_has_its_type_and_no_number_is_a_float():
    item = workflow_cost.to_dynamodb(price([job()]))

    assert {name for name, value in item.items() if "N" in value} == workflow_cost.NUMBERS
    assert item["cost_usd"] == {"N": "0.024"}
    assert item["private"] == {"Bool": True}
    assert item["organization"] == {"S": ""}


@pytest.mark.parametrize("letter", ["x", "😀", '"', "\\"])
def test_256_jobs_fit_into_the_state_machine_whatever_they_are_called(letter):
    fetched = fetched_jobs.fit([job(n, name=letter * 1_000) for n in range(10**11, 10**11 + 256)])

    item = workflow_cost.to_dynamodb(price(fetched))

    assert len(json.dumps(item)) <= workflow_cost.ITEM_MAX_BYTES


def test_jobs_that_no_longer_fit_once_priced_are_refused_by_name():
    labels = [f"a-label-that-tells-a-story-{number}" for number in range(10)]
    jobs = [job(number, labels=labels) for number in range(256)]

    with pytest.raises(RunTooLarge, match="one execution carries 245760"):
        workflow_cost.to_dynamodb(price(jobs))
