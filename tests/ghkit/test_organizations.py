"""People, teams and invitations: what is asked of GitHub, and what its answers mean."""

import json

import pytest

from ghkit import errors
from ghkit.github import organizations
from tests.factories.scripted_github import TOKEN, Script

OCTOCAT = {"id": 583231, "login": "octocat", "name": "Mona", "avatar_url": "https://a.example/1"}
HERE = {"organization": "acme", "installation_id": 4242}
NOT_FOUND = (404, {}, {"message": "Not Found"})
TEAM = {"slug": "web", "id": 5, "name": "Web", "description": None, "privacy": "closed"}


@pytest.fixture
def script(script) -> Script:
    script.answers.append(TOKEN)
    return script


def asked(script):
    """Verb and path of what was asked beside tokens, without the API's root."""
    paths = [(verb, path.removeprefix("/api/v3")) for verb, path, _ in script.requests]
    return [(verb, path) for verb, path in paths if not path.endswith("/access_tokens")]


def test_a_user_is_found_by_login_and_by_id(app, script):
    script.answers += [(200, {}, OCTOCAT), (200, {}, OCTOCAT | {"login": "mona"})]

    by_login = organizations.get_user(app, login="octocat", **HERE)
    by_id = organizations.get_user_by_id(app, user_id=583231, **HERE)

    assert (by_login, by_id["login"]) == (OCTOCAT, "mona")
    assert asked(script) == [("GET", "/users/octocat"), ("GET", "/user/583231")]


@pytest.mark.parametrize(
    ("name", "whom"),
    [
        ("get_user", {"login": "octocat"}),
        ("get_user_by_id", {"user_id": 1}),
        ("invite_member", {"login": "octocat"}),
        ("create_invitation", {"user_id": 1}),
    ],
)
def test_a_user_that_github_does_not_know_is_named(app, script, name, whom):
    script.answers.append(NOT_FOUND)

    with pytest.raises(errors.UserUnknown, match="GitHub has no user"):
        getattr(organizations, name)(app, **whom, **HERE)


@pytest.mark.parametrize("login", ["../x", "a/b", "", "a b", "a?b"])
def test_a_login_that_is_no_part_of_a_path_is_never_asked_for(app, script, login):
    with pytest.raises(errors.InvalidPayload):
        organizations.get_user(app, login=login, **HERE)

    assert asked(script) == []


@pytest.mark.parametrize("state", ["active", "pending"])
def test_active_and_pending_members_are_told_apart(app, script, state):
    script.answers.append((200, {}, {"state": state, "role": "admin"}))

    membership = organizations.get_membership(app, login="octocat", **HERE)

    assert membership == {"state": state, "role": "admin"}


def test_who_is_no_member_is_none_and_no_error(app, script):
    script.answers.append(NOT_FOUND)

    membership = organizations.get_membership(app, login="octocat", **HERE)

    assert membership == {"state": "none", "role": None}


@pytest.mark.parametrize(
    ("name", "whom"),
    [
        ("get_membership", {"login": "octocat"}),
        ("get_team", {"slug": "web"}),
        ("get_team_membership", {"slug": "web", "login": "octocat"}),
        ("get_user", {"login": "octocat"}),
        ("invite_member", {"login": "octocat"}),
        ("create_invitation", {"user_id": 7}),
        ("cancel_invitation", {"invitation_id": 9}),
        ("is_team_synced", {"slug": "web"}),
        ("list_team_members", {"slug": "web"}),
    ],
)
def test_a_refusal_is_not_taken_for_an_absence(app, script, name, whom):
    script.answers.append((422, {}, {"message": "Validation Failed"}))

    with pytest.raises(errors.GitHubRejected):
        getattr(organizations, name)(app, **whom, **HERE)


def test_an_invitation_is_for_members_and_tells_that_it_is_pending(app, script):
    script.answers.append((200, {}, {"state": "pending", "role": "member"}))

    membership = organizations.invite_member(app, login="octocat", **HERE)

    assert membership["state"] == "pending"
    assert asked(script) == [("PUT", "/orgs/acme/memberships/octocat")]
    assert json.loads(script.bodies[-1]) == {"role": "member"}


