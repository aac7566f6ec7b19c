"""Onboarding one person in a real browser: look, then confirm."""

import pytest
from playwright.sync_api import expect

from onboarding.models import Batch
from onboarding.services.batches import facts, looking
from tests.browser.looking import SIZES, axe_faults, shoot

RULES = [
    {"slug": "everyone", "because": "everybody gets it"},
    {"slug": "data", "because": "rule 2: department is Data"},
]


@pytest.fixture
def _world(monkeypatch, settings):
    """GitHub, directory and rules as they would answer; the network ends here."""
    settings.GITHUB_ORG = "sandbox-org"

    def ask(batch, *, people, is_deep):
        return facts.Organization(
            login="sandbox-org",
            id=42,
            installation_id=4242,
            members=None,
            invited=frozenset(),
            teams=frozenset({"everyone", "data"}),
            rules=None,
            rules_problem="",
            is_deep=is_deep,
            is_limited=False,
        )

    def look(row, organization):
        return facts.Finding(
            person=facts.Person(id=7, login="ada-example", name="Ada Example"),
            membership="active",
            department="Data",
            teams=RULES,
            record={"email": "ada@acme.example", "department": "Data", "title": "Analyst"},
        )

    monkeypatch.setattr(facts, "ask_about_organization", ask)
    monkeypatch.setattr(facts, "look_at", look)
    states = iter(["active", "none"] * 4)
    monkeypatch.setattr(
        looking.github_organizations, "get_team_membership", lambda *_, **__: next(states)
    )
    monkeypatch.setattr(looking.github, "app", lambda: None)


@pytest.mark.usefixtures("_world")
@pytest.mark.parametrize(("scheme", "size"), [("light", "wide"), ("dark", "phone")])
def test_one_person_is_looked_at_before_anything_happens(
    live_server, browser, sign_in, guard, scheme, size
):
    context = browser.new_context(color_scheme=scheme, viewport=SIZES[size])
    sign_in(context)
    page = context.new_page()
    guard.watch(page)
    page.goto(f"{live_server.url}/onboard/")

    page.get_by_label("GitHub login").fill("Ada-Example")
    page.keyboard.press("Enter")

    look = page.locator(".look")
    expect(look.get_by_role("heading", name="Ada Example")).to_be_visible()
    expect(look.get_by_text("everyone: is in it already")).to_be_visible()
    expect(look.get_by_text("data: is added")).to_be_visible()
    expect(page).to_have_url(f"{live_server.url}/onboard/?login=Ada-Example")
    assert axe_faults(page) == []
    shoot(page, f"onboard-look-{scheme}-{size}")
    assert not Batch.objects.exists()

    page.get_by_role("button", name="Onboard ada-example").click()

    expect(page.get_by_role("heading", name="1 person into sandbox-org")).to_be_visible()
    assert Batch.objects.get().rows.get().login_given == "ada-example"
    context.close()
