"""The costs pages in a real browser: charts that are drawn, and lead where they say."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from tests.factories.costs import (
    NOON,
    ItemFactory,
    JobFactory,
    larger,
    on_unknown_runner,
    record,
    self_hosted,
)

MONTH = "2026-11"


@pytest.fixture
def three_repositories(transactional_db):
    """The first is the most expensive."""
    record(
        *(
            ItemFactory(
                run_id=number,
                repository_id=number,
                repository=f"acme/{name}",
                all_jobs=[
                    JobFactory(seconds=6_000 // number),
                    JobFactory(seconds=600, ends_at=NOON - timedelta(days=40)),
                    larger(seconds=600),
                    self_hosted(seconds=600),
                    on_unknown_runner(seconds=600),
                ],
            )
            for number, name in enumerate(("storefront", "payments", "docs"), 1)
        )
    )


def chart(page, name):
    """A chart that has been drawn."""
    found = page.get_by_role("figure", name=name)
    found.scroll_into_view_if_needed()
    expect(found.locator("svg.main-svg").first).to_be_visible()
    return found


def test_the_chart_has_a_bar_for_each_repository_and_a_layer_for_each_sku(
    live_server, signed_in, three_repositories
):
    page = signed_in
    page.goto(f"{live_server.url}/costs/?month={MONTH}")

    drawn = chart(page, "List cost by repository and SKU")

    # What is self-hosted or unknown has no money in it.
    expect(drawn.locator(".legendtext")).to_have_text(["macos_l", "actions_linux"])
    from_the_top = sorted(drawn.locator(".ytick text").all(), key=lambda t: t.bounding_box()["y"])
    assert [name.text_content() for name in from_the_top] == ["storefront", "payments", "docs"]
    expect(drawn.locator(".bars .point path")).to_have_count(6)


def test_the_chart_of_minutes_shows_what_has_no_price_too(
    live_server, signed_in, three_repositories
):
    page = signed_in
    page.goto(f"{live_server.url}/costs/?month={MONTH}")

    page.get_by_role("navigation", name="Charts by").get_by_text("Minutes").click()

    drawn = chart(page, "Minutes by repository and SKU")
    expect(drawn.locator(".legendtext")).to_have_text(
        ["actions_linux", "macos_l", "self-hosted", "unknown (not priced)"]
    )


def test_a_click_on_a_bar_leads_to_the_runs_behind_it(live_server, signed_in, three_repositories):
    page = signed_in
    page.goto(f"{live_server.url}/costs/?month={MONTH}")
    drawn = chart(page, "List cost by repository and SKU")

    # The first layer is macos_l, its last bar is docs.
    drawn.locator(".bars").first.locator(".point path").nth(2).click(force=True)

    expect(page).to_have_url(re.compile(rf"/costs/acme/docs/\?month={MONTH}&sku=macos_l$"))
    expect(page.get_by_role("heading", name="Runs on macos_l")).to_be_visible()
    page.get_by_role("link", name="CI #12").click()
    expect(page.get_by_role("heading", name="Jobs of attempt 1")).to_be_visible()


def test_a_click_on_a_month_leads_to_it(live_server, signed_in, three_repositories):
    page = signed_in
    page.goto(f"{live_server.url}/costs/acme/docs/?month={MONTH}")
    drawn = chart(page, "Twelve months")

    # The second layer is actions_linux; October is the bar before the last.
    drawn.locator(".bars").nth(1).locator(".point path").nth(10).click(force=True)

    expect(page).to_have_url(re.compile(r"/costs/acme/docs/\?month=2026-10"))
    expect(page.get_by_text("October 2026, private repository")).to_be_visible()


def test_the_month_is_chosen_by_keyboard(live_server, signed_in, three_repositories):
    page = signed_in
    page.goto(f"{live_server.url}/costs/?month={MONTH}&measure=minutes")

    page.get_by_label("Month", exact=True).and_(page.locator("select")).select_option("2026-10")
    page.get_by_role("button", name="Show").press("Enter")

    expect(page).to_have_url(re.compile(r"measure=minutes&month=2026-10$"))
    expect(page.get_by_text("October 2026, all repositories")).to_be_visible()


def test_everything_is_there_without_scripts(
    live_server, browser, sign_in, guard, three_repositories
):
    context = browser.new_context(java_script_enabled=False)
    sign_in(context)
    page = context.new_page()
    guard.watch(page)
    page.goto(f"{live_server.url}/costs/?month={MONTH}")

    row = page.get_by_role("row").filter(has_text="acme/storefront")
    expect(row).to_contain_text("$1.370")
    expect(row).to_contain_text("not priced")
    row.get_by_role("link", name="acme/storefront").click()
    expect(page.get_by_role("row").filter(has_text="CI #12")).to_contain_text("$1.370")
    context.close()
