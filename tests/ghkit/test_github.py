"""The GitHub client, over real HTTP: against the sandbox's GitHub, and against scripted answers."""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from ghkit import errors
from ghkit.github import GitHubApp, runs
from sandbox.runner.layout import APP_ID, ROOT, Layout
from sandbox.runner.processes import Process, Supervisor
from scripts.ports import free_port, free_ports
from tests.factories.scripted_github import TOKEN, Script, scripted

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def layout(tmp_path_factory) -> Layout:
    layout = Layout(state_dir=tmp_path_factory.mktemp("github"), base_port=free_ports(5))
    layout.prepare()
    layout.private_key_file  # noqa: B018 -- makes the key pair
    return layout


@pytest.fixture(scope="module")
def control(layout) -> Iterator[httpx.Client]:
    """The sandbox's GitHub as a process of its own; by its control API it does what tests need."""
    supervisor = Supervisor(ROOT)
    services = Process(
        "services",
        [sys.executable, "-m", "sandbox.services"],
        layout.services_environment,
        layout.logs / "services.log",
        f"{layout.github_url}/meta",
    )
    try:
        supervisor.start(services).wait_until_ready()
        with httpx.Client(base_url=layout.control_url) as client:
            yield client
    finally:
        supervisor.close()


@pytest.fixture
def sandbox(control) -> httpx.Client:
    """The control API, with everything forgotten."""
    control.post("/reset").raise_for_status()
    return control


@pytest.fixture
def app(layout, sandbox) -> GitHubApp:
    return github_app(layout.github_url, layout)


def github_app(url, layout, *, now=lambda: datetime.now(UTC), **fields):
    return GitHubApp(url, APP_ID, layout.private_key_file.read_text(), now=now, **fields)


def register(sandbox, jobs, *, owner="acme", attempt=1):
    run = {"id": 77, "repository": {"full_name": f"{owner}/web"}, "run_attempt": attempt}
    body = {"run": run, "attempts": {str(attempt): jobs}}
    sandbox.put("/runs", json=body).raise_for_status()


def job(number, **fields):
    return {
        "id": 10**11 + number,
        "name": f"test ({number})",
        "status": "completed",
        "conclusion": "success",
        "labels": ["ubuntu-latest"],
        "started_at": "2026-11-02T10:00:00Z",
        "completed_at": "2026-11-02T10:01:00Z",
        "runner_id": 7,
        "runner_name": "GitHub Actions 7",
        "runner_group_name": "GitHub Actions",
        **fields,
    }


def fault(sandbox, path, **order):
    sandbox.post("/faults", json={"service": "github", "path": path, **order}).raise_for_status()


def asked(sandbox):
    """Method, path and status of each request that GitHub got, in order."""
    answer = sandbox.get("/requests", params={"service": "github"}).json()
    return [(each["method"], each["path"], each["status"]) for each in answer]


# Against the sandbox's GitHub


def test_jobs_are_listed_with_what_pricing_needs(app, sandbox):
    register(sandbox, [job(1, steps=[{"name": "Checkout"}])])
    installation = app.find_installation("acme", "web")

    jobs = runs.list_jobs(app, installation, "acme", "web", 77, 1)

    expected = job(1)
    del expected["status"]
    assert jobs == [expected]


def test_all_pages_are_read_and_no_more(app, sandbox):
    register(sandbox, [job(number) for number in range(256)])
    installation = app.find_installation("acme", "web")
    asked_before = len(asked(sandbox))

    jobs = runs.list_jobs(app, installation, "acme", "web", 77, 1)

    assert [each["id"] for each in jobs] == [10**11 + number for number in range(256)]
    assert [path for method, path, _ in asked(sandbox)[asked_before:] if method == "GET"] == [
        "/repos/acme/web/actions/runs/77/attempts/1/jobs"
    ] * 3


def test_the_jobs_of_exactly_this_attempt_are_listed(app, sandbox):
    register(sandbox, [job(1)], attempt=1)
    register(sandbox, [job(2), job(3)], attempt=2)

    jobs = runs.list_jobs(app, None, "acme", "web", 77, 2)

    assert [each["id"] for each in jobs] == [10**11 + 2, 10**11 + 3]


def test_a_run_may_have_no_jobs(app, sandbox):
    register(sandbox, [])

    assert runs.list_jobs(app, None, "acme", "web", 77, 1) == []


def test_a_missing_installation_id_is_looked_up_once_for_all_pages(app, sandbox):
    register(sandbox, [job(number) for number in range(150)])

    runs.list_jobs(app, None, "acme", "web", 77, 1)

    paths = [path for _, path, _ in asked(sandbox)]
    assert paths.count("/repos/acme/web/installation") == 1


