"""The GitHub client against the sandbox's GitHub, over real HTTP."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from ghkit import errors
from ghkit.github import GitHubApp, runs
from sandbox.runner import outside
from sandbox.runner.layout import APP_ID, Layout
from scripts.ports import free_port, free_ports
from tests.factories.runs import linux_job


@pytest.fixture(scope="module")
def layout(tmp_path_factory) -> Layout:
    layout = Layout(state_dir=tmp_path_factory.mktemp("github"), base_port=free_ports(5))
    layout.prepare()
    return layout


@pytest.fixture(scope="module")
def control(layout) -> Iterator[httpx.Client]:
    """The sandbox's GitHub as a process of its own; by its control API it does what tests need."""
    with (
        outside.running(layout, outside.services_process(layout)),
        httpx.Client(base_url=layout.control_url) as client,
    ):
        yield client


@pytest.fixture
def sandbox(control) -> httpx.Client:
    """The control API, with everything forgotten."""
    control.post("/reset").raise_for_status()
    return control


@pytest.fixture
def app(layout, sandbox) -> GitHubApp:
    return github_app(layout.github_url, layout)


def github_app(url, layout, *, now=lambda: datetime.now(UTC)):
    return GitHubApp(url, APP_ID, layout.private_key_file.read_text(), now=now)


def register(sandbox, jobs, *, owner="acme", attempt=1):
    run = {"id": 77, "repository": {"full_name": f"{owner}/web"}, "run_attempt": attempt}
    body = {"run": run, "attempts": {str(attempt): jobs}}
    sandbox.put("/runs", json=body).raise_for_status()


def fault(sandbox, path, **order):
    sandbox.post("/faults", json={"service": "github", "path": path, **order}).raise_for_status()


def asked(sandbox):
    """Method, path and status of each request that GitHub got, in order."""
    answer = sandbox.get("/requests", params={"service": "github"}).json()
    return [(each["method"], each["path"], each["status"]) for each in answer]


def test_jobs_are_listed_with_what_pricing_needs(app, sandbox):
    register(sandbox, [linux_job(1, steps=[{"name": "Checkout"}])])
    installation = app.find_installation("acme", "web")

    jobs = runs.list_jobs(app, installation, "acme", "web", 77, 1)

    expected = linux_job(1)
    del expected["status"]
    assert jobs == [expected]


def test_all_pages_are_read_and_no_more(app, sandbox):
    register(sandbox, [linux_job(number) for number in range(1, 257)])
    installation = app.find_installation("acme", "web")
    asked_before = len(asked(sandbox))

    jobs = runs.list_jobs(app, installation, "acme", "web", 77, 1)

    assert [each["id"] for each in jobs] == list(range(1, 257))
    assert [path for method, path, _ in asked(sandbox)[asked_before:] if method == "GET"] == [
        "/repos/acme/web/actions/runs/77/attempts/1/jobs"
    ] * 3


def test_the_jobs_of_exactly_this_attempt_are_listed(app, sandbox):
    register(sandbox, [linux_job(1)], attempt=1)
    register(sandbox, [linux_job(2), linux_job(3)], attempt=2)

    jobs = runs.list_jobs(app, None, "acme", "web", 77, 2)

    assert [each["id"] for each in jobs] == [2, 3]


def test_a_run_may_have_no_jobs(app, sandbox):
    register(sandbox, [])

    assert runs.list_jobs(app, None, "acme", "web", 77, 1) == []


def test_a_missing_installation_id_is_looked_up_once_for_all_pages(app, sandbox):
    register(sandbox, [linux_job(number) for number in range(1, 151)])

    runs.list_jobs(app, None, "acme", "web", 77, 1)

    paths = [path for _, path, _ in asked(sandbox)]
    assert paths.count("/repos/acme/web/installation") == 1


def test_an_installation_that_was_looked_up_is_remembered(app, sandbox):
    register(sandbox, [linux_job(1)])

    for _ in range(3):
        runs.list_jobs(app, None, "acme", "web", 77, 1)

    paths = [path for _, path, _ in asked(sandbox)]
    assert paths.count("/repos/acme/web/installation") == 1


