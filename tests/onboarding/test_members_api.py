"""`members/` over REST."""

import pytest

from onboarding.models import Member
from tests.factories.members import NOW, invitation, person, record

pytestmark = pytest.mark.django_db


def ask(client, path="", **query):
    response = client.get(f"/api/v1/members/{path}", query)
    assert response.status_code == 200
    return response.json()


def test_the_api_is_for_those_with_a_token(client):
    response = client.get("/api/v1/members/")

    assert (response.status_code, response.json()["code"]) == (401, "not_authenticated")


def test_a_member_has_exactly_the_documented_fields(client, ada):
    record(
        person(
            "octocat",
            github_id=7,
            teams={
                "everyone": "active",
                "payments": "pending",
                "left": "removed",
                "owned": "synced",
            },
            company={
                "email": "mona@acme.example",
                "employee_id": "E7",
                "name": "Mona",
                "department": "Engineering",
                "title": "Engineer",
                "manager": "grace",
                "desk": "B12",
            },
        )
    )

    [member] = ask(client)["results"]

    assert member == {
        "github_id": 7,
        "login": "octocat",
        "organization": "sandbox-org",
        "email": "mona@acme.example",
        "employee_id": "E7",
        "name": "Mona",
        "department": "Engineering",
        "title": "Engineer",
        "manager": "grace",
        "teams": [
            {"slug": "everyone", "state": "active"},
            {"slug": "payments", "state": "pending"},
        ],
        "status": "active",
        "state": "active",
        "invitation_expires_at": None,
        "updated_at": "2026-11-25T12:00:00Z",
    }
    assert ask(client, "Sandbox-Org/7/") == member


def test_whoever_has_left_is_in_no_team_whatever_was_recorded_before(client, ada):
    record(person("octocat", status="removed", teams={"everyone": "active"}))

    [member] = ask(client)["results"]

    assert (member["status"], member["teams"]) == ("removed", [])


@pytest.mark.parametrize("login", ["octocat", "OctoCat"])
def test_the_filter_is_for_a_whole_login_in_whatever_case(client, ada, login):
    record(person("octocat"), person("octocat-2"), invitation("octocat@acme.example"))

    assert [m["login"] for m in ask(client, login=login)["results"]] == ["octocat"]
    assert ask(client, login="octo")["results"] == []


def test_an_invitation_by_email_has_no_id_and_no_login(client, ada):
    record(invitation("mona@acme.example"))

    [member] = ask(client)["results"]

    assert (member["github_id"], member["login"], member["status"]) == (None, "", "invited")
    assert member["email"] == "mona@acme.example"


def test_an_invitation_that_has_expired_is_told_though_no_event_did(client, ada):
    record(person("octocat", status="pending", invited_at="2026-11-01T10:00:00Z"))
    Member.objects.update(invitation_expires_at="2026-11-08T10:00:00Z")

    [told] = ask(client)["results"]

    assert (told["status"], told["state"]) == ("pending", "expired")
    assert told["invitation_expires_at"] == "2026-11-08T10:00:00Z"


def test_pages_have_absolute_links(client, ada):
    record(*(person(f"user-{n}", observed_at=NOW) for n in range(3)))

    first = ask(client, page_size=2)
    second = client.get(first["next"]).json()

    assert [m["login"] for m in first["results"] + second["results"]] == [
        "user-0",
        "user-1",
        "user-2",
    ]
    assert (first["previous"], second["next"]) == (None, None)


@pytest.mark.parametrize("path", ["sandbox-org/8/", "other/7/"])
def test_who_is_not_there_is_not_found(client, ada, path):
    record(person("octocat", github_id=7))

    response = client.get(f"/api/v1/members/{path}")

    assert (response.status_code, response.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("count", [1, 3])
def test_a_page_takes_the_same_queries_for_one_and_for_many(
    client, ada, django_assert_num_queries, count
):
    record(*(person(f"user-{n}", teams={"a": "active"}) for n in range(count)))

    # Session, account, the page, its teams.
    with django_assert_num_queries(4):
        client.get("/api/v1/members/")


def test_the_schema_tells_of_it(client, ada):
    schema = client.get("/api/schema/?format=json").json()

    assert {"/api/v1/members/", "/api/v1/members/{organization}/{github_id}/"} <= set(
        schema["paths"]
    )