def test_an_installation_that_was_looked_up_is_remembered(app, sandbox):
    register(sandbox, [job(1)])

    for _ in range(3):
        runs.list_jobs(app, None, "acme", "web", 77, 1)

    paths = [path for _, path, _ in asked(sandbox)]
    assert paths.count("/repos/acme/web/installation") == 1


def test_an_installation_that_is_gone_is_looked_up_by_its_repository(app, sandbox):
    register(sandbox, [job(1)])

    jobs = runs.list_jobs(app, 999_999, "acme", "web", 77, 1)

    assert len(jobs) == 1


def test_an_owner_without_the_app_is_named(app, sandbox):
    with pytest.raises(errors.InstallationMissing, match=r"^nobody has not installed the App"):
        runs.list_jobs(app, None, "nobody", "web", 77, 1)


def test_a_token_is_asked_for_once_and_may_do_no_more_than_read_actions(app, sandbox):
    register(sandbox, [job(1)])

    for _ in range(3):
        runs.list_jobs(app, None, "acme", "web", 77, 1)

    posts = [path for method, path, _ in asked(sandbox) if method == "POST"]
    assert len(posts) == 1


def test_a_token_is_renewed_before_it_ends(layout, sandbox):
    register(sandbox, [job(1)])
    clock = [datetime.now(UTC)]
    app = github_app(layout.github_url, layout, now=lambda: clock[0])

    tokens = []
    for passed in (0, 54, 56):
        clock[0] = datetime.now(UTC) + timedelta(minutes=passed)
        runs.list_jobs(app, None, "acme", "web", 77, 1)
        tokens.append(len([1 for method, _, _ in asked(sandbox) if method == "POST"]))

    # The sandbox's clock stands still, so that by ours even a new token is nearly at its end.
    assert tokens[0] == tokens[1] == 1
    assert tokens[2] > 1


def test_a_revoked_token_is_replaced_once(app, sandbox):
    register(sandbox, [job(1)])
    runs.list_jobs(app, None, "acme", "web", 77, 1)
    fault(sandbox, "/jobs$", status=401, times=1)

    assert len(runs.list_jobs(app, None, "acme", "web", 77, 1)) == 1


def test_a_token_that_stays_bad_is_a_rejection(app, sandbox):
    register(sandbox, [job(1)])
    fault(sandbox, "/jobs$", status=401)

    with pytest.raises(errors.GitHubRejected) as refusal:
        runs.list_jobs(app, None, "acme", "web", 77, 1)

    assert (refusal.value.status, refusal.value.message) == (401, "Bad credentials")


def test_a_key_that_github_does_not_know_is_a_rejection(layout, sandbox, tmp_path):
    other = Layout(state_dir=tmp_path, base_port=layout.base_port)
    app = github_app(layout.github_url, other)

    with pytest.raises(errors.GitHubRejected) as refusal:
        app.find_installation("acme", "web")

    assert refusal.value.status == 401


def test_a_key_that_is_none_is_refused_at_once():
    with pytest.raises(errors.AppKeyUnusable, match="not the PEM text of an RSA key"):
        GitHubApp("http://127.0.0.1:9", "1", "no key", now=lambda: NOW)


@pytest.mark.parametrize(("app_id", "key"), [("", "a key"), ("1", "")])
def test_an_app_without_id_or_key_is_refused_at_once(app_id, key):
    with pytest.raises(errors.AppKeyUnusable, match="is empty"):
        GitHubApp("http://127.0.0.1:9", app_id, key, now=lambda: NOW)


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_failing_github_is_unavailable(app, sandbox, status):
    register(sandbox, [job(1)])
    fault(sandbox, "/jobs$", status=status)

    with pytest.raises(errors.GitHubUnavailable, match=f"GitHub answered {status}"):
        runs.list_jobs(app, None, "acme", "web", 77, 1)


def test_a_failure_is_met_once_and_not_hidden_by_retries(app, sandbox):
    register(sandbox, [job(1)])
    fault(sandbox, "/jobs$", status=502, times=1)

    with pytest.raises(errors.GitHubUnavailable):
        runs.list_jobs(app, None, "acme", "web", 77, 1)

    assert [status for _, path, status in asked(sandbox) if path.endswith("/jobs")] == [502]


def test_a_github_that_does_not_answer_is_unavailable(layout):
    app = github_app(f"http://127.0.0.1:{free_port()}", layout)

    with pytest.raises(errors.GitHubUnavailable, match="ConnectionError"):
        app.find_installation("acme", "web")


def test_an_answer_that_takes_too_long_is_unavailable(layout, sandbox, monkeypatch):
    monkeypatch.setattr("ghkit.github.app.TIMEOUT_S", 0.2)
    fault(sandbox, "/installation$", delay_s=5)

    with pytest.raises(errors.GitHubUnavailable, match="Timeout"):
        github_app(layout.github_url, layout).find_installation("acme", "web")


