"""Orders that cannot be carried out say what is wrong with them, and change nothing."""

import pytest
import requests

RUN = {"id": 7, "repository": {"full_name": "sandbox-org/api"}}


@pytest.mark.parametrize(
    ("order", "error"),
    [
        ({}, "run: expected an object, got null"),
        ([], "body: expected an object, got a list"),
        ({"run": {"id": "7"}}, "run.id: expected a whole number, got a string"),
        ({"run": {"id": True}}, "run.id: expected a whole number, got true or false"),
        ({"run": {"id": 0}}, "run.id: expected 1 or more, got 0"),
        (
            {"run": {"id": 7}},
            "run.repository.full_name: missing, and no URL of the run names the repository",
        ),
        (
            {"run": {"id": 7, "repository": "sandbox-org/api"}},
            "run.repository: expected an object, got a string",
        ),
        (
            {"run": {"id": 7, "repository": {"full_name": "api"}}},
            "run.repository.full_name: expected owner/name, got 'api'",
        ),
        (
            {"run": RUN | {"repository": {"full_name": "a/b", "id": "x"}}},
            "run.repository.id: expected a whole number, got a string",
        ),
        (
            {"run": RUN | {"run_attempt": 0}, "attempts": {}},
            "run.run_attempt: expected 1 or more, got 0",
        ),
        ({"run": RUN, "attempts": {"1001": []}}, "attempts: a run has 1000 at most"),
        ({"run": RUN, "attempts": []}, "attempts: expected an object, got a list"),
        (
            {"run": RUN, "attempts": {"first": []}},
            "attempts: expected numbers from 1 as names, got 'first'",
        ),
        ({"run": RUN, "attempts": {"1": {}}}, "attempts.1: expected a list, got an object"),
        (
            {"run": RUN, "attempts": {"1": [1]}},
            "attempts.1[0]: expected an object, got a whole number",
        ),
        (
            {"run": RUN, "attempts": {"1": [{}, {"id": "x"}]}},
            "attempts.1[1].id: expected a whole number, got a string",
        ),
        ({"run": RUN, "jobs": []}, "jobs: unknown; expected run, attempts"),
    ],
)
def test_a_run_that_cannot_be_registered_is_not(services, order, error):
    answer = services.order("PUT", "/runs", order)

    assert (answer.status_code, answer.json()) == (400, {"error": error})
    assert services.get("/repos/sandbox-org/api").status_code == 404


@pytest.mark.parametrize(
    ("order", "error"),
    [
        ({"payload": {}}, "event: expected a string, got null"),
        (
            {"event": "ping", "payload": {}, "follow": 1},
            "follow: expected true or false, got a whole number",
        ),
        ({"event": "", "payload": {}}, "event: expected a string, got an empty one"),
        ({"event": "ping"}, "payload: expected an object, got null"),
        (
            {"event": "ping", "payload": {}, "lose": "yes"},
            "lose: expected true or false, got a string",
        ),
        (
            {"event": "ping", "payload": {}, "guid": 7},
            "guid: expected a string, got a whole number",
        ),
    ],
)
def test_a_webhook_that_makes_no_sense_is_not_sent(services, receiver, order, error):
    answer = services.order("POST", "/webhooks", order)

    assert (answer.status_code, answer.json()) == (400, {"error": error})
    assert receiver.received == []


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"service": "azure"}, "service: expected github, directory or aws, got 'azure'"),
        ({}, "path: expected a string, got null"),
        (
            {"path": "["},
            "path: not a regular expression: unterminated character set at position 0",
        ),
        ({"path": "."}, "status or delay_s: at least one is needed, or nothing would happen"),
        ({"path": ".", "status": 200}, "status: expected 300 to 599, got 200"),
        ({"path": ".", "status": "502"}, "status: expected a whole number, got a string"),
        ({"path": ".", "status": 502, "times": 0}, "times: expected 1 or more, got 0"),
        ({"path": ".", "status": 502, "rate": 2}, "rate: expected 0 to 1, got 2"),
        ({"path": ".", "delay_s": -1}, "delay_s: expected 0 to 600, got -1"),
        ({"path": ".", "delay_s": "1"}, "delay_s: expected a number, got a string"),
        ({"path": ".", "status": 502, "headers": []}, "headers: expected an object, got a list"),
        (
            {"path": ".", "status": 502, "headers": {"retry-after": None}},
            "headers.retry-after: expected a string, got null",
        ),
        (
            {"path": ".", "status": 502, "count": 3},
            "count: unknown; expected service, path, status, headers, times, rate, delay_s",
        ),
    ],
)
def test_a_fault_that_makes_no_sense_is_not_in_force(services, fault, error):
    answer = services.order("POST", "/faults", {"service": "github", **fault})

    assert (answer.status_code, answer.json()) == (400, {"error": error})
    assert services.get("/meta").status_code == 200


