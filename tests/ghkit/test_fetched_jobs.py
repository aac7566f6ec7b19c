"""The jobs that a state machine carries."""

import json

import pytest

from ghkit import fetched_jobs
from ghkit.errors import InvalidPayload, JobsNotSettled, RunTooLarge


def raw_job(number=1, **fields):
    return {
        "id": 10**11 + number,
        "run_id": 7,
        "status": "completed",
        "conclusion": "success",
        "name": "build (ubuntu-latest, 3.13)",
        "created_at": "2026-11-02T10:34:50Z",
        "started_at": "2026-11-02T10:34:58Z",
        "completed_at": "2026-11-02T10:38:16Z",
        "steps": [{"name": "Checkout", "number": 1}],
        "labels": ["ubuntu-latest"],
        "runner_id": 123456789,
        "runner_name": "GitHub Actions 1000123456",
        "runner_group_id": 2,
        "runner_group_name": "GitHub Actions",
        **fields,
    }


def project(**fields):
    return fetched_jobs.project_job(raw_job(**fields), field="jobs[0]")


def test_a_job_keeps_what_its_price_and_its_row_need():
    assert project() == {
        "id": 100000000001,
        "name": "build (ubuntu-latest, 3.13)",
        "conclusion": "success",
        "started_at": "2026-11-02T10:34:58Z",
        "completed_at": "2026-11-02T10:38:16Z",
        "labels": ["ubuntu-latest"],
        "runner_id": 123456789,
        "runner_name": "GitHub Actions 1000123456",
        "runner_group_name": "GitHub Actions",
    }


def test_a_job_that_never_ran_keeps_its_gaps():
    job = project(started_at=None, completed_at=None, runner_id=0, runner_name="", labels=[])

    assert (job["started_at"], job["completed_at"], job["runner_name"]) == (None, None, "")


@pytest.mark.parametrize("status", ["queued", "in_progress", "waiting", "pending", None])
def test_a_job_that_is_not_completed_has_no_cost_yet(status):
    with pytest.raises(JobsNotSettled, match="job 100000000001 is not completed"):
        project(status=status)


def test_what_is_no_job_is_refused_by_the_name_of_its_field():
    with pytest.raises(InvalidPayload, match=r"^jobs\[3\].labels: "):
        fetched_jobs.project_job(raw_job(labels="ubuntu"), field="jobs[3]")


def test_usual_names_are_not_cut():
    jobs = [project(number=number) for number in range(256)]

    assert fetched_jobs.fit(jobs) == jobs


@pytest.mark.parametrize("letter", ["x", "ü", "😀", '"'])
def test_256_jobs_fit_whatever_they_are_called(letter):
    jobs = [
        project(number=number, name=letter * 5_000, runner_name=letter * 300)
        for number in range(256)
    ]

    cut = fetched_jobs.fit(jobs)

    assert len(json.dumps(json.dumps(cut))) <= fetched_jobs.JOBS_MAX_BYTES + 8
    assert [job["id"] for job in cut] == [job["id"] for job in jobs]
    assert cut[0]["name"].endswith("…")
    assert cut[0]["labels"] == ["ubuntu-latest"]


def test_a_few_jobs_keep_names_as_long_as_a_page_shows():
    assert fetched_jobs.fit([project(name="x" * 500)])[0]["name"] == "x" * 233 + "…"


def test_more_jobs_than_an_execution_carries_are_refused_by_name():
    jobs = [project(number=number) for number in range(2_000)]

    with pytest.raises(RunTooLarge, match="2000 jobs"):
        fetched_jobs.fit(jobs)
