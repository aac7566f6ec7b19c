"""The members' pages in a real browser."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from core.aws import stack as deployed
from onboarding import services
from tests.browser.looking import SIZES, axe_faults, shoot
from tests.factories import members_aws, people_github
from tests.factories.members import record
from tests.factories.people import items


@pytest.fixture
def people(transactional_db):
    now = timezone.now()
    return record(*items(now=now), now=now)


@pytest.fixture
def github(settings):
    """GitHub, as the page asks it: of the promised teams, `storefront` is missing."""
    deployed.forget()
    with (
        people_github.serving() as served,
        members_aws.serving() as (_table, settings.AWS_ENDPOINT_URL),
    ):
        settings.GITHUB_API_URL = served.url
        settings.GITHUB_APP_ID = "1234"
        settings.GITHUB_APP_PRIVATE_KEY = people_github.app_key()
        served.users[5000] = "ada-lovelace"
        served.members["ada-lovelace"] = "active"
        served.teams = {
            "everyone": {"ada-lovelace": "active"},
            "engineering": {"ada-lovelace": "active"},
            "storefront": {},
        }
        yield served
    deployed.forget()


def test_a_department_is_one_click_on_its_bar_away(live_server, signed_in, people):
    page = signed_in
    page.goto(f"{live_server.url}/members/")

    page.get_by_role("region", name="By department").get_by_role("link", name="Data").click()

    expect(page).to_have_url(re.compile(r"department=Data$"))
    expect(page.get_by_role("combobox", name="Department")).to_have_value("Data")
    page.get_by_role("navigation", name="State").get_by_text("Active").click()
    expect(page).to_have_url(re.compile(r"department=Data&state=active$"))


def test_drift_appears_by_itself_and_one_click_repairs_it_before_ones_eyes(
    live_server, signed_in, people, github
):
    page = signed_in
    page.goto(f"{live_server.url}/members/42/5000/")

    row = page.get_by_role("row").filter(has_text="storefront")
    expect(row).to_contain_text("Promised, but not in it")
    assert axe_faults(page) == []
    shoot(page, "member-drift-light-wide")
    page.get_by_role("button", name="Add to the missing team").click()
    expect(page.get_by_text("GitHub is being told.")).to_be_visible()
    services.do_due_chores(clock=timezone.now)

    expect(page.get_by_text("storefront: added, active.")).to_be_visible()
    expect(row).not_to_contain_text("Promised, but not in it")
    expect(row).to_contain_text("Active")


def test_a_member_can_be_read_and_repaired_without_scripts(
    live_server, browser, sign_in, guard, people, github
):
    context = browser.new_context(java_script_enabled=False, viewport=SIZES["phone"])
    sign_in(context)
    page = context.new_page()
    guard.watch(page)
    page.goto(f"{live_server.url}/members/42/5000/")

    page.get_by_role("link", name="GitHub is being asked").click()
    page.get_by_role("button", name="Add to the missing team").click()

    expect(page.get_by_text("GitHub is being told.")).to_be_visible()
    context.close()