@pytest.mark.parametrize(
    ("order", "error"),
    [
        ({}, "login: expected a string, got null"),
        ({"login": "two words"}, "login: 'two words' cannot be a login"),
        ({"login": "sandbox-org"}, "login: sandbox-org is an organisation"),
        ({"login": "ada", "id": "7"}, "id: expected a whole number, got a string"),
        ({"login": "ada", "id": 0}, "id: expected 1 or more, got 0"),
        ({"login": "ada", "name": ""}, "name: expected a string, got an empty one"),
        ({"login": "ada", "org": "a/b"}, "org: 'a/b' cannot be a login"),
        ({"login": "ada", "org": "octocat"}, "org: octocat is a user"),
        (
            {"login": "ada", "org_member": "yes"},
            "org_member: expected true or false, got a string",
        ),
        ({"login": "ada", "role": "king"}, "role: expected member or admin, got 'king'"),
        ({"login": "ada", "company": []}, "company: expected an object, got a list"),
        (
            {"login": "ada", "invited_at": "2026-11-01"},
            "invited_at: expected a moment with its time zone, got '2026-11-01'",
        ),
        (
            {"login": "ada", "invited_at": "2999-01-01T00:00:00Z"},
            "invited_at: 2999-01-01T00:00:00Z is still to come",
        ),
        (
            {"login": "ada", "org_member": True, "invited_at": "2026-11-01T00:00:00Z"},
            "invited_at: a member has accepted already; leave out org_member",
        ),
        (
            {"login": "bob", "invited_at": "2026-11-01T00:00:00Z"},
            "invited_at: bob is a member; org_member false first",
        ),
        (
            {"login": "ada", "team": "x"},
            "team: unknown; expected login, id, name, org, org_member, role, invited_at, company",
        ),
    ],
)
def test_a_person_who_makes_no_sense_is_not_known(services, order, error):
    owner = {"login": "octocat", "id": 5, "type": "User"}
    services.put_run({"id": 1, "repository": {"full_name": "octocat/api", "owner": owner}})
    services.put_person("bob", org_member=True)

    answer = services.order("PUT", "/people", order)

    assert (answer.status_code, answer.json()) == (400, {"error": error})
    assert services.get("/users/ada").status_code == 404
    assert services.get("/orgs/sandbox-org/memberships/bob").json()["state"] == "active"


@pytest.mark.parametrize(
    ("order", "error"),
    [
        ({}, "slug: expected a string, got null"),
        ({"slug": "A Team"}, "slug: 'A Team' cannot be a team's slug"),
        ({"slug": "a", "idp_synced": 1}, "idp_synced: expected true or false, got a whole number"),
        ({"slug": "a", "name": 7}, "name: expected a string, got a whole number"),
        ({"slug": "a", "members": "ada"}, "members: expected a list, got a string"),
        ({"slug": "a", "members": [7]}, "members[0]: expected a string, got a whole number"),
        ({"slug": "a", "members": ["ada"]}, "members: ada is neither a member nor invited"),
        (
            {"slug": "a", "parent": "b"},
            (
                "parent: unknown; expected org, slug, name, description, idp_synced, "
                "mapping_visible, members, deleted"
            ),
        ),
    ],
)
def test_a_team_that_makes_no_sense_does_not_exist(services, order, error):
    answer = services.order("PUT", "/teams", order)

    assert (answer.status_code, answer.json()) == (400, {"error": error})
    assert services.get("/orgs/sandbox-org/teams").json() == []


def test_a_team_that_does_not_exist_has_no_members_to_tell(services):
    answer = services.order("GET", "/teams/nowhere/members")

    assert (answer.status_code, answer.json()) == (404, {"error": "slug: nowhere is no team"})


