"""The company directory: what it tells, to whom, and how it can be disturbed."""

import pytest

RECORD = {
    "email": "ada@acme.example",
    "employee_id": "E-7",
    "name": "Ada Lovelace",
    "department": "Engineering",
    "title": "Engineer",
    "manager": "Grace Hopper",
    "cost_center": {"number": 12},
}


@pytest.fixture
def ask(services):
    return services.ask_directory


def test_a_record_is_answered_exactly_as_it_was_given(services, ask):
    services.put_person("Ada", id=7, company=RECORD)

    assert ask("/people/ada").json() == RECORD
    assert ask("/people?github_id=7").json() == RECORD


@pytest.mark.parametrize("path", ["/people/bob", "/people/nobody", "/people?github_id=8"])
def test_whoever_has_no_record_is_not_found(services, ask, path):
    services.put_person("ada", id=7, company=RECORD)
    services.put_person("bob", id=8)

    assert ask(path).status_code == 404


def test_null_takes_somebody_out_and_silence_changes_nothing(services, ask):
    services.put_person("ada", id=7, company=RECORD)

    services.put_person("ada", id=7)
    kept = ask("/people/ada")
    services.put_person("ada", id=7, company=None)
    gone = ask("/people/ada")

    assert (kept.json(), gone.status_code) == (RECORD, 404)


def test_the_company_does_not_hear_of_a_new_login(services, ask):
    services.put_person("ada", id=7, company=RECORD)

    services.put_person("ada-l", id=7)
    before = ask("/people/ada").status_code, ask("/people/ada-l").status_code
    services.put_person("ada-l", id=7, company=RECORD)

    assert before == (200, 404)
    assert (ask("/people/ada").status_code, ask("/people/ada-l").status_code) == (404, 200)
    assert ask("/people?github_id=7").json() == RECORD


@pytest.mark.parametrize("token", ["", "wrong", "only-for-the-companyx", "Ã¼"])
def test_without_its_token_nothing_is_told(services, ask, token):
    services.put_person("ada", company=RECORD)

    answer = ask("/people/ada", token)

    assert answer.status_code == 401
    assert RECORD["email"] not in answer.text


def test_an_id_that_is_no_number_is_named(ask):
    answer = ask("/people?github_id=ada")

    assert (answer.status_code, answer.json()) == (
        400,
        {"error": "github_id: expected a whole number"},
    )


def test_its_answers_can_be_made_to_fail_and_github_is_not_disturbed(services, ask):
    services.put_person("ada", org_member=True, company=RECORD)
    fault = {"service": "directory", "path": "/people", "status": 503, "times": 1}

    services.order("POST", "/faults", fault | {"headers": {"retry-after": "1"}})
    github = services.get("/orgs/sandbox-org/memberships/ada")
    failed, well = ask("/people/ada"), ask("/people/ada")

    assert (github.status_code, failed.status_code, well.status_code) == (200, 503, 200)
    assert failed.headers["retry-after"] == "1"


def test_what_it_was_asked_is_listed(services, ask):
    services.put_person("ada", company=RECORD)
    ask("/people/ada")
    ask("/people?github_id=9")

    asked = services.order("GET", "/requests?service=directory").json()

    assert [(one["method"], one["path"], one["query"], one["status"]) for one in asked] == [
        ("GET", "/people/ada", "", 200),
        ("GET", "/people", "github_id=9", 404),
    ]


def test_a_reset_forgets_people_faults_and_requests(services, ask):
    services.put_person("ada", company=RECORD)
    services.order("POST", "/faults", {"service": "directory", "path": ".", "status": 500})

    services.order("POST", "/reset")

    assert services.order("GET", "/requests?service=directory").json() == []
    assert ask("/people/ada").status_code == 404
