"""A member's page, and what it asks of GitHub."""

import pytest
from django.utils import timezone

from onboarding import services
from onboarding.models import Member, Organization
from tests.factories.members import days, ended, person, record
from tests.onboarding.member_pages import table_row, text_of

pytestmark = pytest.mark.django_db


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