@pytest.mark.parametrize(
    ("order", "error"),
    [
        ({"default": "everyone"}, "team rules: default: expected a list"),
        ({"default": ["a b"]}, "team rules: default[0]: expected a team's slug"),
        ({"departments": []}, "departments: expected an object, got a list"),
        ({"departments": {"HR": "people"}}, "departments.HR: expected a list, got a string"),
        ({"departments": {"HR": []}}, "team rules: rules[0].teams: expected a team"),
        ({"titles": {}}, "titles: unknown; expected default, departments"),
    ],
)
def test_team_rules_that_make_no_sense_are_not_published(services, order, error):
    answer = services.order("PUT", "/rules", order)

    assert (answer.status_code, answer.json()) == (400, {"error": error})


def test_team_rules_without_an_emulator_say_so(services):
    answer = services.order("PUT", "/rules", {"default": ["everyone"]})

    assert answer.status_code == 502
    assert answer.json()["error"].startswith("team rules: ")


@pytest.mark.parametrize(
    ("method", "path", "order", "error"),
    [
        ("PUT", "/limits", {"github": 1}, "github: expected true or false, got a whole number"),
        (
            "PUT",
            "/limits",
            {"gitlab": True},
            "gitlab: unknown; expected github, aws, invitations_a_day",
        ),
        ("GET", "/requests", None, "service: expected github, directory or aws, got None"),
        (
            "GET",
            "/requests?service=x",
            None,
            "service: expected github, directory or aws, got 'x'",
        ),
    ],
)
def test_other_orders_say_what_they_expect(services, method, path, order, error):
    answer = services.order(method, path, order)

    assert (answer.status_code, answer.json()) == (400, {"error": error})


def test_a_run_is_where_its_webhook_says_that_it_is(services, receiver, payload):
    body = payload("workflow_run__completed_queued")  # names one repository inside, another around
    services.order("PUT", "/runs", {"run": body["workflow_run"], "attempts": {"1": [{"id": 5}]}})

    services.order("POST", "/webhooks", {"event": "workflow_run", "payload": body})

    installation = services.get_as_app("/repos/Codertocat/Hello-World/installation").json()["id"]
    run = f"/repos/Codertocat/Hello-World/actions/runs/{body['workflow_run']['id']}"
    jobs = services.get(f"{run}/attempts/1/jobs", token=services.token(installation)).json()
    assert [job["id"] for job in jobs["jobs"]] == [5]


def test_requests_are_listed_in_the_order_in_which_they_came(services):
    services.get("/meta")
    services.get("/repos/sandbox-org/api?x=1")

    asked = services.order("GET", "/requests?service=github").json()

    told = [(each["method"], each["path"], each["query"], each["status"]) for each in asked]
    assert told[-2:] == [
        ("GET", "/meta", "", 200),
        ("GET", "/repos/sandbox-org/api", "x=1", 404),
    ]
    assert asked[-2]["at"] < asked[-1]["at"]


def test_reset_forgets_everything(services, receiver):
    services.put_run(RUN)
    services.order("POST", "/webhooks", {"event": "ping", "payload": {}})
    services.order("POST", "/faults", {"service": "github", "path": "/meta", "status": 502})
    services.order("PUT", "/limits", {"github": True})
    services.order("POST", "/sns", {"Type": "Notification", "Message": "hello"})

    services.order("POST", "/reset").raise_for_status()

    assert services.order("GET", "/requests?service=github").json() == []
    assert services.order("GET", "/mails").json() == []
    assert services.get_as_app("/app/hook/deliveries").json() == []
    assert services.get("/repos/sandbox-org/api").status_code == 404
    assert services.get("/meta").headers["x-ratelimit-used"] == "0"
    assert services.get_as_app("/orgs/sandbox-org/installation").json()["id"] == 4242


def test_the_control_api_says_that_it_is_there(services):
    assert services.order("GET", "/healthz").json() == {"status": "ok"}


@pytest.mark.parametrize(
    ("method", "path", "order"),
    [
        ("POST", "/faults", {"service": "aws", "path": ".", "status": 502}),
        ("PUT", "/limits", {"aws": True}),
        ("GET", "/requests?service=aws", None),
    ],
)
def test_an_order_for_an_emulator_that_is_not_there_says_so(services, method, path, order):
    answer = services.order(method, path, order)

    assert answer.status_code == 502
    assert answer.json()["error"].endswith("does not answer")


@pytest.mark.parametrize(
    "text", ["{", "NaN", '{"event": "ping", "payload": {"x": "\\ud800"}}', "é"]
)
def test_a_body_that_is_no_strict_json_says_so(services, text):
    answer = requests.post(f"{services.control}/webhooks", data=text.encode("latin-1"), timeout=60)

    assert answer.status_code == 400
    assert answer.json()["error"].startswith("body: not JSON: ")