@pytest.mark.parametrize(
    ("name", "whom"),
    [
        ("invite_member", {"login": "octocat"}),
        ("create_invitation", {"email": "m@acme.example"}),
        ("add_to_team", {"slug": "web", "login": "octocat"}),
    ],
)
def test_the_daily_limit_of_invitations_has_a_name(app, script, name, whom):
    reason = {"resource": "OrganizationInvitation", "message": "Over invitation rate limit"}
    script.answers.append((422, {}, {"message": "Validation Failed", "errors": [reason]}))

    with pytest.raises(errors.InvitationLimitReached, match="acme"):
        getattr(organizations, name)(app, **whom, **HERE)


def test_reading_takes_a_token_that_may_only_read(app, script):
    script.answers += [NOT_FOUND, TOKEN, (200, {}, {"state": "pending", "role": "member"})]

    organizations.get_membership(app, login="octocat", **HERE)
    organizations.invite_member(app, login="octocat", **HERE)

    permissions = [json.loads(body) for body in script.bodies if "permissions" in body]
    assert permissions == [
        {"permissions": {"members": "read"}},
        {"permissions": {"members": "write"}},
    ]


def test_the_installation_of_an_organisation_is_looked_up_once(app, script):
    script.answers[:] = [(200, {}, {"id": 7, "suspended_at": None}), TOKEN, NOT_FOUND, NOT_FOUND]

    for login in ("octocat", "hubot"):
        organizations.get_membership(app, organization="acme", login=login)

    assert asked(script) == [
        ("GET", "/orgs/acme/installation"),
        ("GET", "/orgs/acme/memberships/octocat"),
        ("GET", "/orgs/acme/memberships/hubot"),
    ]


def test_members_are_listed_through_all_pages(app, script):
    link = {"Link": f'<{script.url}/orgs/acme/members?page=2>; rel="next"'}
    script.answers += [
        (200, link, [{"id": 1, "login": "a"}]),
        (200, {}, [{"id": 2, "login": "b"}]),
    ]

    assert organizations.list_members(app, **HERE) == {1: "a", 2: "b"}


def test_invitations_by_mail_have_no_login(app, script):
    raw = {
        "id": 9,
        "login": None,
        "email": "m@acme.example",
        "created_at": "2026-11-20T10:00:00-04:00",
        "inviter": None,
        "role": "direct_member",
    }
    script.answers.append((200, {}, [raw]))

    (invitation,) = organizations.list_invitations(app, **HERE)

    assert (invitation["login"], invitation["email"]) == (None, "m@acme.example")
    assert (invitation["inviter"], invitation["failed_at"]) == ("", None)


def test_failed_invitations_say_why(app, script):
    raw = {
        "id": 9,
        "login": "octocat",
        "created_at": "2026-11-10T10:00:00Z",
        "failed_at": "2026-11-17T10:00:00Z",
        "failed_reason": "Invitation expired",
        "inviter": {"login": "boss"},
    }
    script.answers.append((200, {}, [raw]))

    (invitation,) = organizations.list_invitations(app, failed=True, **HERE)

    assert asked(script)[0][1].startswith("/orgs/acme/failed_invitations")
    assert (invitation["failed_reason"], invitation["inviter"]) == ("Invitation expired", "boss")


def test_an_invitation_that_is_gone_is_cancelled_already(app, script):
    script.answers.append(NOT_FOUND)

    organizations.cancel_invitation(app, invitation_id=9, **HERE)

    assert asked(script) == [("DELETE", "/orgs/acme/invitations/9")]


def test_an_invitation_is_sent_anew_and_has_an_id(app, script):
    script.answers.append((201, {}, {"id": 10}))

    assert organizations.create_invitation(app, user_id=7, **HERE) == 10
    assert json.loads(script.bodies[-1]) == {"invitee_id": 7, "role": "direct_member"}


@pytest.mark.parametrize("whom", [{}, {"user_id": 1, "email": "m@acme.example"}])
def test_an_invitation_goes_to_one(app, whom):
    with pytest.raises(ValueError, match="to a user or to an address"):
        organizations.create_invitation(app, **whom, **HERE)


