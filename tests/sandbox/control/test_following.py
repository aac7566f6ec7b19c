"""State follows the webhooks: GitHub only sends what has happened."""

import pytest

ADA = {"login": "ada", "id": 7}
ORG = {"login": "Octocoders", "id": 38302899}


@pytest.fixture
def send(services, receiver):
    """Sends an event of Octocoders, with these fields beside the organisation."""

    def order(event, action, *, options=(), **fields):
        body = {"action": action, "organization": ORG, **fields}
        services.order(
            "POST", "/webhooks", {"event": event, "payload": body, **dict(options)}
        ).raise_for_status()

    return order


@pytest.fixture
def ask(services):
    """Asks GitHub as the App's installation on Octocoders."""
    tokens = []

    def get(path, *, login="Octocoders"):
        if not tokens:
            found = services.get_as_app(f"/orgs/{login}/installation").json()
            tokens.append(services.token(found["id"]))
        return services.get(path, token=tokens[0])

    return get


def member(action, **fields):
    told = {"state": "active", "role": "member", "user": ADA, **fields}
    return ("organization", action), {"membership": told}


def team(action, **fields):
    told = {"id": 3253328, "name": "Git Hub", "slug": "git-hub", **fields}
    return ("membership", action), {"scope": "team", "member": ADA, "team": told}


def play(send, *events):
    for (event, action), fields in events:
        send(event, action, **fields)


def state_of_ada(ask):
    answer = ask("/orgs/Octocoders/memberships/ada")
    return answer.json().get("state", answer.status_code)


@pytest.mark.parametrize(
    ("events", "state"),
    [
        ([member("member_added")], "active"),
        ([member("member_added", state="pending")], "pending"),
        ([member("member_added", state="pending"), member("member_added")], "active"),
        ([member("member_added"), member("member_added", state="pending")], "active"),
        ([member("member_added"), member("member_removed")], 404),
        ([team("added")], "active"),
        ([team("added"), team("removed")], "active"),
    ],
)
def test_a_membership_becomes_what_the_events_say(send, ask, events, state):
    play(send, *events)

    assert state_of_ada(ask) == state
    assert ask("/user/7").json()["login"] == "ada"


def test_teams_come_gain_and_lose_people_and_go(send, ask):
    path = "/orgs/Octocoders/teams/git-hub"

    play(send, team("added"))
    added = ask(path).json()
    play(send, team("removed"))
    removed = ask(f"{path}/members").json()
    play(send, team("removed", deleted=True, slug=None))

    assert (added["id"], added["name"], added["members_count"]) == (3253328, "Git Hub", 1)
    assert removed == []
    assert ask(path).status_code == 404


def test_whoever_leaves_the_organisation_leaves_its_teams(send, ask):
    play(send, team("added"), member("member_removed"))

    assert ask("/orgs/Octocoders/teams/git-hub/members").json() == []


def test_a_renamed_user_is_the_same_one(send, ask):
    play(send, member("member_added"), member("member_added", user={"login": "ada-l", "id": 7}))

    assert [row["login"] for row in ask("/orgs/Octocoders/members").json()] == ["ada-l"]


def test_invitations_of_other_years_are_open_now(send, ask, payload):
    body = payload("organization__member_invited")
    by_email = {**body["invitation"], "id": 5, "login": None, "email": "bob@acme.example"}

    send("organization", "member_invited", invitation=body["invitation"], user=body["user"])
    send("organization", "member_invited", invitation=by_email)

    first, second = ask("/orgs/Octocoders/invitations").json()
    assert (first["id"], first["login"]) == (body["invitation"]["id"], "hacktocat")
    assert (second["id"], second["login"], second["email"]) == (5, None, "bob@acme.example")
    assert first["inviter"]["login"] == "Codertocat"
    assert ask("/orgs/Octocoders/memberships/hacktocat").json()["state"] == "pending"


def test_a_renamed_organisation_keeps_its_people_and_repositories(services, send, ask):
    services.put_run({"id": 1, "repository": {"full_name": "Octocoders/api"}})
    play(send, member("member_added"))
    assert state_of_ada(ask) == "active"
    account = services.get_as_app("/orgs/Octocoders/installation").json()["account"]

    renamed = {"login": "Octopeople", "id": account["id"]}
    body = {"action": "renamed", "organization": renamed}
    services.order("POST", "/webhooks", {"event": "organization", "payload": body})

    assert ask("/orgs/Octopeople/memberships/ada").json()["state"] == "active"
    assert ask("/repos/Octopeople/api/actions/runs/1").json()["id"] == 1
    assert services.get_as_app("/orgs/Octocoders/installation").status_code == 404


def test_the_home_organisation_may_be_renamed(services, send):
    body = {"action": "renamed", "organization": {"login": "acme", "id": 42}}
    services.order("POST", "/webhooks", {"event": "organization", "payload": body})

    assert services.get_as_app("/app").json()["owner"]["login"] == "acme"


