"""What the GitHub client makes of answers, over real HTTP: limits, refusals, pages and redirects."""

from datetime import timedelta

import pytest

from ghkit import errors
from ghkit.github import GitHubApp, runs
from sandbox.runner.layout import APP_ID
from tests.factories.runs import linux_job
from tests.factories.scripted_github import NOW, TOKEN


def list_jobs(script, app, *answers):
    script.answers += answers
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
    script, app, status, headers, message, seconds
):
    with pytest.raises(errors.RateLimited) as limit:
        list_jobs(script, app, TOKEN, (status, headers, {"message": message}))

    assert limit.value.retry_at == NOW + timedelta(seconds=seconds)


def test_a_limit_on_tokens_is_a_limit_too(script, app):
    with pytest.raises(errors.RateLimited):
        list_jobs(script, app, (403, {"Retry-After": "5"}, {"message": "slow down"}))


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (403, "Resource not accessible by integration"),
        (404, "Not Found"),
        (410, "This API version is not supported"),
        (422, "Validation Failed"),
    ],
)
def test_a_refusal_carries_githubs_own_reason(script, app, status, message):
    with pytest.raises(errors.GitHubRejected) as refusal:
        list_jobs(
            script,
            app,
            TOKEN,
            (status, {"X-RateLimit-Remaining": "4999"}, {"message": message}),
        )

    assert str(refusal.value) == f"GitHub answered {status}: {message}"


@pytest.mark.parametrize("at", ["token", "jobs"])
def test_a_suspended_installation_is_told_as_such(script, app, at):
    refusal = (403, {}, {"message": "This installation has been suspended"})
    suspended = (200, {}, {"id": 4242, "suspended_at": "2026-11-01T00:00:00Z"})
    answers = [refusal, suspended] if at == "token" else [TOKEN, refusal]

    with pytest.raises(errors.InstallationMissing, match="acme has suspended the App"):
        list_jobs(script, app, *answers)


def test_a_failure_need_not_be_json(script, app):
    with pytest.raises(errors.GitHubUnavailable, match="GitHub answered 502: no reason given"):
        list_jobs(script, app, TOKEN, (502, {}, "<html>Bad Gateway</html>"))


def test_a_page_of_something_else_is_no_list_of_jobs(script, app):
    with pytest.raises(errors.GitHubUnavailable, match="not JSON"):
        list_jobs(script, app, TOKEN, (200, {}, "<html>the proxy's login</html>"))


@pytest.mark.parametrize("body", [[], {}, {"jobs": []}, {"jobs": {}, "total_count": 1}])
def test_json_of_something_else_is_no_list_of_jobs(script, app, body):
    with pytest.raises(errors.GitHubUnavailable, match="no list of jobs"):
        list_jobs(script, app, TOKEN, (200, {}, body))


def test_a_list_that_lacks_jobs_is_not_settled(script, app):
    with pytest.raises(errors.JobsNotSettled, match="counts 3 jobs and lists 1"):
        list_jobs(script, app, TOKEN, (200, {}, {"total_count": 3, "jobs": [linux_job(1)]}))


def test_a_job_on_two_pages_counts_once(script, app):
    link = {"Link": f'<{script.url}/next>; rel="next", <{script.url}/last>; rel="last"'}

    jobs = list_jobs(
        script,
        app,
        TOKEN,
        (200, link, {"total_count": 2, "jobs": [linux_job(1)]}),
        (200, {}, {"total_count": 2, "jobs": [linux_job(1), linux_job(2)]}),
    )

    assert [each["id"] for each in jobs] == [1, 2]


def test_a_renamed_repository_is_followed_through_all_its_pages(script, app):
    """GitHub redirects to the repository's id, and PyGithub then forgets the page."""
    moved = f"{script.url}/repositories/5/actions/runs/77/attempts/1/jobs"
    jobs = list_jobs(
        script,
        app,
        TOKEN,
        (301, {"Location": f"{moved}?per_page=100"}, {"message": "Moved Permanently"}),
        (
            200,
            {"Link": f'<{moved}?page=2>; rel="next"'},
            {"total_count": 2, "jobs": [linux_job(1)]},
        ),
        (200, {}, {"total_count": 2, "jobs": [linux_job(2)]}),
    )

    assert [each["id"] for each in jobs] == [1, 2]
    assert [path for _, path, _ in script.requests[1:]] == [
        "/api/v3/repos/acme/web/actions/runs/77/attempts/1/jobs?per_page=100",
        "/api/v3/repositories/5/actions/runs/77/attempts/1/jobs",
        "/api/v3/repositories/5/actions/runs/77/attempts/1/jobs?page=2",
    ]


def test_a_redirect_to_another_host_is_not_followed(script, app):
    elsewhere = {"Location": "http://localhost:9/api/v3/x"}

    with pytest.raises(errors.GitHubRejected) as refusal:
        list_jobs(script, app, TOKEN, (301, elsewhere, {}))

    assert refusal.value.status == 301


def test_a_link_to_another_host_gets_no_token(script, app):
    link = {"Link": '<http://localhost:9/api/v3/steal>; rel="next"'}

    list_jobs(
        script,
        app,
        TOKEN,
        (200, link, {"total_count": 2, "jobs": [linux_job(1)]}),
        (200, {}, {"total_count": 2, "jobs": [linux_job(2)]}),
    )

    assert script.requests[-1][1] == "/api/v3/steal"  # asked of the same host


def test_a_link_that_leads_in_a_circle_comes_to_an_end(script, app):
    link = {"Link": f'<{script.url}/again>; rel="next"'}
    page = (200, link, {"total_count": 1, "jobs": [linux_job(1)]})

    with pytest.raises(errors.RunTooLarge):
        list_jobs(script, app, TOKEN, *[page] * 50)


def test_every_request_says_who_asks_and_in_which_version(script, private_key):
    app = GitHubApp(script.url, APP_ID, private_key, now=lambda: NOW, api_version="2026-03-10")

    list_jobs(script, app, TOKEN, (200, {}, {"total_count": 0, "jobs": []}))

    headers = [headers for _, _, headers in script.requests]
    assert [each["User-Agent"] for each in headers] == ["ghadmin"] * 2
    assert [each["X-GitHub-Api-Version"] for each in headers] == ["2026-03-10"] * 2
    assert headers[0]["Authorization"].startswith("Bearer ey")
    assert headers[1]["Authorization"] == "token ghs_x"


def test_the_app_is_named_by_a_text_for_pyjwt_takes_no_number(script, private_key):
    script.answers.append((200, {}, {"id": 5, "suspended_at": None}))
    app = GitHubApp(script.url, 4241, private_key, now=lambda: NOW)

    assert app.find_installation("acme", "web") == 5


def test_a_key_that_is_none_is_refused_at_once():
    with pytest.raises(errors.AppKeyUnusable, match="not the PEM text of an RSA key"):
        GitHubApp("http://127.0.0.1:9", "1", "no key", now=lambda: NOW)


@pytest.mark.parametrize(("app_id", "key"), [("", "a key"), ("1", "")])
def test_an_app_without_id_or_key_is_refused_at_once(app_id, key):
    with pytest.raises(errors.AppKeyUnusable, match="is empty"):
        GitHubApp("http://127.0.0.1:9", app_id, key, now=lambda: NOW)