def test_a_team_that_does_not_exist_is_none(app, script):
    script.answers += [(200, {}, TEAM), NOT_FOUND]

    there = organizations.get_team(app, slug="web", **HERE)
    gone = organizations.get_team(app, slug="wob", **HERE)

    assert (there, gone) == (TEAM | {"description": ""}, None)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ((200, {}, {"groups": [{"group_id": 1}]}), True),
        ((200, {}, {"groups": []}), False),
        (
            (
                400,
                {},
                {"message": "This organization is not part of externally managed enterprise"},
            ),
            False,
        ),
        ((403, {}, {"message": "Resource not accessible by integration"}), False),
        (NOT_FOUND, False),
    ],
)
def test_a_team_counts_as_synchronised_only_where_that_is_known(app, script, answer, expected):
    script.answers.append(answer)

    assert organizations.is_team_synced(app, slug="web", **HERE) is expected


@pytest.mark.parametrize("state", ["active", "pending"])
def test_adding_to_a_team_tells_who_must_still_accept(app, script, state):
    script.answers.append((200, {}, {"state": state, "role": "member"}))

    assert organizations.add_to_team(app, slug="web", login="octocat", **HERE) == state
    assert asked(script) == [("PUT", "/orgs/acme/teams/web/memberships/octocat")]


def test_a_team_that_says_it_is_synchronised_is_told_as_such(app, script):
    message = "This team is managed by team synchronization"
    script.answers.append((403, {}, {"message": message}))

    with pytest.raises(errors.TeamSynced, match="web of acme"):
        organizations.add_to_team(app, slug="web", login="octocat", **HERE)


def test_a_bare_refusal_of_a_synchronised_team_is_recognised(app, script):
    groups = (200, {}, {"groups": [{"group_id": 1}]})
    script.answers += [(403, {}, {"message": "Forbidden"}), TOKEN, groups]

    with pytest.raises(errors.TeamSynced):
        organizations.add_to_team(app, slug="web", login="octocat", **HERE)


def test_a_missing_permission_is_no_synchronisation(app, script):
    refusal = (403, {}, {"message": "Resource not accessible by integration"})
    script.answers += [refusal, TOKEN, refusal]

    with pytest.raises(errors.GitHubRejected, match="not accessible"):
        organizations.add_to_team(app, slug="web", login="octocat", **HERE)


def test_of_a_missing_team_and_a_missing_user_the_right_one_is_named(app, script):
    script.answers += [NOT_FOUND, TOKEN, NOT_FOUND]
    with pytest.raises(errors.TeamMissing, match="acme has no team web"):
        organizations.add_to_team(app, slug="web", login="octocat", **HERE)

    script.answers += [NOT_FOUND, (200, {}, TEAM), NOT_FOUND]
    with pytest.raises(errors.UserUnknown, match="octocat"):
        organizations.add_to_team(app, slug="web", login="octocat", **HERE)


def test_a_rate_limit_is_no_synchronisation(app, script):
    script.answers.append((403, {"Retry-After": "9"}, {"message": "secondary rate limit"}))

    with pytest.raises(errors.RateLimited):
        organizations.add_to_team(app, slug="web", login="octocat", **HERE)


def test_a_teams_people_are_listed_by_id(app, script):
    script.answers += [(200, {}, [{"id": 1, "login": "a"}]), NOT_FOUND]

    assert organizations.list_team_members(app, slug="web", **HERE) == {1: "a"}
    with pytest.raises(errors.TeamMissing):
        organizations.list_team_members(app, slug="web", **HERE)


@pytest.mark.parametrize("body", [{}, [], "<html>", {"state": "odd"}, {"state": None}])
def test_an_answer_of_something_else_is_no_membership(app, script, body):
    script.answers.append((200, {}, body))

    with pytest.raises(errors.GitHubUnavailable):
        organizations.get_membership(app, login="octocat", **HERE)


def test_teams_are_listed_with_what_rules_need(app, script):
    script.answers.append((200, {}, [TEAM]))

    assert organizations.list_teams(app, **HERE) == [TEAM | {"description": ""}]


def test_an_answer_of_something_else_is_no_list(app, script):
    script.answers.append((200, {}, {"message": "hello"}))

    with pytest.raises(errors.GitHubUnavailable, match="no list"):
        organizations.list_teams(app, **HERE)
