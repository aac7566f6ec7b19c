import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ghkit.errors import InvalidPayload
from ghkit.jobs import Job, parse_job

FIXTURES = Path(__file__).parents[1] / "fixtures" / "github"

RAW = {
    "id": 36728232182,
    "name": "build",
    "conclusion": "success",
    "started_at": "2026-11-02T10:34:58Z",
    "completed_at": "2026-11-02T10:38:16Z",
    "labels": ["ubuntu-latest"],
    "runner_id": 7,
    "runner_name": "GitHub Actions 7",
    "runner_group_name": "GitHub Actions",
}


def test_parse_reads_the_job_of_githubs_own_example():
    payload = json.loads((FIXTURES / "workflow_job__completed_success.json").read_text())

    job = parse_job(payload["workflow_job"])

    assert job == Job(
        id=payload["workflow_job"]["id"],
        name=payload["workflow_job"]["name"],
        conclusion="success",
        started_at=datetime.fromisoformat(payload["workflow_job"]["started_at"]),
        completed_at=datetime.fromisoformat(payload["workflow_job"]["completed_at"]),
        labels=tuple(payload["workflow_job"]["labels"]),
        runner_id=payload["workflow_job"]["runner_id"],
        runner_name=payload["workflow_job"]["runner_name"],
        runner_group_name=payload["workflow_job"]["runner_group_name"],
    )


def test_parse_reads_every_field_and_ignores_the_rest():
    assert parse_job(RAW | {"steps": [], "head_sha": "f00"}) == Job(
        id=36728232182,
        name="build",
        conclusion="success",
        started_at=datetime(2026, 11, 2, 10, 34, 58, tzinfo=UTC),
        completed_at=datetime(2026, 11, 2, 10, 38, 16, tzinfo=UTC),
        labels=("ubuntu-latest",),
        runner_id=7,
        runner_name="GitHub Actions 7",
        runner_group_name="GitHub Actions",
    )


def test_parse_takes_null_and_missing_for_what_github_may_leave_out():
    nulls = dict.fromkeys(["conclusion", "started_at", "completed_at", "runner_id", "runner_name"])
    missing = {"id": 1, "name": "build", "labels": []}

    assert (
        parse_job(missing | nulls) == parse_job(missing) == Job(1, "build", None, None, None, ())
    )


@pytest.mark.parametrize(
    ("change", "field", "problem"),
    [
        ({"id": "7"}, "jobs[3].id", "expected int, got str"),
        ({"id": True}, "jobs[3].id", "expected int, got bool"),
        ({"name": None}, "jobs[3].name", "expected str, got NoneType"),
        ({"labels": "ubuntu-latest"}, "jobs[3].labels", "expected list, got str"),
        ({"labels": [1]}, "jobs[3].labels", "expected texts"),
        ({"runner_id": "7"}, "jobs[3].runner_id", "expected int, got str"),
        ({"started_at": 0}, "jobs[3].started_at", "expected a timestamp, got int"),
        ({"completed_at": "now"}, "jobs[3].completed_at", "expected an ISO 8601 timestamp"),
    ],
)
def test_parse_names_the_field_that_cannot_be_right(change, field, problem):
    with pytest.raises(InvalidPayload) as caught:
        parse_job(RAW | change, field="jobs[3]")

    assert (caught.value.field, caught.value.problem) == (field, problem)


def test_parse_refuses_what_is_no_object():
    with pytest.raises(InvalidPayload, match=r"jobs\[0\]: expected an object, got list"):
        parse_job([], field="jobs[0]")


@pytest.mark.parametrize(
    ("runner", "has_runner"),
    [
        ({"runner_id": 7, "runner_name": "GitHub Actions 7"}, True),
        ({"runner_id": None, "runner_name": "box-1"}, True),
        ({"runner_id": 7, "runner_name": None}, True),
        ({"runner_id": 0, "runner_name": ""}, False),
        ({"runner_id": None, "runner_name": None}, False),
    ],
)
def test_a_job_has_a_runner_when_github_names_one(runner, has_runner):
    assert parse_job(RAW | runner).has_runner is has_runner
