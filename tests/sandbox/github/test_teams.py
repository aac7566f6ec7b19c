"""Teams: active, pending, synchronised, gone."""

import pytest

ORG = "/orgs/sandbox-org"
EVERYONE = f"{ORG}/teams/everyone"


@pytest.fixture
def services(services):
    services.put_team("everyone", name="Everyone", description="All of us")
    services.put_person("ada", id=7, org_member=True)
    services.put_person("bob", id=8)
    return services


def add(services, login, *, team="everyone"):
    return services.change("PUT", f"{ORG}/teams/{team}/memberships/{login}", {"role": "member"})


def told(services, slug="everyone"):
    return services.order("GET", f"/teams/{slug}/members").json()


def test_a_member_is_in_the_team_at_once_and_only_once(services):
    answers = [add(services, "ada") for _ in range(2)]

    assert [(one.status_code, one.json()["state"]) for one in answers] == [(200, "active")] * 2
    assert told(services) == [{"login": "ada", "state": "active"}]
    assert [row["login"] for row in services.get(f"{EVERYONE}/members").json()] == ["ada"]


def test_somebody_from_outside_is_invited_and_waits(services):
    answer = add(services, "bob")

    [invitation] = services.get(f"{ORG}/invitations").json()
    [waiting] = services.get(f"{EVERYONE}/invitations").json()
    assert (answer.status_code, answer.json()["state"]) == (200, "pending")
    assert (invitation["login"], invitation["team_count"]) == ("bob", 1)
    assert waiting["id"] == invitation["id"]
    assert services.get(f"{ORG}/memberships/bob").json()["state"] == "pending"
    assert services.get(f"{EVERYONE}/memberships/bob").json()["state"] == "pending"
    assert services.get(f"{EVERYONE}/members").json() == []
    assert told(services) == [{"login": "bob", "state": "pending"}]


def test_whoever_accepts_is_active_in_every_team_that_waited(services):
    services.put_team("backend")
    add(services, "bob")
    add(services, "bob", team="backend")

    services.put_person("bob", id=8, org_member=True)

    assert told(services) == [{"login": "bob", "state": "active"}]
    assert told(services, "backend") == [{"login": "bob", "state": "active"}]
    assert services.get(f"{ORG}/invitations").json() == []


def test_a_cancelled_invitation_takes_the_place_in_the_team_along(services):
    add(services, "bob")
    [invitation] = services.get(f"{ORG}/invitations").json()

    services.change("DELETE", f"{ORG}/invitations/{invitation['id']}")

    assert told(services) == []


@pytest.mark.parametrize(("visible", "status"), [(True, 200), (False, 404)])
def test_a_synchronised_team_can_be_seen_and_not_changed(services, visible, status):
    services.put_team("idp", idp_synced=True, mapping_visible=visible, members=["ada"])

    added, removed = (
        services.change(method, f"{ORG}/teams/idp/memberships/{login}")
        for method, login in (("PUT", "bob"), ("DELETE", "ada"))
    )
    groups = services.get(f"{ORG}/teams/idp/external-groups")

    assert (added.status_code, removed.status_code) == (403, 403)
    assert "synchronized with an identity provider" in added.json()["message"]
    assert told(services, "idp") == [{"login": "ada", "state": "active"}]
    assert services.get(f"{ORG}/invitations").json() == []
    assert groups.status_code == status
    assert services.get(f"{ORG}/teams/idp/team-sync/group-mappings").status_code == 403


def test_a_synchronised_team_names_its_groups_and_another_names_none(services):
    services.put_team("idp", idp_synced=True)

    synchronised = services.get(f"{ORG}/teams/idp/external-groups").json()["groups"]
    other = services.get(f"{EVERYONE}/external-groups").json()["groups"]

    assert [group["group_name"] for group in synchronised] == ["idp-idp"]
    assert other == []


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"{ORG}/teams/nowhere/memberships/ada", 404),
        (f"{EVERYONE}/memberships/nobody", 404),
        (f"{EVERYONE}/memberships/sandbox-org", 422),
    ],
)
def test_what_cannot_be_added_is_not(services, path, status):
    answer = services.change("PUT", path, {"role": "member"})

    assert answer.status_code == status
    assert told(services) == []


def test_a_role_that_does_not_exist_is_refused(services):
    answer = services.change("PUT", f"{EVERYONE}/memberships/ada", {"role": "king"})

    assert answer.status_code == 422
    assert told(services) == []


def test_somebody_is_taken_out_of_a_team_and_stays_in_the_organisation(services):
    add(services, "ada")

    first, again = (services.change("DELETE", f"{EVERYONE}/memberships/ada") for _ in range(2))

    assert (first.status_code, again.status_code) == (204, 404)
    assert services.get(f"{ORG}/memberships/ada").json()["state"] == "active"


def test_an_owner_is_a_maintainer_of_every_team(services):
    services.put_person("ada", id=7, role="admin")

    answer = add(services, "ada")

    assert answer.json()["role"] == "maintainer"


def test_a_deleted_team_is_gone(services):
    services.put_team("everyone", deleted=True)

    assert services.get(EVERYONE).status_code == 404
    assert add(services, "ada").status_code == 404
    assert services.get(f"{ORG}/teams").json() == []


def test_teams_are_listed_by_name_with_what_was_said_of_them(services):
    services.put_team("backend")

    teams = services.get(f"{ORG}/teams").json()

    assert [(team["slug"], team["name"], team["description"]) for team in teams] == [
        ("backend", "Backend", None),
        ("everyone", "Everyone", "All of us"),
    ]
