"""Team rules in a real browser: filled, empty and failing, with and without JavaScript."""

import json

import pytest
from playwright.sync_api import expect

from core.aws import stack as deployed
from ghkit.errors import GitHubUnavailable
from onboarding import github_teams
from onboarding.rule_drafts import Draft, DraftRow
from onboarding.services import directory, rules
from tests.browser.looking import SIZES
from tests.browser.test_every_page import faults_of
from tests.factories import dynamodb, members, people

PAGE = "/team-rules/"
NAMES = ("everyone", "engineering", "platform", "leads", "design", "sales")
PUBLISHED = Draft(
    ("everyone",),
    (
        DraftRow(department="Engineering", teams=("engineering",)),
        DraftRow(title="Engineering Lead", teams=("leads",)),
        DraftRow(email_domain="contractor.example", teams=("sales",)),
    ),
)
EDITED = Draft(
    ("everyone", "sales"),
    (
        DraftRow(department="Engineering", teams=("engineering", "platform")),
        DraftRow(department="Engineering", title="Engineering Lead", teams=("leads", "old-guild")),
        DraftRow(department="Design", teams=("design",)),
        DraftRow(title="Unfinished"),
    ),
)


@pytest.fixture
def tables(settings):
    settings.GITHUB_ORG = "sandbox-org"
    deployed.forget()
    with dynamodb.serving() as served:
        settings.AWS_ENDPOINT_URL = served.url
        yield served
    deployed.forget()


@pytest.fixture
def teams(monkeypatch):
    """GitHub's teams, by name; put a GhkitError in for an outage."""
    known = {"error": None}

    def list_teams(_app, **_organization):
        if known["error"]:
            raise known["error"]
        return [{"slug": slug, "name": slug.title()} for slug in NAMES]

    monkeypatch.setattr("core.github.app", lambda: None)
    monkeypatch.setattr("ghkit.github.organizations.list_teams", list_teams)
    monkeypatch.setattr(
        "ghkit.github.organizations.is_team_synced", lambda _app, **team: team["slug"] == "leads"
    )
    github_teams.forget()
    yield known
    github_teams.forget()


@pytest.fixture
def olga(transactional_db, django_user_model):
    return django_user_model.objects.get_or_create(username="olga")[0]


def furnish(user, now=members.NOW):
    members.record(*people.items(now=now), now=now)
    rules.publish(user=user, draft=Draft(("everyone",)), based_on=0, note="The first.", now=now)
    rules.publish(user=user, draft=PUBLISHED, based_on=1, note="Departments.", now=now)


GOOD = "login;e-mail;department;title;site\n" + "".join(
    f"person-{number};p{number}@acme.com;Engineering;Engineer;ZRH\n" for number in range(1_240)
)
BAD = "Login,Mail,Dept\nada,ada@acme.com,Engineering\nAda,x,Sales\nbo b,,=1+1\n"


def uploaded(user, text, *, is_asked=False, is_written=False):
    """The address of an upload that stands at that point."""
    name = "people.csv" if text is GOOD else "people-draft.csv"
    upload = directory.store_upload(
        content=text.encode("latin-1"), filename=name, user=user, now=members.NOW
    )
    if is_asked or is_written:
        directory.request_write(upload=upload, mode="merge", user=user, now=members.NOW)
    if is_written:
        directory.write_due_directories(clock=lambda: members.NOW)
    return f"/directory/uploads/{upload.public_id}/"


@pytest.mark.parametrize(("scheme", "size"), [("light", "wide"), ("dark", "phone")])
def test_the_pages_are_sound_filled_empty_and_failing(
    live_server, browser, sign_in, guard, tables, teams, olga, account, scheme, size
):
    context = browser.new_context(color_scheme=scheme, viewport=SIZES[size])
    sign_in(context)
    page = context.new_page()
    guard.watch(page)
    found = []

    def look(name, path):
        page.goto(live_server.url + path)
        found.extend(faults_of(page, name, f"{scheme}-{size}"))

    look("rules-empty", PAGE)
    look("rules-history-empty", f"{PAGE}history/")
    furnish(olga)
    look("rules", PAGE)
    rules.save_draft(user=account, draft=EDITED, based_on=1, now=members.NOW)
    look("rules-edited", f"{PAGE}?department=Engineering&title=Engineering+Lead")
    look("rules-history", f"{PAGE}history/")
    look("directory-empty", "/directory/")
    look("directory-written", uploaded(account, GOOD, is_written=True))
    look("directory-ready", uploaded(account, GOOD))
    look("directory-writing", uploaded(account, GOOD, is_asked=True))
    look("directory-problems", uploaded(account, BAD))
    look("directory", "/directory/")
    teams["error"] = GitHubUnavailable("GitHub answered 502 to GET /orgs/sandbox-org/teams")
    github_teams.forget()
    tables.refusals += [("GetItem", 503, {}, False)] * 2
    look("rules-failing", PAGE)
    context.close()

    assert found == []


def test_rules_are_written_tried_and_published_by_keyboard_and_mouse(
    live_server, page, sign_in, tables, teams, account
):
    sign_in(page.context)
    page.goto(live_server.url + PAGE)

    page.get_by_label("Everybody: add a team", exact=True).fill("everyone")
    page.get_by_role("button", name="Everybody: add that team").click()
    expect(page.get_by_label("Everybody: teams").get_by_label("everyone")).to_be_checked()
    page.get_by_role("button", name="Add a rule").click()
    expect(page.locator("#rule-1").get_by_label("Department")).to_be_focused()
    page.keyboard.type("Engineering")
    page.get_by_label("Rule 1: add a team", exact=True).fill("engineering, leads")
    # Enter keeps the draft, as in a page without JavaScript.
    page.keyboard.press("Enter")
    expect(page.locator("#rule-1").get_by_text("leads")).to_be_visible()

    page.locator("#try").get_by_label("Department").fill("engineering")
    expect(page.locator("#try-result")).to_contain_text("rule 1: department is Engineering")

    page.get_by_label("Note for the history").fill("Engineers")
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_text("Version 1 is published: whoever joins")).to_be_visible()
    assert json.loads(tables.rules["rules"])["rules"] == [
        {"when": {"department": "Engineering"}, "teams": ["engineering", "leads"]}
    ]


def test_the_editor_works_without_javascript(
    live_server, browser, sign_in, tables, teams, account
):
    context = browser.new_context(java_script_enabled=False)
    sign_in(context)
    page = context.new_page()
    page.goto(live_server.url + PAGE)

    for title, team in (("Lead", "leads"), ("Designer", "design")):
        page.get_by_role("button", name="Add a rule").click()
        row = page.locator(".rule").last
        row.get_by_label("Title").fill(title)
        row.get_by_placeholder("Add a team").fill(team)
    page.get_by_role("button", name="Move rule 2 up").click()
    page.get_by_role("button", name="Publish", exact=True).click()

    assert [rule["teams"] for rule in json.loads(tables.rules["rules"])["rules"]] == [
        ["design"],
        ["leads"],
    ]
    context.close()