@pytest.fixture
def tell_of_the_app(services, receiver):
    """Sends an `installation` event of the home organisation, by default."""

    def order(action, *, number=4242, login="sandbox-org"):
        body = {"action": action, "installation": {"id": number, "account": {"login": login}}}
        return services.order("POST", "/webhooks", {"event": "installation", "payload": body})

    return order


def test_an_owner_suspends_the_app_and_lets_it_go_on(services, tell_of_the_app):
    token = services.token()

    tell_of_the_app("suspend")
    told = services.get_as_app("/app/installations").json()
    answers = [
        services.get("/installation/repositories", token=token),
        services.post_as_app("/app/installations/4242/access_tokens", {}),
    ]
    tell_of_the_app("unsuspend")

    assert [one["suspended_at"] is None for one in told if one["id"] == 4242] == [False]
    assert {(one.status_code, one.json()["message"]) for one in answers} == {
        (403, "This installation has been suspended")
    }
    assert services.get_as_app("/orgs/sandbox-org/installation").json()["suspended_at"] is None
    assert services.get("/installation/repositories", token=token).status_code == 200


def test_an_owner_removes_the_app_and_puts_it_back(services, tell_of_the_app):
    token = services.token()

    tell_of_the_app("deleted")
    told = services.get_as_app("/app/installations").json()
    answers = [
        services.get("/installation/repositories", token=token),
        services.post_as_app("/app/installations/4242/access_tokens", {}),
        services.get_as_app("/orgs/sandbox-org/installation"),
        services.get_as_app("/app/installations/4242"),
    ]
    tell_of_the_app("created")

    assert 4242 not in [one["id"] for one in told]
    assert [one.status_code for one in answers] == [401, 404, 404, 404]
    assert services.token()


def test_an_installation_that_is_another_owners_is_left_alone(services, tell_of_the_app):
    tell_of_the_app("deleted", login="octocat")
    tell_of_the_app("deleted", number=2)
    services.order(
        "POST",
        "/webhooks",
        {"event": "installation", "payload": {"action": "deleted", "installation": {"id": 4242}}},
    )

    assert services.get_as_app("/orgs/sandbox-org/installation").status_code == 200


def test_after_a_reset_the_app_is_installed_at_home(services, tell_of_the_app):
    tell_of_the_app("deleted")

    services.order("POST", "/reset")

    assert services.get_as_app("/orgs/sandbox-org/installation").status_code == 200


def test_an_event_may_come_when_it_is_true_no_longer(send, ask):
    play(send, member("member_added"), member("member_removed"))
    (event, action), fields = member("member_added")

    send(event, action, options={"follow": False}, **fields)

    assert state_of_ada(ask) == 404


@pytest.mark.parametrize(
    ("event", "body"),
    [
        ("organization", {"action": "member_added"}),
        ("organization", {"action": "member_added", "organization": "acme"}),
        ("organization", {"action": "member_added", "organization": {"login": 7}}),
        ("organization", {"action": "member_added", "organization": ORG, "membership": []}),
        ("organization", {"action": "member_invited", "organization": ORG, "invitation": 1}),
        ("organization", {"action": "member_invited", "organization": ORG, "invitation": {}}),
        ("organization", {"action": "renamed", "organization": {"login": "x", "id": "y"}}),
        ("membership", {"action": "added", "organization": ORG, "team": None}),
        ("membership", {"action": "added", "organization": ORG, "team": {"name": "!"}}),
        (
            "membership",
            {"action": "added", "organization": ORG, "team": {"name": "a"}, "member": {"id": 1}},
        ),
    ],
)
def test_a_body_that_says_too_little_is_sent_as_it_is(services, receiver, event, body):
    answer = services.order("POST", "/webhooks", {"event": event, "payload": body})

    assert (answer.status_code, len(receiver.received)) == (200, 1)


@pytest.mark.parametrize(
    "name",
    [
        "organization__member_added",
        "organization__member_invited",
        "organization__renamed",
        "membership__added",
        "membership__removed",
        "membership__removed_deleted_team",
    ],
)
def test_githubs_own_examples_can_be_played(services, receiver, payload, name):
    event, body = name.partition("__")[0], payload(name)

    services.order("POST", "/webhooks", {"event": event, "payload": body}).raise_for_status()

    installation = services.get_as_app("/orgs/Octocoders/installation").json()
    assert installation["account"]["id"] == ORG["id"]
    assert len(receiver.received) == 1


@pytest.mark.parametrize(("address", "left"), [("ADA@acme.example", 0), ("bob@acme.example", 1)])
def test_whoever_joins_has_accepted_what_went_to_the_companys_address(
    services, send, ask, address, left
):
    told = {"id": 9, "login": None, "email": "ada@acme.example", "role": "direct_member"}
    send("organization", "member_invited", invitation=told)
    services.put_person(
        "ada", id=7, org="Octocoders", org_member=False, company={"email": address}
    )
    assert len(ask("/orgs/Octocoders/invitations").json()) == 1

    play(send, member("member_added"))

    assert len(ask("/orgs/Octocoders/invitations").json()) == left
