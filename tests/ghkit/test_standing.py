"""How a person stands: which questions are asked of GitHub, and what follows."""

from datetime import timedelta

import pytest

from ghkit import errors, standing
from tests.factories.scripted_github import NOW, TOKEN

ACME = {"login": "acme", "id": 42}
MEMBER = {"id": 7, "login": "octocat"}
NOT_FOUND = (404, {}, {"message": "Not Found"})
USER = (200, {}, {"id": 7, "login": "mona"})
ACTIVE = (200, {}, {"state": "active", "role": "member"})
PENDING = (200, {}, {"state": "pending", "role": "member"})
ORGANIZATION = (200, {}, {"id": 42, "login": "Acme"})
NO_GROUPS = (200, {}, {"groups": []})


def asked(script):
    return [
        f"{verb} {path.removeprefix('/api/v3')}"
        for verb, path, _ in script.requests
        if not path.endswith("/access_tokens")
    ]


def read(app, *, organization=ACME, team=None):
    return standing.read(
        app,
        organization=organization,
        member=MEMBER,
        team=team,
        installation_id=4242,
        observed_at=NOW,
    )


def seen(*, age=timedelta(), state="active"):
    found = standing.unknown(ACME, MEMBER, observed_at=NOW - age, retry_at=None)
    return {**found, "state": state}


def add(app, script, *answers, **fields):
    script.answers += answers
    return standing.add_to_team(app, seen(**fields), slug="web", installation_id=4242, now=NOW)


def test_a_member_is_found_by_id_under_the_present_login(app, script):
    script.answers += [TOKEN, USER, ACTIVE]

    found = read(app)

    assert found == {
        "organization": "acme",
        "organization_id": "42",
        "github_id": "7",
        "login": "mona",
        "state": "active",
        "team_state": None,
        "observed_at": "2026-11-23T12:00:00.000000Z",
        "retry_at": None,
    }
    assert asked(script) == ["GET /user/7", "GET /orgs/acme/memberships/mona"]


def test_an_unknown_id_of_an_organisation_is_asked_for(app, script):
    script.answers += [TOKEN, USER, ACTIVE, ORGANIZATION]

    found = read(app, organization={"login": "acme", "id": None})

    assert (found["organization"], found["organization_id"]) == ("Acme", "42")


def test_nobody_is_gone_from_an_organisation_that_is_not_there(app, script):
    """It was renamed since the event, or the App was taken off it."""
    script.answers += [TOKEN, USER, NOT_FOUND, NOT_FOUND]

    with pytest.raises(errors.GitHubRejected, match="404"):
        read(app)


def test_a_deleted_account_is_a_member_nowhere(app, script):
    script.answers += [TOKEN, NOT_FOUND, ORGANIZATION]

    found = read(app, team="web")

    assert (found["login"], found["state"], found["team_state"]) == ("octocat", "none", "removed")


@pytest.mark.parametrize(
    ("answer", "state"), [(ACTIVE, "active"), (PENDING, "pending"), (NOT_FOUND, "removed")]
)
def test_the_team_in_question_is_asked_for(app, script, answer, state):
    script.answers += [TOKEN, USER, ACTIVE, answer]

    assert read(app, team="web")["team_state"] == state


def test_who_is_in_by_now_is_not_invited(app, script):
    script.answers += [TOKEN, ACTIVE]

    now = standing.invite(app, seen(state="none"), installation_id=4242, observed_at=NOW)

    assert now["state"] == "active"
    assert asked(script) == ["GET /orgs/acme/memberships/octocat"]


def test_who_is_not_in_is_invited(app, script):
    script.answers += [TOKEN, NOT_FOUND, TOKEN, PENDING]

    now = standing.invite(app, seen(state="none"), installation_id=4242, observed_at=NOW)

    assert now["state"] == "pending"
    assert asked(script)[-1] == "PUT /orgs/acme/memberships/octocat"


def test_who_is_in_the_team_is_left_as_is(app, script):
    assert add(app, script, TOKEN, PENDING) == "pending"
    assert not [line for line in asked(script) if line.startswith("PUT")]


def test_a_member_is_added(app, script):
    assert add(app, script, TOKEN, NOT_FOUND, NO_GROUPS, TOKEN, ACTIVE) == "active"


def test_an_old_observation_is_made_sure_of_before_anything_is_written(app, script):
    """An execution may be resumed days later; to add who has left would be to invite."""
    with pytest.raises(errors.MemberGone, match="octocat has left acme"):
        add(app, script, TOKEN, NOT_FOUND, NOT_FOUND, age=timedelta(minutes=6))


def test_an_old_observation_that_still_holds_is_no_obstacle(app, script):
    answers = (TOKEN, NOT_FOUND, ACTIVE, NO_GROUPS, TOKEN, ACTIVE)

    assert add(app, script, *answers, age=timedelta(days=3)) == "active"


def test_a_team_that_is_known_to_be_synchronised_is_not_written_to(app, script):
    assert add(app, script, TOKEN, NOT_FOUND, (200, {}, {"groups": [{}]})) == "synced"
    assert not [line for line in asked(script) if line.startswith("PUT")]


def test_a_team_that_turns_out_to_be_synchronised_is_told_as_such(app, script):
    refusal = (403, {}, {"message": "This team is synchronized"})

    assert add(app, script, TOKEN, NOT_FOUND, NOT_FOUND, TOKEN, refusal) == "synced"


def test_keys_are_texts_and_empty_where_they_do_not_apply():
    change = {
        "organization": ACME,
        "invitation": {"id": 9},
        "team": {"slug": "web"},
    }
    nothing = {"organization": {"login": "acme", "id": None}, "invitation": None, "team": None}

    assert standing.keys(change) == {
        "organization_id": "42",
        "invitation": "invite#9",
        "invitation_id": "9",
        "team": "team#web",
    }
    assert set(standing.keys(nothing).values()) == {""}
