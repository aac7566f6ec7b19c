"""A developer joins: from GitHub's webhook to teams, record, page and repair, through every part."""

import logging
import re
import time

import httpx
import pytest

from tests.waiting import eventually

log = logging.getLogger(__name__)

ORGANIZATION, ORGANIZATION_ID = "sandbox-org", 42
TEAMS = ("joiners", "joiners-engineering")


@pytest.fixture
def newcomer(journey):
    """Somebody who has just accepted the invitation, whom the company directory knows."""
    for slug in TEAMS:
        journey.control.put("/teams", json={"slug": slug, "members": []}).raise_for_status()
    rules = {"default": ["joiners"], "departments": {"Engineering": ["joiners-engineering"]}}
    journey.control.put("/rules", json=rules).raise_for_status()
    person = {
        "login": "journey-joiner",
        "id": 815_001,
        "org_member": True,
        "company": {
            "email": "joiner@example.com",
            "employee_id": "E815",
            "name": "Jo Iner",
            "department": "Engineering",
            "title": "Developer",
        },
    }
    journey.control.put("/people", json=person).raise_for_status()
    return person


@pytest.fixture
def dashboard(journey):
    """The dashboard to somebody who has signed in by the form."""
    with httpx.Client(base_url=journey.world.layout.dashboard_url, timeout=60) as client:
        sign_in(client, journey.world.facts)
        yield client


def sign_in(client, facts):
    page = client.get("/sign-in/")
    credentials = {
        "username": facts["GHADMIN_ADMIN_USER"],
        "password": facts["GHADMIN_ADMIN_PASSWORD"],
    }
    answer = client.post("/sign-in/", data=credentials | token_of(page))
    assert answer.status_code == 302


def token_of(page):
    """The form's CSRF token."""
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    return {"csrfmiddlewaretoken": found[1]}


def joined(journey, person, *, action="member_added", state="active"):
    """Make GitHub send that somebody has joined."""
    payload = {
        "action": action,
        "membership": {
            "state": state,
            "role": "member",
            "user": {"login": person["login"], "id": person["id"]},
        },
        "organization": {"login": ORGANIZATION, "id": ORGANIZATION_ID},
        "sender": {"login": "olga", "id": 1},
    }
    return journey.send(payload, event="organization")


def in_team(journey, slug, login):
    """How somebody stands to a team at GitHub, or None."""
    members = journey.control.get(f"/teams/{slug}/members").json()
    return next((one["state"] for one in members if one["login"] == login), None)


def member(journey, login):
    """What `members/` says of somebody, or None."""
    return next(iter(journey.get("members/", login=login)["results"]), None)


def test_a_newcomer_is_in_the_right_teams_with_a_record_and_drift_is_repaired_by_one_click(
    journey, newcomer, dashboard
):
    login = newcomer["login"]

    began = time.monotonic()
    sent = joined(journey, newcomer)
    for slug in TEAMS:
        eventually(lambda slug=slug: in_team(journey, slug, login), what=f"{login} in {slug}")
    log.info("in both teams %.2f s after the webhook", time.monotonic() - began)
    found = eventually(
        lambda: (
            one if (one := member(journey, login)) and len(one["teams"]) == len(TEAMS) else None
        ),
        what="the record in the mirror",
    )
    log.info("in members/ %.2f s after the webhook", time.monotonic() - began)
    execution = journey.ended(sent["guid"])

    assert (execution["status"], execution["state_machine"]) == ("SUCCEEDED", "onboard-member")
    assert found == {
        "github_id": newcomer["id"],
        "login": login,
        "organization": ORGANIZATION,
        "email": "joiner@example.com",
        "employee_id": "E815",
        "name": "Jo Iner",
        "department": "Engineering",
        "title": "Developer",
        "manager": "",
        "teams": [{"slug": slug, "state": "active"} for slug in TEAMS],
        "status": "active",
        "state": "active",
        "invitation_expires_at": None,
        "updated_at": found["updated_at"],
    }

    # Somebody takes the newcomer out, and the event of it gets lost.
    journey.control.put("/teams", json={"slug": TEAMS[1], "members": []}).raise_for_status()
    address = f"/members/{ORGANIZATION_ID}/{newcomer['id']}/"
    page = dashboard.get(f"{address}github/")
    assert "Promised, but not in it" in page.text
    repair = {"team": re.findall(r'name="team" value="([^"]+)"', page.text)}
    assert repair == {"team": [TEAMS[1]]}
    dashboard.post(f"{address}chores/repair_teams/", data=repair | token_of(page))

    eventually(lambda: in_team(journey, TEAMS[1], login), what="the repair at GitHub")
    eventually(
        lambda: f"{TEAMS[1]}: added, active." in dashboard.get(address).text,
        what="the outcome on the page",
    )
    assert "Promised, but not in it" not in dashboard.get(f"{address}github/").text


