"""Runs, attempts and jobs: what was registered is what is answered."""

import pytest

REPOSITORY = {"full_name": "sandbox-org/api"}
RUNS = "/repos/sandbox-org/api/actions/runs"


def job(number: int, **more):
    return {"id": number, "name": f"job {number}", **more}


@pytest.mark.parametrize(
    "name",
    [
        "workflow_run__completed",
        "workflow_run__completed_queued",
        "workflow_run__completed_with_pull_requests",
        "workflow_run__requested",
        "workflow_run__requested_with_conclusion",
    ],
)
def test_a_real_run_comes_back_exactly_as_given(services, payload, name):
    run = payload(name)["workflow_run"]
    services.put_run(run)
    owner, repository = run["repository"]["full_name"].split("/")
    installation = services.get_as_app(f"/users/{owner}/installation").json()["id"]

    answer = services.get(
        f"/repos/{owner}/{repository}/actions/runs/{run['id']}", token=services.token(installation)
    ).json()

    assert {name: answer[name] for name in run} == run


def test_a_real_job_comes_back_exactly_as_given(services, payload):
    given = payload("workflow_job__completed_success")["workflow_job"]
    services.put_run({"id": 7, "repository": REPOSITORY}, {"1": [given]})

    [answer] = services.get(f"{RUNS}/7/attempts/1/jobs").json()["jobs"]

    assert {name: answer[name] for name in given} == given


def test_nulls_stay_nulls(services):
    run = {"id": 7, "repository": REPOSITORY, "head_branch": None, "conclusion": None}
    services.put_run(run, {"1": [job(1, completed_at=None, runner_name=None)]})

    answer = services.get(f"{RUNS}/7").json()
    [answered_job] = services.get(f"{RUNS}/7/jobs").json()["jobs"]

    assert (answer["head_branch"], answer["conclusion"]) == (None, None)
    assert (answered_job["completed_at"], answered_job["status"]) == (None, "in_progress")
    assert (answered_job["runner_name"], answered_job["runner_group_name"]) == (None, None)


def test_jobs_are_listed_by_the_attempt_in_which_they_ran(services):
    services.put_run(
        {"id": 7, "repository": REPOSITORY},
        {"1": [job(1), job(2)], "2": [job(3)]},
    )

    def ids(path: str) -> list[int]:
        return [each["id"] for each in services.get(f"{RUNS}/7/{path}").json()["jobs"]]

    assert ids("attempts/1/jobs") == [1, 2]
    assert ids("attempts/2/jobs") == [3]
    assert ids("jobs") == [3]
    assert ids("jobs?filter=latest") == [3]
    assert ids("jobs?filter=all") == [1, 2, 3]


def test_a_new_attempt_leaves_the_earlier_ones(services):
    first = {"id": 7, "repository": REPOSITORY, "run_attempt": 1, "conclusion": "failure"}
    services.put_run(first, {"1": [job(1, conclusion="failure")]})

    services.put_run(first | {"run_attempt": 2, "conclusion": "success"}, {"2": [job(2)]})

    attempts = [services.get(f"{RUNS}/7/attempts/{number}").json() for number in (1, 2)]
    assert [each["conclusion"] for each in attempts] == ["failure", "success"]
    assert [each["run_attempt"] for each in attempts] == [1, 2]
    assert services.get(f"{RUNS}/7").json()["run_attempt"] == 2
    assert services.get(f"{RUNS}/7/attempts/1/jobs").json()["jobs"][0]["id"] == 1


def test_the_same_registration_twice_changes_nothing(services):
    run = {"id": 7, "repository": REPOSITORY}
    services.put_run(run, {"1": [job(1)]})
    before = services.get(f"{RUNS}/7/jobs?filter=all").json()

    services.put_run(run, {"1": [job(1)]})

    assert services.get(f"{RUNS}/7/jobs?filter=all").json() == before
    assert services.get(RUNS).json()["total_count"] == 1


def test_an_attempt_of_which_only_jobs_are_known_is_described_by_them(services):
    services.put_run(
        {"id": 7, "repository": REPOSITORY, "name": "Build", "run_attempt": 2},
        {
            "1": [
                job(1, conclusion="failure", started_at="2026-11-01T10:00:00Z"),
                job(2, completed_at="2026-11-01T10:09:00Z"),
            ]
        },
    )

    answer = services.get(f"{RUNS}/7/attempts/1").json()

    assert (answer["name"], answer["run_attempt"], answer["conclusion"]) == ("Build", 1, "failure")
    assert answer["run_started_at"] == "2026-11-01T10:00:00Z"
    assert answer["updated_at"] == "2026-11-01T10:09:00Z"


