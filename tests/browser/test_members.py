"""The members' pages in a real browser."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests.factories.members import record
from tests.factories.people import items


@pytest.fixture
def people(transactional_db):
    now = timezone.now()
    return record(*items(now=now), now=now)


def test_a_department_is_one_click_on_its_bar_away(live_server, signed_in, people):
    page = signed_in
    page.goto(f"{live_server.url}/members/")

    page.get_by_role("region", name="By department").get_by_role("link", name="Data").click()

    expect(page).to_have_url(re.compile(r"department=Data$"))
    expect(page.get_by_role("combobox", name="Department")).to_have_value("Data")
    page.get_by_role("navigation", name="State").get_by_text("Active").click()
    expect(page).to_have_url(re.compile(r"department=Data&state=active$"))