@pytest.mark.parametrize("status", ["queued", "in_progress", "waiting"])
def test_jobs_that_are_not_completed_are_not_settled(app, sandbox, status):
    register(sandbox, [job(1), job(2, status=status, conclusion=None, completed_at=None)])

    with pytest.raises(errors.JobsNotSettled, match=f"job 100000000002 .* '{status}'"):
        runs.list_jobs(app, None, "acme", "web", 77, 1)


def test_a_run_that_github_does_not_know_is_a_rejection(app, sandbox):
    register(sandbox, [job(1)])

    with pytest.raises(errors.GitHubRejected) as refusal:
        runs.list_jobs(app, None, "acme", "web", 78, 1)

    assert refusal.value.status == 404


@pytest.mark.parametrize("owner", ["../x", "a/b", "", "..", "a?b", "a b", "a\n"])
def test_a_name_that_is_no_part_of_a_path_is_never_asked_for(app, sandbox, owner):
    with pytest.raises(errors.InvalidPayload):
        runs.list_jobs(app, 4242, owner, "web", 77, 1)

    assert asked(sandbox) == []


def test_a_used_up_limit_tells_when_to_go_on(app, sandbox):
    register(sandbox, [job(1)])
    reset_at = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=10)
    headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(reset_at.timestamp()))}
    fault(sandbox, "/jobs$", status=403, headers=headers)

    with pytest.raises(errors.RateLimited) as limit:
        runs.list_jobs(app, None, "acme", "web", 77, 1)

    assert abs(limit.value.retry_at - reset_at) < timedelta(seconds=1)


# Against scripted answers


@pytest.fixture
def script() -> Iterator[Script]:
    with scripted() as script:
        yield script


def list_jobs(script, layout, *answers, **fields):
    script.answers += answers
    app = github_app(script.url, layout, now=lambda: NOW, **fields)
    return runs.list_jobs(app, 4242, "acme", "web", 77, 1)


@pytest.mark.parametrize(
    ("status", "headers", "message", "seconds"),
    [
        (403, {"Retry-After": "90"}, "You have exceeded a secondary rate limit", 90),
        (429, {"Retry-After": "0"}, "", 1),
        (
            403,
            {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(NOW.timestamp()) + 600)},
            "API rate limit exceeded",
            600,
        ),
        (
            403,
            {
                "Retry-After": "30",
                "X-RateLimit-Remaining": "0",
                "X-RateLimit-Reset": str(int(NOW.timestamp()) + 600),
            },
            "",
            30,
        ),
        (403, {}, "You have exceeded a secondary rate limit. Please wait", 60),
        (429, {}, "", 60),
        (429, {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, "", 60),
        (403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "0"}, "", 1),
        (403, {"Retry-After": "99999999999999"}, "", 65 * 60),
    ],
)
def test_a_limit_is_told_from_a_refusal_and_says_when(
    script, layout, status, headers, message, seconds
):
    with pytest.raises(errors.RateLimited) as limit:
        list_jobs(script, layout, TOKEN, (status, headers, {"message": message}))

    assert limit.value.retry_at == NOW + timedelta(seconds=seconds)


def test_a_limit_on_tokens_is_a_limit_too(script, layout):
    with pytest.raises(errors.RateLimited):
        list_jobs(script, layout, (403, {"Retry-After": "5"}, {"message": "slow down"}))


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (403, "Resource not accessible by integration"),
        (404, "Not Found"),
        (410, "This API version is not supported"),
        (422, "Validation Failed"),
    ],
)
def test_a_refusal_carries_githubs_own_reason(script, layout, status, message):
    with pytest.raises(errors.GitHubRejected) as refusal:
        list_jobs(
            script,
            layout,
            TOKEN,
            (status, {"X-RateLimit-Remaining": "4999"}, {"message": message}),
        )

    assert str(refusal.value) == f"GitHub answered {status}: {message}"


@pytest.mark.parametrize("at", ["token", "jobs"])
def test_a_suspended_installation_is_told_as_such(script, layout, at):
    refusal = (403, {}, {"message": "This installation has been suspended"})
    suspended = (200, {}, {"id": 4242, "suspended_at": "2026-11-01T00:00:00Z"})
    answers = [refusal, suspended] if at == "token" else [TOKEN, refusal]

    with pytest.raises(errors.InstallationMissing, match="acme has suspended the App"):
        list_jobs(script, layout, *answers)


