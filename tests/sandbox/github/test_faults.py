"""Answers that fail or dawdle on order."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import github
import pytest
import requests

PATH = "/repos/sandbox-org/api/actions/runs/7/attempts/1/jobs"


@pytest.fixture
def run(services):
    services.put_run({"id": 7, "repository": {"full_name": "sandbox-org/api"}}, {"1": [{"id": 1}]})


def order(services, **fault):
    answer = services.order("POST", "/faults", {"service": "github", **fault})
    assert answer.status_code == 200, answer.text


@pytest.mark.usefixtures("run")
def test_matching_answers_fail_as_often_as_ordered(services):
    order(services, path="/attempts/1/jobs$", status=502, times=3)

    statuses = [services.get(PATH).status_code for _ in range(5)]

    assert statuses == [502, 502, 502, 200, 200]


@pytest.mark.usefixtures("run")
def test_times_is_exact_however_many_ask_at_once(services):
    token = services.token()
    order(services, path="jobs", status=502, times=13)

    def ask(_):
        return requests.get(
            services.github + PATH, headers={"Authorization": f"Bearer {token}"}, timeout=60
        ).status_code

    with ThreadPoolExecutor(20) as pool:
        statuses = Counter(pool.map(ask, range(40)))

    assert statuses == {502: 13, 200: 27}


@pytest.mark.usefixtures("run")
def test_other_paths_are_left_alone(services):
    order(services, path="/attempts/1/jobs$", status=502)

    assert services.get("/repos/sandbox-org/api").status_code == 200
    assert services.get(PATH).status_code == 502


@pytest.mark.usefixtures("run")
def test_faults_without_an_end_end_with_delete(services):
    order(services, path=".", status=503)
    before = services.get(PATH).status_code

    services.order("DELETE", "/faults")

    assert (before, services.get(PATH).status_code) == (503, 200)


@pytest.mark.usefixtures("run")
@pytest.mark.parametrize(("rate", "statuses"), [(0, {200}), (1, {502})])
def test_rate_is_the_share_that_fails(services, rate, statuses):
    order(services, path="jobs", status=502, rate=rate)

    assert {services.get(PATH).status_code for _ in range(10)} == statuses


@pytest.mark.usefixtures("run")
def test_a_rate_between_meets_some(services):
    order(services, path="jobs", status=502, rate=0.5)

    statuses = Counter(services.get(PATH).status_code for _ in range(60))

    # Sixty times the same side of a coin would happen once in 10^17 runs.
    assert set(statuses) == {200, 502}


@pytest.mark.usefixtures("run")
def test_an_answer_may_dawdle_and_still_be_good(services):
    order(services, path="jobs", delay_s=0.3, times=1)
    began = time.monotonic()

    answer = services.get(PATH)

    assert time.monotonic() - began >= 0.3
    assert answer.json()["total_count"] == 1


@pytest.mark.usefixtures("run")
@pytest.mark.parametrize(
    ("fault", "message_begins"),
    [
        ({"status": 502}, "Server Error"),
        ({"status": 401}, "Bad credentials"),
        ({"status": 404}, "Not Found"),
        ({"status": 403}, "Resource not accessible by integration"),
        (
            {"status": 403, "headers": {"x-ratelimit-remaining": "0", "x-ratelimit-reset": 9}},
            "API rate limit exceeded for installation",
        ),
        (
            {"status": 403, "headers": {"Retry-After": "7"}},
            "You have exceeded a secondary rate limit",
        ),
        ({"status": 429}, "You have exceeded a secondary rate limit"),
    ],
)
def test_a_failure_speaks_githubs_words_for_it(services, fault, message_begins):
    order(services, path="jobs", **fault)

    answer = services.get(PATH)

    headers = {name: str(value) for name, value in fault.get("headers", {}).items()}
    assert answer.status_code == fault["status"]
    assert answer.json()["message"].startswith(message_begins)
    assert answer.json()["status"] == str(fault["status"])
    assert {name: answer.headers[name] for name in headers} == headers


@pytest.mark.usefixtures("run")
def test_pygithub_takes_an_ordered_rate_limit_for_one(services):
    order(services, path="/repos", status=403, headers={"x-ratelimit-remaining": "0"})
    client = github.Github(
        auth=github.Auth.Token(services.token()), base_url=services.github, retry=None
    )

    with pytest.raises(github.RateLimitExceededException):
        client.get_repo("sandbox-org/api")

    client.close()


@pytest.mark.usefixtures("run")
def test_failed_answers_stand_in_the_log(services):
    order(services, path="jobs", status=502, times=1)

    services.get(PATH)
    services.get(PATH)

    asked = services.order("GET", "/requests?service=github").json()
    assert [each["status"] for each in asked if each["path"] == PATH] == [502, 200]
    assert [each["method"] for each in asked if each["path"] == PATH] == ["GET", "GET"]
