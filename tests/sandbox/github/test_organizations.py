"""Who is in an organisation, who is invited, and who may ask."""

from datetime import UTC, datetime, timedelta

import pytest

ORG = "/orgs/sandbox-org"


def ago(**span):
    return (datetime.now(UTC) - timedelta(**span)).isoformat()


def state_of(services, login):
    answer = services.get(f"{ORG}/memberships/{login}")
    return answer.json()["state"] if answer.ok else answer.status_code


def logins(services, path):
    return [row["login"] for row in services.get(path).json()]


def test_a_user_is_found_by_login_and_by_id_also_after_a_rename(services):
    services.put_person("Ada", id=7, name="Ada Lovelace")
    before = services.get("/users/ada").json()

    services.put_person("ada-l", id=7)

    after = services.get("/user/7").json()
    assert (before["id"], before["login"], before["name"]) == (7, "Ada", "Ada Lovelace")
    assert (after["id"], after["login"], after["name"]) == (7, "ada-l", "Ada Lovelace")
    assert services.get("/users/ada").status_code == 404
    assert services.get("/user/8").status_code == 404


def test_an_organisation_is_a_user_of_another_type(services):
    assert services.get("/users/sandbox-org").json()["type"] == "Organization"
    assert services.get("/user/42").json()["login"] == "sandbox-org"


def test_a_person_is_in_the_organisation_only_if_somebody_said_so(services):
    services.put_person("ada", org_member=True)
    services.put_person("bob")

    assert state_of(services, "ada") == "active"
    assert state_of(services, "bob") == 404
    assert state_of(services, "nobody") == 404
    assert logins(services, f"{ORG}/members") == ["ada"]


def test_inviting_somebody_makes_a_pending_member_once(services):
    services.put_person("ada", id=7)

    first = services.change("PUT", f"{ORG}/memberships/ada", {"role": "member"})
    again = services.change("PUT", f"{ORG}/memberships/ada", {"role": "member"})

    [invitation] = services.get(f"{ORG}/invitations").json()
    assert (first.json()["state"], again.json()["state"]) == ("pending", "pending")
    assert (invitation["login"], invitation["email"]) == ("ada", None)
    assert invitation["inviter"]["login"] == "ghadmin[bot]"
    assert logins(services, f"{ORG}/members") == []


def test_an_accepted_invitation_is_no_longer_listed(services):
    services.put_person("ada", id=7)
    services.change("PUT", f"{ORG}/memberships/ada")

    services.put_person("ada", id=7, org_member=True)

    assert state_of(services, "ada") == "active"
    assert services.get(f"{ORG}/invitations").json() == []


def test_an_invitation_fails_after_seven_days(services):
    services.put_team("everyone")
    services.put_person("ada", id=7, invited_at=ago(days=6, hours=23))
    services.put_person("bob", id=8, invited_at=ago(days=1))
    services.put_team("everyone", members=["ada", "bob"])
    assert state_of(services, "ada") == "pending"

    services.put_person("ada", id=7, invited_at=ago(days=7, seconds=1))

    [failed] = services.get(f"{ORG}/failed_invitations").json()
    assert state_of(services, "ada") == 404
    assert logins(services, f"{ORG}/invitations") == ["bob"]
    assert failed["login"] == "ada"
    assert failed["failed_reason"].startswith("Invitation expired")
    lived = moment(failed["failed_at"]) - moment(failed["created_at"])
    assert lived == timedelta(days=7)
    assert services.get(f"{ORG}/teams/everyone/memberships/ada").status_code == 404


def moment(text):
    return datetime.fromisoformat(text)


def test_a_new_invitation_takes_the_place_of_the_failed_one(services):
    services.put_person("ada", id=7, invited_at=ago(days=8))

    services.change("PUT", f"{ORG}/memberships/ada")

    assert state_of(services, "ada") == "pending"
    assert services.get(f"{ORG}/failed_invitations").json() == []


