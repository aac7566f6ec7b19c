"""An invitation that is sent anew by one click on a member's page."""

import pytest
from django.utils import timezone

from onboarding.models import MemberChore, Organization
from tests.factories.members import days, invitation, person, record, stamp
from tests.onboarding.member_pages import do_chores, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def pending(people_github):
    """Somebody whose invitation of eight days ago has lapsed."""
    people_github.users[8] = "octocat"
    people_github.teams = {"everyone": {}}
    sent_at = timezone.now() - days(8)
    [member] = record(
        person(
            "octocat",
            github_id=8,
            status="pending",
            teams={"everyone": "pending"},
            invited_at=stamp(sent_at),
            invitation_id=5,
        )
    )
    return member


def test_an_expired_invitation_is_sent_anew_by_one_click_with_its_teams(
    client, ada, pending, people_github, members_table
):
    before = text_of(client.get("/members/42/8/"))
    client.post("/members/42/8/chores/resend/")
    chore = do_chores()
    after = text_of(client.get("/members/42/8/"))

    assert "Invitation expired" in before
    assert chore.status == "done"
    assert people_github.writes == [
        "POST /orgs/sandbox-org/invitations",
        "PUT /orgs/sandbox-org/teams/everyone/memberships/octocat",
    ]
    assert "State Pending Invitation expires in 7 days" in after


def test_an_open_invitation_is_withdrawn_before_it_is_sent_anew(
    client, ada, pending, people_github, members_table
):
    people_github.invite(5, login="octocat")

    client.post("/members/42/8/chores/resend/")
    do_chores()

    assert people_github.writes[:2] == [
        "DELETE /orgs/sandbox-org/invitations/5",
        "POST /orgs/sandbox-org/invitations",
    ]


def test_after_a_crash_an_invitation_is_not_sent_a_second_time(
    client, ada, pending, people_github, members_table
):
    client.post("/members/42/8/chores/resend/")
    people_github.now = f"{timezone.now():%Y-%m-%dT%H:%M:%SZ}"
    do_chores()
    MemberChore.objects.update(
        status="requested", work_state="waiting", not_before=timezone.now() - days(1)
    )

    do_chores()

    assert [w for w in people_github.writes if "invitations" in w] == [
        "POST /orgs/sandbox-org/invitations"
    ]


def test_who_accepted_meanwhile_is_not_invited_but_brought_up_to_date(
    client, ada, pending, people_github, members_table
):
    people_github.members["octocat"] = "active"

    client.post("/members/42/8/chores/resend/")
    chore = do_chores()

    assert chore.outcome.startswith("octocat had accepted meanwhile")
    assert people_github.writes == []
    assert [machine for machine, _event in members_table.started.values()] == ["onboard-member"]


def test_githubs_daily_limit_of_invitations_is_waited_out(
    client, ada, pending, people_github, members_table
):
    path = "POST /orgs/sandbox-org/invitations"
    message = "Over invitation rate limit"
    people_github.refuse_writes_to[path] = 422, {}, {"message": message}

    client.post("/members/42/8/chores/resend/")
    chore = do_chores()

    assert chore.status == "requested"
    assert "Over invitation rate limit" in chore.last_error


def test_an_invitation_by_email_is_sent_anew_to_the_address(
    client, ada, people_github, members_table
):
    record(invitation("mona@acme.example", invitation_id=9, invited_at="2026-11-01T10:00:00Z"))

    client.post("/members/42/invite-9/chores/resend/")

    assert do_chores().status == "done"
    [one] = people_github.invitations
    assert (one["email"], one["login"]) == ("mona@acme.example", None)
    assert Organization.objects.get().found == {}


@pytest.mark.parametrize(
    ("kind", "member", "words"),
    [
        ("resend", {"status": "active"}, "octocat has joined already."),
        ("resend", {"status": "removed"}, "octocat has left sandbox-org"),
        ("repair_teams", {"status": "removed"}, "octocat has left sandbox-org"),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_reason(client, ada, kind, member, words):
    record(person("octocat", github_id=8, **member))

    response = client.post(f"/members/42/8/chores/{kind}/", follow=True)

    assert words in text_of(response)
    assert list(MemberChore.objects.all()) == []
