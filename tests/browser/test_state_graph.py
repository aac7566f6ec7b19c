"""The state graph in a browser: by keyboard, without JavaScript, and while it changes."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from executions import services
from tests.browser.looking import SIZES
from tests.factories.executions import hear, mirrored, told, work_off
from tests.factories.step_functions import StepFunctions, plug_in

SECOND = timedelta(seconds=1)


@pytest.fixture
def sfn(monkeypatch, transactional_db):
    aws = StepFunctions()
    plug_in(aws, monkeypatch)
    return aws


def running(sfn, now):
    """An execution that waits for FetchJobs, as somebody who looks at it sees it."""
    one = told(started_at=now - 9 * SECOND)
    one.enters("Task", "ReadRunEvent", now - 8 * SECOND)
    one.add("TaskScheduled", now - 8 * SECOND, {"resource": "invoke", "resourceType": "lambda"})
    one.add("TaskStateExited", now - 7 * SECOND, {"name": "ReadRunEvent", "output": "{}"})
    one.enters("Task", "FetchJobs", now - 7 * SECOND)
    [row] = mirrored(sfn, one, now=now)
    services.look_at(row, now=now)
    work_off(now=now)
    return one, row


def test_the_keyboard_walks_through_the_states_to_a_step(live_server, signed_in, sfn):
    _, row = running(sfn, timezone.now())
    page = signed_in
    # Keys faster than a person's would meet a page that still scrolls smoothly.
    page.emulate_media(reduced_motion="reduce")
    page.goto(f"{live_server.url}/executions/{row.public_id}/")

    page.get_by_role("group", name="State graph", exact=True).focus()
    names = []
    for _ in range(2):
        page.keyboard.press("Tab")
        names.append(page.evaluate("document.activeElement.getAttribute('aria-label')"))
    expect(page.locator(":focus > .graph-cover")).to_have_css("stroke-width", "3px")
    page.keyboard.press("Enter")

    assert names == ["ReadRunEvent, Task, succeeded", "FetchJobs, Task, running"]
    expect(page).to_have_url(re.compile("#step-1$"))
    expect(page.locator("#step-1")).to_be_in_viewport()


def test_the_graph_needs_no_javascript(live_server, browser, sign_in, guard, sfn):
    _, row = running(sfn, timezone.now())
    context = browser.new_context(java_script_enabled=False)
    sign_in(context)
    page = context.new_page()
    guard.watch(page)

    page.goto(f"{live_server.url}/executions/{row.public_id}/")
    expect(page.get_by_role("img", name="PriceRun, Task, not reached")).to_be_visible()
    page.get_by_role("link", name="FetchJobs, Task, running").click()

    expect(page).to_have_url(re.compile("#step-1$"))
    context.close()


def test_the_graph_changes_under_the_focus_without_taking_it_away(live_server, signed_in, sfn):
    now = timezone.now()
    one, row = running(sfn, now)
    page = signed_in
    page.goto(f"{live_server.url}/executions/{row.public_id}/")
    page.get_by_role("link", name="FetchJobs, Task, running").focus()

    hear(one.ends("FAILED", now + SECOND, error="GitHubUnavailable").status_event(), now=now)
    work_off(now=now + 2 * SECOND)

    expect(page.get_by_role("link", name="FetchJobs, Task, failed")).to_be_focused()
    expect(page.get_by_text("Failed", exact=True).first).to_be_visible()


@pytest.mark.parametrize("size", SIZES)
def test_on_any_screen_the_graph_scrolls_and_the_page_does_not(
    live_server, browser, sign_in, guard, sfn, size
):
    _, row = running(sfn, timezone.now())
    context = browser.new_context(viewport=SIZES[size])
    sign_in(context)
    page = context.new_page()
    guard.watch(page)

    page.goto(f"{live_server.url}/executions/{row.public_id}/")
    drawn = page.locator("svg.graph")

    # Never smaller than it was measured: its words must stay readable.
    assert drawn.bounding_box()["width"] == float(drawn.get_attribute("width"))
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    context.close()


def test_a_graph_wider_than_the_screen_is_first_seen_where_it_begins(
    live_server, browser, sign_in, guard, sfn
):
    _, row = running(sfn, timezone.now())
    context = browser.new_context(viewport={"width": 240, "height": 800})
    sign_in(context)
    page = context.new_page()
    guard.watch(page)

    page.goto(f"{live_server.url}/executions/{row.public_id}/")
    view = page.locator(".graph-scroll").bounding_box()
    start = page.locator(".graph-start").first.bounding_box()
    context.close()

    middle = start["x"] + start["width"] / 2
    assert abs(middle - (view["x"] + view["width"] / 2)) < 2