def test_an_invitation_can_be_sent_by_id_or_by_email_and_taken_back(services):
    services.put_team("everyone")
    services.put_person("ada", id=7)
    team = services.get(f"{ORG}/teams/everyone").json()["id"]

    by_id = services.change("POST", f"{ORG}/invitations", {"invitee_id": 7, "team_ids": [team]})
    by_email = services.change("POST", f"{ORG}/invitations", {"email": "bob@acme.example"})
    again = services.change("POST", f"{ORG}/invitations", {"invitee_id": 7})
    cancelled = services.change("DELETE", f"{ORG}/invitations/{by_id.json()['id']}")

    assert (by_id.status_code, by_id.json()["team_count"]) == (201, 1)
    assert (by_email.status_code, by_email.json()["login"]) == (201, None)
    assert (again.status_code, again.json()["message"]) == (422, "Validation Failed")
    assert cancelled.status_code == 204
    assert state_of(services, "ada") == 404
    assert logins(services, f"{ORG}/invitations") == [None]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"invitee_id": 7, "email": "a@acme.example"}, 422),
        ({"invitee_id": 99}, 422),
        ({"invitee_id": 8}, 422),
        ({"email": "no address"}, 422),
        ({"email": "a@acme.example", "role": "king"}, 422),
        ({"email": "a@acme.example", "team_ids": [5]}, 422),
        ([], 400),
    ],
)
def test_an_invitation_that_cannot_be_sent_is_not(services, body, status):
    services.put_person("ada", id=7)
    services.put_person("bob", id=8, org_member=True)

    answer = services.change("POST", f"{ORG}/invitations", body)

    assert answer.status_code == status
    assert services.get(f"{ORG}/invitations").json() == []


def test_whoever_leaves_is_out_of_every_team(services):
    services.put_person("ada", org_member=True)
    services.put_team("everyone", members=["ada"])

    answer = services.change("DELETE", f"{ORG}/members/ada")

    assert answer.status_code == 204
    assert logins(services, f"{ORG}/members") == []
    assert logins(services, f"{ORG}/teams/everyone/members") == []
    assert services.change("DELETE", f"{ORG}/members/ada").status_code == 404


def test_a_login_that_is_taken_over_belongs_to_the_new_account(services):
    services.put_person("ada", id=7, org_member=True)

    services.put_person("ada", id=9)

    assert services.get("/users/ada").json()["id"] == 9
    assert services.get("/user/7").status_code == 404
    assert logins(services, f"{ORG}/members") == []


def test_lists_of_people_have_pages(services):
    for number in range(5):
        services.put_person(f"dev-{number}", org_member=True)

    first = services.get(f"{ORG}/members?per_page=2")
    last = services.session.get(
        first.links["last"]["url"], headers=first.request.headers, timeout=60
    )

    assert [row["login"] for row in first.json()] == ["dev-0", "dev-1"]
    assert [row["login"] for row in last.json()] == ["dev-4"]


@pytest.mark.parametrize(
    ("method", "path", "needed"),
    [
        ("GET", f"{ORG}/members", "members=read"),
        ("GET", f"{ORG}/teams/everyone", "members=read"),
        ("PUT", f"{ORG}/memberships/ada", "members=write"),
        ("PUT", f"{ORG}/teams/everyone/memberships/ada", "members=write"),
        ("POST", f"{ORG}/invitations", "members=write"),
        ("DELETE", f"{ORG}/invitations/1", "members=write"),
    ],
)
def test_a_token_that_may_not_is_told_what_it_lacks(services, method, path, needed):
    services.put_person("ada")
    services.put_team("everyone")
    lesser = {"members": "read"} if needed == "members=write" else {"actions": "read"}
    token = services.token(permissions=lesser)

    answer = services.session.request(
        method,
        services.github + path,
        headers={"Authorization": f"Bearer {token}"},
        json={},
        timeout=60,
    )

    assert answer.status_code == 403
    assert answer.headers["x-accepted-github-permissions"] == needed
    assert state_of(services, "ada") == 404


def test_one_organisation_does_not_see_the_people_of_another(services):
    services.put_person("ada", org="other", org_member=True)

    assert services.get("/orgs/other/members").status_code == 403
    assert services.get("/orgs/nobody/members").status_code == 404
    assert services.get("/orgs/other").json()["login"] == "other"


def test_an_organisation_cannot_be_invited(services):
    answer = services.change("PUT", f"{ORG}/memberships/sandbox-org")

    assert answer.status_code == 422
