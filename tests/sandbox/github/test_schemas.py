"""Answers are GitHub's: each validates against the schema that GitHub publishes for it."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

SCHEMAS = Path(__file__).parents[2] / "fixtures" / "github-openapi" / "schemas.json"

RUN = {"id": 7, "repository": {"full_name": "sandbox-org/api"}}
ATTEMPTS = {
    "1": [
        {"id": 1, "conclusion": "failure", "labels": ["ubuntu-latest"]},
        {"id": 2, "conclusion": "skipped"},
        {"id": 3, "status": "queued"},
        {"id": 4, "labels": ["self-hosted"], "steps": []},
    ],
    "2": [{}],
}
RUNS = "/repos/sandbox-org/api/actions/runs"


@pytest.fixture(scope="module")
def problems():
    """Says what is wrong with an answer by one of GitHub's schemas."""
    schemas = json.loads(SCHEMAS.read_text())

    def find(name, data):
        validator = Draft202012Validator(
            {"$ref": f"#/$defs/{name}", "$defs": schemas["$defs"]},
            format_checker=Draft202012Validator.FORMAT_CHECKER,
        )
        return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(data)]

    return find


@pytest.mark.parametrize(
    ("path", "schema"),
    [
        ("/repos/sandbox-org/api", "full-repository"),
        (RUNS, "workflow-run-list"),
        (f"{RUNS}/7", "workflow-run"),
        (f"{RUNS}/7/attempts/1", "workflow-run"),
        (f"{RUNS}/7/attempts/2", "workflow-run"),
        (f"{RUNS}/7/attempts/1/jobs", "job-list"),
        (f"{RUNS}/7/jobs?filter=all", "job-list"),
        ("/repos/sandbox-org/api/actions/jobs/2", "job"),
        ("/rate_limit", "rate-limit-overview"),
        ("/meta", "api-overview"),
        ("/repos/sandbox-org/nothing", "basic-error"),
    ],
)
def test_what_an_installation_is_told_fits_githubs_schema(services, problems, path, schema):
    services.put_run(RUN, ATTEMPTS)
    services.order("PUT", "/limits", {"github": True})

    assert problems(schema, services.get(path).json()) == []


@pytest.mark.parametrize(
    ("path", "schema"),
    [
        ("/app", "integration"),
        ("/orgs/sandbox-org/installation", "installation"),
        ("/users/sandbox-org/installation", "installation"),
        ("/repos/sandbox-org/api/installation", "installation"),
    ],
)
def test_what_the_app_is_told_fits_githubs_schema(services, problems, path, schema):
    services.put_run(RUN)

    assert problems(schema, services.get_as_app(path).json()) == []


@pytest.mark.parametrize("order", [{}, {"repositories": ["api"]}])
def test_a_token_fits_githubs_schema(services, problems, order):
    services.put_run(RUN)

    answer = services.post_as_app("/app/installations/4242/access_tokens", order).json()

    assert problems("installation-token", answer) == []


@pytest.mark.parametrize("name", ["completed", "completed_queued", "completed_with_pull_requests"])
def test_a_real_run_still_fits_githubs_schema(services, problems, payload, name):
    run = payload(f"workflow_run__{name}")["workflow_run"]
    owner = {**run["repository"]["owner"], "type": "Organization"}
    run["repository"] |= {"owner": owner, "private": False}
    services.put_run(run, ATTEMPTS)
    url = f"/repos/{run['repository']['full_name']}"

    assert problems("full-repository", services.get(url).json()) == []
    assert problems("job-list", services.get(f"{url}/actions/runs/{run['id']}/jobs").json()) == []
    # The published examples lack some of what the published schema requires; nothing is added to
    # the addresses that they do have, so only the workflow run as a whole can be compared.
    assert problems("workflow-run", services.get(f"{url}/actions/runs/{run['id']}").json()) == []


@pytest.mark.parametrize("lose", [False, True])
def test_deliveries_fit_githubs_schema(services, problems, payload, receiver, lose):
    body = {"event": "workflow_run", "payload": payload("workflow_run__completed"), "lose": lose}
    services.order("POST", "/webhooks", body)

    [row] = services.get_as_app("/app/hook/deliveries").json()
    whole = services.get_as_app(f"/app/hook/deliveries/{row['id']}").json()

    assert problems("hook-delivery-item", row) == []
    assert problems("hook-delivery", whole) == []
