"""A member's page, what it asks of GitHub, and what it has done there."""

import html
import re

import pytest
from django.utils import timezone

from onboarding import services
from onboarding.models import Member, MemberChore, Organization
from tests.factories.members import days, ended, invitation, person, record, stamp

pytestmark = pytest.mark.django_db


def text_of(response):
    """What a person reads, in one line."""
    text = re.sub(
        r"<(script|style|svg)\b.*?</\1>", " ", response.content.decode(), flags=re.DOTALL
    )
    return html.unescape(" ".join(re.sub(r"<[^>]+>", " ", text).split()))


def table_row(response, name):
    row = re.search(
        rf'<th scope="row">{name}</th>(.*?)</tr>', response.content.decode(), re.DOTALL
    )
    return html.unescape(" ".join(re.sub(r"<[^>]+>", " ", row[1]).split()))


def do_chores():
    services.do_due_chores(clock=timezone.now)
    return MemberChore.objects.order_by("-pk").first()


@pytest.fixture
def mona(people_github):
    """She is in `everyone`, and should be in `payments`."""
    people_github.users[7] = "mona"
    people_github.members["mona"] = "active"
    people_github.teams = {"everyone": {"mona": "active"}, "payments": {}, "secret": {}}
    [member] = record(
        person(
            "mona",
            github_id=7,
            teams={"everyone": "active", "payments": "active"},
            company={"email": "mona@acme.example", "desk": "B12", "cost_center": {"code": "C7"}},
        )
    )
    return member


def test_the_page_shows_the_whole_company_record_and_asks_nothing_of_github(client, ada, mona):
    page = text_of(client.get("/members/42/7/"))

    assert "E-mail mona@acme.example" in page
    assert "desk B12" in page
    assert '"code": "C7"' in page
    assert "from the HTTP directory" in page
    assert "GitHub is being asked" in page
    assert "with version 3 of the team rules" in page


def test_drift_is_marked_and_offered_for_repair(client, ada, mona):
    response = client.get("/members/42/7/github/", HTTP_HX_REQUEST="true")

    assert response.content.decode().lstrip().startswith("<section")
    assert "Promised, but not in it" in table_row(response, "payments")
    assert "Not in it" in table_row(response, "payments")
    assert table_row(response, "everyone").endswith("Active")
    assert 'name="team" value="payments"' in response.content.decode()
    assert "secret" not in text_of(response)


@pytest.mark.parametrize(
    ("recorded", "at_github", "words"),
    [
        ("active", "active", ""),
        ("pending", "active", "Recorded as pending, in truth active"),
        ("removed", "active", "Recorded as removed, in truth active"),
        ("synced", None, ""),
        ("synced", "active", ""),
        ("removed", None, "Promised, but not in it"),
    ],
)
def test_each_kind_of_drift_has_its_words(client, ada, people_github, recorded, at_github, words):
    people_github.users[7] = "mona"
    people_github.members["mona"] = "active"
    people_github.teams = {"x": {"mona": at_github} if at_github else {}}
    record(person("mona", github_id=7, teams={"x": recorded}))

    row = table_row(client.get("/members/42/7/github/"), "x")

    assert row.endswith(words)
    assert ("in truth" in row or "Promised, but" in row) is bool(words)


def test_nothing_is_repaired_for_somebody_who_has_left(client, ada, people_github):
    people_github.users[7] = "mona"
    people_github.teams = {"x": {}}
    record(person("mona", github_id=7, status="removed", teams={"x": "active"}))

    response = client.get("/members/42/7/github/")

    assert "Removed" in table_row(response, "x")
    assert "Promised" not in table_row(response, "x")
    assert 'name="team"' not in response.content.decode()


def test_a_team_without_a_record_is_shown_where_somebody_is_in_it(
    client, ada, mona, people_github
):
    people_github.teams["secret"]["mona"] = "active"

    row = table_row(client.get("/members/42/7/github/"), "secret")

    assert row.endswith("Active No record: added by hand")


def test_whoever_github_does_not_know_as_a_member_is_named(client, ada, mona, people_github):
    people_github.members.clear()
    people_github.teams["everyone"].clear()

    page = text_of(client.get("/members/42/7/github/"))

    assert (
        "GitHub says that mona is no member of sandbox-org and has no open invitation;"
        " the record says “active”." in page
    )
    assert "Add to the missing" not in page


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


@pytest.mark.parametrize(
    ("refusal", "words"),
    [
        ((502, {}, {"message": "Bad gateway"}), "GitHub answered 502: Bad gateway."),
        ((403, {}, {"message": "Resource not accessible"}), "GitHub answered 403"),
    ],
)
def test_while_github_is_away_the_record_is_still_there_with_the_reason(
    client, ada, mona, people_github, refusal, words
):
    people_github.refusal = refusal

    response = client.get("/members/42/7/github/")

    assert response.status_code == 200
    assert f"GitHub did not say how they stand: {words}" in text_of(response)
    assert table_row(response, "everyone").endswith("not asked")


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


def test_the_executions_about_somebody_are_listed_whatever_the_login_was(
    client, ada, mona, members_table
):
    item = person("mona", github_id=7)
    members_table.put(item)
    before_the_rename = ended(person("old-login", github_id=7), name="before")
    failed = ended(item, status="FAILED", output="", name="failed")
    ended(person("other"), name="of-another")
    services.members.request_import(execution=before_the_rename, now=timezone.now())
    services.import_due_members(clock=timezone.now)

    page = text_of(client.get("/members/42/7/"))

    assert before_the_rename.name in page
    assert failed.name in page
    assert "of-another" not in page


@pytest.mark.parametrize(
    "path",
    [
        "/members/42/999/",
        "/members/43/7/",
        "/members/42/invite-7/",
        "/members/99999999999999999999/7/",
        "/members/42/invite-7/github/",
    ],
)
def test_who_is_not_there_is_not_found(client, ada, mona, path):
    assert client.get(path).status_code == 404


def test_an_unknown_chore_and_a_get_are_refused(client, ada, mona):
    assert client.post("/members/42/7/chores/delete/").status_code == 404
    assert client.get("/members/42/7/chores/resend/").status_code == 405
    assert client.get("/members/invitations/check/").status_code == 405


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_takes_the_same_queries_for_one_and_for_many(
    client, ada, django_assert_num_queries, count
):
    item = person("mona", github_id=7, teams={f"t{n}": "active" for n in range(count)})
    record(item)
    for _number in range(count):
        ended(item)
    client.get("/members/42/7/")

    # Session, account; member, teams, chores, executions.
    with django_assert_num_queries(6):
        client.get("/members/42/7/")


def test_checking_now_is_a_button(client, ada, mona):
    Organization.objects.update(not_before=timezone.now() + days(1))

    response = client.post("/members/invitations/check/", follow=True)

    assert "The invitations are being compared with GitHub's." in text_of(response)
    assert Organization.objects.get().not_before <= timezone.now()
    assert Member.objects.get() == mona