def test_a_job_is_found_by_its_id(services):
    services.put_run({"id": 7, "repository": REPOSITORY}, {"1": [job(11)], "2": [job(12)]})

    answer = services.get("/repos/sandbox-org/api/actions/jobs/11").json()

    assert (answer["name"], answer["run_id"], answer["run_attempt"]) == ("job 11", 7, 1)


def test_jobs_without_ids_get_ids_that_stay(services):
    services.put_run({"id": 7, "repository": REPOSITORY}, {"1": [{}, {}]})

    ids = [each["id"] for each in services.get(f"{RUNS}/7/jobs").json()["jobs"]]

    assert len(set(ids)) == 2
    assert services.get(f"/repos/sandbox-org/api/actions/jobs/{ids[1]}").json()["id"] == ids[1]


@pytest.mark.parametrize(
    "path",
    [
        f"{RUNS}/8",
        f"{RUNS}/7/attempts/2",
        f"{RUNS}/7/attempts/2/jobs",
        f"{RUNS}/7/attempts/0/jobs",
        f"{RUNS}/8/jobs",
        "/repos/sandbox-org/api/actions/jobs/99",
        "/repos/sandbox-org/web/actions/runs/7",
        "/repos/sandbox-org/api/actions/nothing",
    ],
)
def test_what_is_not_there_is_not_found(services, path):
    services.put_run({"id": 7, "repository": REPOSITORY}, {"1": [job(1)]})
    services.put_run({"id": 9, "repository": {"full_name": "sandbox-org/web"}})

    answer = services.get(path)

    assert answer.status_code == 404
    assert answer.json()["message"] == "Not Found"
    assert answer.json()["documentation_url"].startswith("https://docs.github.com/rest")


def test_links_lead_back_to_the_host_that_was_asked(services):
    services.put_run({"id": 7, "repository": REPOSITORY})
    port = services.github.rpartition(":")[2]

    by_name = services.get(f"{RUNS}/7", Host=f"localhost:{port}").json()
    by_number = services.get(f"{RUNS}/7").json()

    assert by_name["jobs_url"] == f"http://localhost:{port}{RUNS}/7/jobs"
    assert by_number["jobs_url"] == f"{services.github}{RUNS}/7/jobs"
    assert by_number["repository"]["url"] == f"{services.github}/repos/sandbox-org/api"


def test_a_repository_keeps_what_a_run_said_of_it_but_its_addresses(services, payload):
    given = payload("workflow_run__completed")["workflow_run"]
    services.put_run(given)

    answer = services.get("/repos/octo-org/octo-repo").json()

    assert answer["id"] == given["repository"]["id"]
    assert answer["description"] == given["repository"]["description"]
    assert answer["url"] == f"{services.github}/repos/octo-org/octo-repo"


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("", [3, 2, 1]),
        ("event=push", [3, 1]),
        ("branch=fix", [2]),
        ("status=failure", [2]),
        ("status=completed", [3, 2, 1]),
        ("actor=mona", [3]),
        ("event=push&actor=mona", [3]),
        ("created=>=2026-11-02", [3, 2]),
        ("created=>2026-11-02", [3]),
        ("created=<2026-11-02", [1]),
        ("created=<=2026-11-02", [2, 1]),
        ("created=2026-11-02", [2]),
        ("created=2026-11-01..2026-11-02", [2, 1]),
        ("created=*..2026-11-01", [1]),
        ("created=2026-11-03T09:00:00Z..*", [3]),
    ],
)
def test_runs_are_listed_newest_first_and_by_every_filter(services, query, ids):
    runs = [
        {"id": 1, "created_at": "2026-11-01T09:00:00Z"},
        {
            "id": 2,
            "created_at": "2026-11-02T09:00:00Z",
            "event": "schedule",
            "head_branch": "fix",
            "conclusion": "failure",
        },
        {"id": 3, "created_at": "2026-11-03T09:00:00Z", "actor": {"login": "mona"}},
    ]
    for run in runs:
        services.put_run(run | {"repository": REPOSITORY})

    answer = services.get(f"{RUNS}?{query}").json()

    assert [run["id"] for run in answer["workflow_runs"]] == ids
    assert answer["total_count"] == len(ids)


def test_a_span_that_is_none_is_refused(services):
    services.put_run({"id": 1, "repository": REPOSITORY})

    answer = services.get(f"{RUNS}?created=yesterday")

    assert answer.status_code == 422