def test_an_installation_that_is_gone_is_looked_up_by_its_repository(app, sandbox):
    register(sandbox, [linux_job(1)])

    jobs = runs.list_jobs(app, 999_999, "acme", "web", 77, 1)

    assert len(jobs) == 1


def test_an_owner_without_the_app_is_named(app, sandbox):
    with pytest.raises(errors.InstallationMissing, match=r"^nobody has not installed the App"):
        runs.list_jobs(app, None, "nobody", "web", 77, 1)


def test_a_token_is_asked_for_once_and_may_do_no_more_than_read_actions(app, sandbox):
    register(sandbox, [linux_job(1)])

    for _ in range(3):
        runs.list_jobs(app, None, "acme", "web", 77, 1)

    posts = [path for method, path, _ in asked(sandbox) if method == "POST"]
    assert len(posts) == 1


def test_a_token_is_renewed_before_it_ends(layout, sandbox):
    register(sandbox, [linux_job(1)])
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
    register(sandbox, [linux_job(1)])
    runs.list_jobs(app, None, "acme", "web", 77, 1)
    fault(sandbox, "/jobs$", status=401, times=1)

    assert len(runs.list_jobs(app, None, "acme", "web", 77, 1)) == 1


def test_a_token_that_stays_bad_is_a_rejection(app, sandbox):
    register(sandbox, [linux_job(1)])
    fault(sandbox, "/jobs$", status=401)

    with pytest.raises(errors.GitHubRejected) as refusal:
        runs.list_jobs(app, None, "acme", "web", 77, 1)

    assert (refusal.value.status, refusal.value.message) == (401, "Bad credentials")


def test_a_key_that_github_does_not_know_is_a_rejection(layout, sandbox, tmp_path):
    other = Layout(state_dir=tmp_path, base_port=layout.base_port)
    other.prepare()
    app = github_app(layout.github_url, other)

    with pytest.raises(errors.GitHubRejected) as refusal:
        app.find_installation("acme", "web")

    assert refusal.value.status == 401


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_failing_github_is_unavailable(app, sandbox, status):
    register(sandbox, [linux_job(1)])
    fault(sandbox, "/jobs$", status=status)

    with pytest.raises(errors.GitHubUnavailable, match=f"GitHub answered {status}"):
        runs.list_jobs(app, None, "acme", "web", 77, 1)


def test_a_failure_is_met_once_and_not_hidden_by_retries(app, sandbox):
    register(sandbox, [linux_job(1)])
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
    register(
        sandbox, [linux_job(1), linux_job(2, status=status, conclusion=None, completed_at=None)]
    )

    with pytest.raises(errors.JobsNotSettled, match=f"job 2 .* '{status}'"):
        runs.list_jobs(app, None, "acme", "web", 77, 1)


def test_a_run_that_github_does_not_know_is_a_rejection(app, sandbox):
    register(sandbox, [linux_job(1)])

    with pytest.raises(errors.GitHubRejected) as refusal:
        runs.list_jobs(app, None, "acme", "web", 78, 1)

    assert refusal.value.status == 404


@pytest.mark.parametrize("owner", ["../x", "a/b", "", "..", "a?b", "a b", "a\n"])
def test_a_name_that_is_no_part_of_a_path_is_never_asked_for(app, sandbox, owner):
    with pytest.raises(errors.InvalidPayload):
        runs.list_jobs(app, 4242, owner, "web", 77, 1)

    assert asked(sandbox) == []


def test_a_used_up_limit_tells_when_to_go_on(app, sandbox):
    register(sandbox, [linux_job(1)])
    reset_at = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=10)
    headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(reset_at.timestamp()))}
    fault(sandbox, "/jobs$", status=403, headers=headers)

    with pytest.raises(errors.RateLimited) as limit:
        runs.list_jobs(app, None, "acme", "web", 77, 1)

    assert abs(limit.value.retry_at - reset_at) < timedelta(seconds=1)