def test_a_failure_need_not_be_json(script, layout):
    with pytest.raises(errors.GitHubUnavailable, match="GitHub answered 502: no reason given"):
        list_jobs(script, layout, TOKEN, (502, {}, "<html>Bad Gateway</html>"))


def test_a_page_of_something_else_is_no_list_of_jobs(script, layout):
    with pytest.raises(errors.GitHubUnavailable, match="not JSON"):
        list_jobs(script, layout, TOKEN, (200, {}, "<html>the proxy's login</html>"))


@pytest.mark.parametrize("body", [[], {}, {"jobs": []}, {"jobs": {}, "total_count": 1}])
def test_json_of_something_else_is_no_list_of_jobs(script, layout, body):
    with pytest.raises(errors.GitHubUnavailable, match="no list of jobs"):
        list_jobs(script, layout, TOKEN, (200, {}, body))


def test_a_list_that_lacks_jobs_is_not_settled(script, layout):
    with pytest.raises(errors.JobsNotSettled, match="counts 3 jobs and lists 1"):
        list_jobs(script, layout, TOKEN, (200, {}, {"total_count": 3, "jobs": [job(1)]}))


def test_a_job_on_two_pages_counts_once(script, layout):
    link = {"Link": f'<{script.url}/next>; rel="next", <{script.url}/last>; rel="last"'}

    jobs = list_jobs(
        script,
        layout,
        TOKEN,
        (200, link, {"total_count": 2, "jobs": [job(1)]}),
        (200, {}, {"total_count": 2, "jobs": [job(1), job(2)]}),
    )

    assert [each["id"] for each in jobs] == [10**11 + 1, 10**11 + 2]


def test_a_renamed_repository_is_followed_through_all_its_pages(script, layout):
    """GitHub redirects to the repository's id, and PyGithub then forgets the page."""
    moved = f"{script.url}/repositories/5/actions/runs/77/attempts/1/jobs"
    jobs = list_jobs(
        script,
        layout,
        TOKEN,
        (301, {"Location": f"{moved}?per_page=100"}, {"message": "Moved Permanently"}),
        (
            200,
            {"Link": f'<{moved}?page=2>; rel="next"'},
            {"total_count": 2, "jobs": [job(1)]},
        ),
        (200, {}, {"total_count": 2, "jobs": [job(2)]}),
    )

    assert [each["id"] for each in jobs] == [10**11 + 1, 10**11 + 2]
    assert [path for _, path, _ in script.requests[1:]] == [
        "/api/v3/repos/acme/web/actions/runs/77/attempts/1/jobs?per_page=100",
        "/api/v3/repositories/5/actions/runs/77/attempts/1/jobs",
        "/api/v3/repositories/5/actions/runs/77/attempts/1/jobs?page=2",
    ]


def test_a_redirect_to_another_host_is_not_followed(script, layout):
    elsewhere = {"Location": "http://localhost:9/api/v3/x"}

    with pytest.raises(errors.GitHubRejected) as refusal:
        list_jobs(script, layout, TOKEN, (301, elsewhere, {}))

    assert refusal.value.status == 301


def test_a_link_to_another_host_gets_no_token(script, layout):
    link = {"Link": '<http://localhost:9/api/v3/steal>; rel="next"'}

    list_jobs(
        script,
        layout,
        TOKEN,
        (200, link, {"total_count": 2, "jobs": [job(1)]}),
        (200, {}, {"total_count": 2, "jobs": [job(2)]}),
    )

    assert script.requests[-1][1] == "/api/v3/steal"  # asked of the same host


def test_a_link_that_leads_in_a_circle_comes_to_an_end(script, layout):
    link = {"Link": f'<{script.url}/again>; rel="next"'}
    page = (200, link, {"total_count": 1, "jobs": [job(1)]})

    with pytest.raises(errors.RunTooLarge):
        list_jobs(script, layout, TOKEN, *[page] * 50)


def test_every_request_says_who_asks_and_in_which_version(script, layout):
    list_jobs(
        script,
        layout,
        TOKEN,
        (200, {}, {"total_count": 0, "jobs": []}),
        api_version="2026-03-10",
    )

    headers = [headers for _, _, headers in script.requests]
    assert [each["User-Agent"] for each in headers] == ["ghadmin"] * 2
    assert [each["X-GitHub-Api-Version"] for each in headers] == ["2026-03-10"] * 2
    assert headers[0]["Authorization"].startswith("Bearer ey")
    assert headers[1]["Authorization"] == "token ghs_x"


def test_the_app_is_named_by_a_text_for_pyjwt_takes_no_number(layout, script):
    script.answers.append((200, {}, {"id": 5, "suspended_at": None}))
    app = GitHubApp(script.url, 4241, layout.private_key_file.read_text(), now=lambda: NOW)

    assert app.find_installation("acme", "web") == 5
