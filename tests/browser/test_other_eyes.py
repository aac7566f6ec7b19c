"""On paper, in the system's own colours, without JavaScript: nothing that a page tells is lost."""

import pytest
from playwright.sync_api import expect

from tests.factories import costs

PAGE = "/costs/?month=2026-11"


@pytest.fixture
def run(transactional_db):
    item = costs.ItemFactory(
        all_jobs=[costs.JobFactory(), costs.larger(), costs.self_hosted()],
        workflow="Build, test and deploy",
    )
    costs.record(item)
    return f"/costs/runs/{item['run_id']}/"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_on_paper_every_column_is_there_in_black_on_white(live_server, signed_in, run, theme):
    page = signed_in
    page.set_viewport_size({"width": 718, "height": 1018})  # A4 with Chromium's margins
    page.add_init_script(f"localStorage.setItem('theme', '{theme}')")
    page.goto(live_server.url + run)
    page.emulate_media(media="print")

    assert page.evaluate("document.documentElement.scrollWidth") <= 718
    for table in page.locator(".data-table").all():
        box = table.bounding_box()
        assert box["x"] + box["width"] <= 718
    expect(page.locator(".rail")).to_be_hidden()
    expect(page.locator("body")).to_have_css("color", "rgb(23, 33, 43)")


def test_the_systems_own_colours_leave_the_present_page_marked_and_charts_theirs(
    live_server, browser, sign_in, guard, run
):
    context = browser.new_context(forced_colors="active")
    sign_in(context)
    page = context.new_page()
    guard.watch(page)
    page.goto(live_server.url + PAGE)

    expect(page.locator(".rail-link[aria-current]")).to_have_css("outline-style", "solid")
    bars = page.locator(".chart .bars .point path")
    expect(bars.first).to_be_visible()
    # More than one colour: forced ones would make every bar black.
    assert len({bar.evaluate("bar => bar.style.fill") for bar in bars.all()}) > 1
    context.close()


def test_without_javascript_a_chart_says_where_its_numbers_are(live_server, browser, sign_in, run):
    context = browser.new_context(java_script_enabled=False)
    sign_in(context)
    page = context.new_page()
    page.goto(live_server.url + PAGE)

    said = page.locator(".chart noscript").first
    expect(said).to_be_visible()
    assert "the table has the same in numbers" in said.inner_text()
    expect(page.get_by_role("rowheader", name="acme/widgets")).to_be_visible()
    context.close()
