"""PyGithub, which knows only the real GitHub, works against the small one."""

import github
import pytest


@pytest.fixture
def integration(services):
    auth = github.Auth.AppAuth(1234, services.key.private)
    with github.GithubIntegration(
        auth=auth, base_url=services.github, seconds_between_requests=0
    ) as integration:
        yield integration


def test_pygithub_goes_from_the_app_to_the_jobs_of_an_attempt(services, integration, jobs):
    services.put_run(
        {"id": 7, "repository": {"full_name": "other/api"}}, {"1": jobs(45), "2": jobs(2)}
    )

    installation = integration.get_repo_installation("other", "api")
    with installation.get_github_for_installation() as client:
        repository = client.get_repo("other/api")
        run = repository.get_workflow_run(7)
        every = [job.id for job in run.jobs("all")]
        _, attempt = client.requester.requestJsonAndCheck("GET", f"{run.url}/attempts/1/jobs")
        services.order("PUT", "/limits", {"github": True})
        limit = client.get_rate_limit().resources.core.limit

    assert installation.target_type == "Organization"
    assert every == [job["id"] for job in jobs(45) + jobs(2)]
    assert (run.run_attempt, attempt["total_count"]) == (2, 45)
    assert limit == 5000


def test_pygithub_names_a_missing_installation(integration):
    with pytest.raises(github.UnknownObjectException):
        integration.get_repo_installation("nobody", "api")


def test_pygithub_names_bad_credentials(services):
    client = github.Github(auth=github.Auth.Token("ghs_1_x"), base_url=services.github)

    with pytest.raises(github.BadCredentialsException):
        client.get_repo("sandbox-org/api")

    client.close()
