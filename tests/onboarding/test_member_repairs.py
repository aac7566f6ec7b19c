"""What is put right by one click on a member's page: the teams at GitHub, or our record."""

import re

import pytest
from django.utils import timezone

from onboarding.models import MemberChore
from tests.factories.members import days, person, record
from tests.onboarding.member_pages import do_chores, text_of

pytestmark = pytest.mark.django_db


def test_one_click_adds_what_is_missing_and_says_who_pressed(
    client, ada, mona, people_github, members_table
):
    client.post("/members/42/7/chores/repair_teams/", {"team": ["payments"]})
    chore = do_chores()

    assert people_github.teams["payments"] == {"mona": "active"}
    assert people_github.writes == ["PUT /orgs/sandbox-org/teams/payments/memberships/mona"]
    assert (chore.status, chore.outcome) == ("done", "payments: added, active.")
    # The record is the state machines': one is told where to look.
    [(machine, event)] = members_table.started.values()
    assert (machine, event["event"], event["team"]["slug"]) == (
        "update-member",
        "membership",
        "payments",
    )
    page = text_of(client.get("/members/42/7/"))
    assert "Add to the missing teams (payments), asked for by ada" in page


def test_a_repair_after_a_crash_does_not_start_anything_twice(
    client, ada, mona, people_github, members_table
):
    client.post("/members/42/7/chores/repair_teams/", {"team": ["payments"]})
    do_chores()
    MemberChore.objects.update(
        status="requested", work_state="waiting", not_before=timezone.now() - days(1)
    )

    chore = do_chores()

    assert (chore.status, chore.outcome) == ("done", "payments: active already.")
    assert len(people_github.writes) == len(members_table.started) == 1


def test_a_repair_adds_to_nothing_that_the_rules_did_not_promise(client, ada, mona, people_github):
    response = client.post("/members/42/7/chores/repair_teams/", {"team": ["secret"]}, follow=True)

    assert "No team that the rules promised is missing." in text_of(response)
    assert list(MemberChore.objects.all()) == []


def test_a_repair_never_invites_who_has_left(client, ada, mona, people_github, members_table):
    client.post("/members/42/7/chores/repair_teams/", {"team": ["payments"]})
    people_github.members.clear()

    chore = do_chores()

    assert chore.status == "refused"
    assert chore.outcome == "mona is no member of sandbox-org: adding would invite them."
    assert people_github.writes == []


def test_a_repair_follows_a_rename_and_explains_what_it_cannot_do(
    client, ada, mona, people_github, members_table
):
    people_github.users[7] = "monalisa"
    people_github.members["monalisa"] = "active"
    path = "PUT /orgs/sandbox-org/teams/payments/memberships/monalisa"
    message = "This team is externally managed"
    people_github.refuse_writes_to[path] = 403, {}, {"message": message}

    client.post("/members/42/7/chores/repair_teams/", {"team": ["payments"]})
    chore = do_chores()

    assert chore.outcome == "payments: its identity provider decides who is in it."


def test_two_clicks_are_one_repair(client, ada, mona):
    for _click in range(2):
        response = client.post(
            "/members/42/7/chores/repair_teams/", {"team": ["payments"]}, follow=True
        )

    assert "That is under way already." in text_of(response)
    assert MemberChore.objects.count() == 1


def test_while_github_is_away_a_repair_waits_and_says_so(
    client, ada, mona, people_github, members_table
):
    people_github.refusal = 502, {}, {"message": "Bad gateway"}
    client.post("/members/42/7/chores/repair_teams/", {"team": ["payments"]})

    chore = do_chores()

    assert (chore.status, chore.strikes) == ("requested", 0)
    assert "Not yet: GitHub answered 502: Bad gateway." in text_of(client.get("/members/42/7/"))

    people_github.refusal = None
    MemberChore.objects.update(not_before=timezone.now() - days(1))
    assert do_chores().status == "done"


def correct(client, member, *, press=True):
    """Look at a member's page, press "Correct the record" there, and have it done."""
    page = client.get(f"/members/42/{member.github_id}/github/").content.decode()
    assert ("/chores/correct_record/" in page) is press
    if not press:
        return None
    [form] = re.findall(r"<form[^>]*chores/correct_record/.*?</form>", page, re.DOTALL)
    teams = re.findall(r'name="team" value="([^"]+)"', form)
    client.post(f"/members/42/{member.github_id}/chores/correct_record/", {"team": teams})
    return do_chores()


@pytest.mark.parametrize(
    ("recorded", "at_github", "words"),
    [
        ("active", None, "mona is no member of sandbox-org"),
        ("removed", "active", "mona is a member of sandbox-org"),
        ("pending", "active", "mona is a member of sandbox-org"),
        ("removed", "pending", "mona is invited to sandbox-org"),
    ],
)
def test_one_click_makes_up_for_an_event_of_somebody_that_was_never_heard(
    client, ada, people_github, members_table, recorded, at_github, words
):
    people_github.users[7] = "mona"
    if at_github:
        people_github.members["mona"] = at_github
    [member] = record(person("mona", github_id=7, status=recorded))

    chore = correct(client, member)

    assert (chore.status, chore.outcome) == (
        "done",
        f"{words}. The record follows within seconds.",
    )
    [(machine, event)] = members_table.started.values()
    assert (machine, event["reason"], event["member"]["id"]) == ("onboard-member", "webhook", 7)
    assert people_github.writes == []


def test_one_click_makes_up_for_events_of_teams_that_were_never_heard(
    client, ada, mona, people_github, members_table
):
    people_github.teams = {
        "everyone": {"mona": "active"},
        "payments": {},
        "secret": {"mona": "active"},
    }
    record(
        person(
            "mona",
            github_id=7,
            observed_at=timezone.now(),
            teams={"everyone": "pending", "payments": "active", "gone": "active"},
            promised=["everyone", "payments"],
        )
    )

    chore = correct(client, mona)

    # What the rules promise is given, not recorded as missing: that is the other button.
    assert (
        chore.outcome
        == "everyone: active; gone: not in it; secret: active. The record follows within seconds."
    )
    looked_at = [
        (machine, event["team"]["slug"]) for machine, event in members_table.started.values()
    ]
    assert looked_at == [("update-member", slug) for slug in ("everyone", "gone", "secret")]
    assert people_github.writes == []


@pytest.mark.parametrize(
    ("recorded", "at_github"), [("active", "active"), ("removed", None), ("pending", None)]
)
def test_a_record_that_is_true_is_not_offered_to_be_corrected(
    client, ada, people_github, recorded, at_github
):
    people_github.users[7] = "mona"
    if at_github:
        people_github.members["mona"] = at_github
    [member] = record(person("mona", github_id=7, status=recorded))

    correct(client, member, press=False)


def test_a_team_that_nobody_knows_is_not_recorded(client, ada, mona, members_table):
    client.post("/members/42/7/chores/correct_record/", {"team": ["made-up", "made-up"]})

    assert do_chores().outcome == "The record is right."
    assert members_table.started == {}


def test_an_unknown_chore_and_a_get_are_refused(client, ada, mona):
    assert client.post("/members/42/7/chores/delete/").status_code == 404
    assert client.get("/members/42/7/chores/resend/").status_code == 405
    assert client.get("/members/invitations/check/").status_code == 405