def test_who_is_only_invited_is_pending_until_the_event_of_joining_arrives(journey, newcomer):
    person = newcomer | {"login": "journey-invited", "id": 815_002, "org_member": False}
    journey.control.put("/people", json=person).raise_for_status()
    joined(journey, person, state="pending")
    pending = eventually(
        lambda: (
            one
            if (one := member(journey, person["login"])) and len(one["teams"]) == len(TEAMS)
            else None
        ),
        what="the pending record",
    )

    joined(journey, person)
    eventually(
        lambda: (member(journey, person["login"]) or {}).get("status") == "active",
        what="the active record",
    )

    assert pending["status"] == "pending"
    assert {team["state"] for team in pending["teams"]} == {"pending"}
    eventually(
        lambda: (
            {team["state"] for team in member(journey, person["login"])["teams"]} == {"active"}
        ),
        what="the teams, active too",
    )


def test_whoever_the_directory_lacks_is_retried_and_then_followed_until_they_leave(
    journey, newcomer
):
    login, number = "journey-stranger", 815_003
    person = newcomer | {"login": login, "id": number}
    journey.control.put("/people", json=person | {"company": None}).raise_for_status()
    joined(journey, person)
    failed = eventually(
        lambda: next(
            iter(journey.get("executions/", subject=login, status="FAILED")["results"]), None
        ),
        what="the failure",
    )
    journey.control.put("/people", json=person).raise_for_status()
    retried = journey.api.post(f"/api/v1/executions/{failed['id']}/retry/")
    eventually(
        lambda: journey.get(f"executions/{failed['id']}/")["status"] == "SUCCEEDED",
        what="the success of the retry",
    )
    eventually(lambda: member(journey, login), what="the record")

    assert (failed["error"], failed["retry"]["action"]) == ("PersonUnknown", "redrive")
    assert retried.status_code == 202

    journey.control.put("/teams", json={"slug": "joiners-ops", "members": []}).raise_for_status()
    for action, is_in in (("added", True), ("removed", False)):
        journey.send(
            {
                "action": action,
                "scope": "team",
                "member": {"login": login, "id": number},
                "team": {"id": 815, "name": "joiners-ops", "slug": "joiners-ops"},
                "organization": {"login": ORGANIZATION, "id": ORGANIZATION_ID},
                "sender": {"login": "olga", "id": 1},
            },
            event="membership",
        )
        eventually(
            lambda is_in=is_in: (
                ("joiners-ops" in {team["slug"] for team in member(journey, login)["teams"]})
                is is_in
            ),
            what=f"the team, {action}",
        )

    joined(journey, person, action="member_removed")
    left = eventually(
        lambda: (found := member(journey, login))["status"] == "removed" and found,
        what="the departure",
    )

    assert left["teams"] == []


def test_an_invitation_by_e_mail_is_recorded_without_a_login(journey):
    invitation = {
        "id": 815_004,
        "login": None,
        "email": "journey-mail@example.com",
        "role": "direct_member",
        "created_at": "2026-11-25T12:00:00Z",
        "inviter": {"login": "olga", "id": 1},
        "team_count": 0,
    }
    sent = journey.send(
        {
            "action": "member_invited",
            "invitation": invitation,
            "organization": {"login": ORGANIZATION, "id": ORGANIZATION_ID},
            "sender": {"login": "olga", "id": 1},
        },
        event="organization",
    )
    journey.ended(sent["guid"])

    [item] = [
        item
        for item in journey.items("MEMBERS_TABLE")
        if item["member"] == f"invite#{invitation['id']}"
    ]

    assert (item["status"], item["email"]) == ("invited", invitation["email"])
    assert not item.get("login")
