"""Answers are GitHub's: each validates against the schema that GitHub publishes for it."""

import json
from datetime import UTC, datetime, timedelta
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
ORG = "/orgs/sandbox-org"
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


@pytest.fixture
def people(services):
    """Ada is in, Bob is invited, Eve's invitation has expired; all are in a team."""
    now = datetime.now(UTC)
    services.put_person("ada", id=7, name="Ada", org_member=True)
    services.put_person("bob", id=8, invited_at=now.isoformat())
    services.put_person("eve", id=9, invited_at=(now - timedelta(days=8)).isoformat())
    services.put_team("everyone", members=["ada", "bob"])
    services.put_team("idp", idp_synced=True)


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize(
    ("path", "schema"),
    [
        ("/users/ada", "public-user"),
        ("/user/7", "public-user"),
        ("/users/sandbox-org", "public-user"),
        (ORG, "organization-full"),
        (f"{ORG}/memberships/ada", "org-membership"),
        (f"{ORG}/memberships/bob", "org-membership"),
        (f"{ORG}/teams/everyone", "team-full"),
        (f"{ORG}/teams/everyone/memberships/ada", "team-membership"),
        (f"{ORG}/teams/everyone/memberships/bob", "team-membership"),
        (f"{ORG}/teams/idp/external-groups", "external-groups"),
        (f"{ORG}/memberships/eve", "basic-error"),
    ],
)
def test_what_is_told_of_people_fits_githubs_schema(services, problems, path, schema):
    assert problems(schema, services.get(path).json()) == []


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize(
    ("path", "schema"),
    [
        (f"{ORG}/members", "simple-user"),
        (f"{ORG}/invitations", "organization-invitation"),
        (f"{ORG}/failed_invitations", "organization-invitation"),
        (f"{ORG}/teams", "team"),
        (f"{ORG}/teams/everyone/members", "team-member"),
        (f"{ORG}/teams/everyone/invitations", "organization-invitation"),
    ],
)
def test_lists_of_people_fit_githubs_schema(services, problems, path, schema):
    rows = services.get(path).json()

    assert rows != []
    assert [problems(schema, row) for row in rows] == [[]] * len(rows)


def test_an_invitation_by_email_fits_githubs_schema(services, problems):
    sent = services.change("POST", f"{ORG}/invitations", {"email": "bob@acme.example"}).json()
    refused = services.change("POST", f"{ORG}/invitations", {"email": "bob@acme.example"}).json()

    assert problems("organization-invitation", sent) == []
    assert problems("validation-error", refused) == []


def test_where_the_app_is_and_listens_fits_githubs_schema(services, problems):
    services.put_run(RUN)

    assert problems("webhook-config", services.get_as_app("/app/hook/config").json()) == []
    # The schema of the list asks for an account that is a user and an enterprise at once.
    [row] = services.get_as_app("/app/installations").json()
    assert problems("installation", row) == []
    covered = services.get("/installation/repositories").json()
    assert problems("repository", covered["repositories"][0]) == []


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
