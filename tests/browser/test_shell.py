"""What every page shares: theme, keyboard, phone, no JavaScript, live parts, charts."""

import pytest
from playwright.sync_api import expect

from tests.browser.gallery import urls as gallery_urls
from tests.browser.looking import SIZES

PASSWORD = "correct-horse-battery"


def background(page):
    return page.evaluate("getComputedStyle(document.body).backgroundColor")


def test_the_theme_follows_the_system_until_a_person_chooses(live_server, browser, sign_in, guard):
    context = browser.new_context(color_scheme="dark")
    sign_in(context)
    page = context.new_page()
    guard.watch(page)
    page.goto(live_server.url + "/account/tokens/")
    dark = background(page)

    page.get_by_role("button", name="Light theme").click()
    light = background(page)
    page.goto(live_server.url + "/account/password/")
    kept = background(page)
    expect(page.get_by_role("button", name="Dark theme")).to_be_visible()
    context.close()

    assert dark != light
    assert kept == light


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_without_javascript_the_system_still_decides(live_server, browser, sign_in, guard, scheme):
    context = browser.new_context(color_scheme=scheme, java_script_enabled=False)
    sign_in(context)
    page = context.new_page()
    guard.watch(page)

    page.goto(live_server.url + "/account/tokens/")

    expect(page.locator("main")).to_have_css(
        "color", "rgb(23, 33, 43)" if scheme == "light" else "rgb(228, 234, 240)"
    )
    context.close()


def test_the_keyboard_reaches_everything_in_reading_order(live_server, signed_in):
    page = signed_in
    page.goto(live_server.url + "/account/tokens/")
    reached = []
    while len(reached) < 30:
        page.keyboard.press("Tab")
        name, outline = page.evaluate(
            "(e => [(e.innerText || e.name || '').trim(), getComputedStyle(e).outlineStyle])"
            "(document.activeElement)"
        )
        if page.evaluate("document.activeElement === document.body"):
            break  # past the end
        reached.append(name)
        assert outline == "solid", name

    assert reached[0] == "Skip to content"
    places = [
        reached.index(name)
        for name in (
            "API tokens",
            "Change password",
            "Sign out",
            "REST API",
            "name",
            "Create token",
        )
    ]
    assert places == sorted(places)


def test_the_skip_link_leads_past_the_navigation(live_server, signed_in):
    page = signed_in
    page.goto(live_server.url + "/account/tokens/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")

    expect(page.get_by_role("main").get_by_role("link", name="REST API")).to_be_focused()


def test_the_present_page_is_marked_for_the_screen_reader(live_server, signed_in):
    page = signed_in
    page.goto(live_server.url + "/account/tokens/")

    current = page.locator("nav [aria-current=page]")
    expect(current).to_have_count(1)
    expect(current).to_have_text("API tokens")


@pytest.mark.parametrize("has_scripts", [True, False])
def test_a_phone_opens_and_closes_the_navigation(
    live_server, browser, sign_in, guard, has_scripts
):
    context = browser.new_context(viewport=SIZES["phone"], java_script_enabled=has_scripts)
    sign_in(context)
    page = context.new_page()
    guard.watch(page)
    page.goto(live_server.url + "/account/tokens/")
    rail = page.get_by_role("navigation", name="Main")
    expect(rail).to_be_hidden()

    page.get_by_role("button", name="Menu").click()
    expect(rail).to_be_visible()
    page.keyboard.press("Escape")
    expect(rail).to_be_hidden()
    page.get_by_role("button", name="Menu").click()
    rail.get_by_role("link", name="Change password").click()

    expect(page.get_by_role("heading", name="Change password")).to_be_visible()
    expect(rail).to_be_hidden()
    context.close()


def test_without_javascript_a_person_signs_in_and_makes_a_token(
    live_server, browser, account, guard
):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    guard.watch(page)
    page.goto(live_server.url + "/account/tokens/")
    page.get_by_label("Username").fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Name").fill("by hand")
    page.get_by_role("button", name="Create token").click()

    expect(page.get_by_role("group", name="Token", exact=True)).to_contain_text("ghadmin_")
    # What only a script can do is not offered.
    expect(page.get_by_role("button", name="Copy token")).to_be_hidden()
    expect(page.get_by_role("button", name="Dark theme")).to_be_hidden()
    context.close()


def test_a_live_part_polls_with_its_tag_and_stops_at_the_end(live_server, signed_in, monkeypatch):
    page = signed_in
    monkeypatch.setitem(gallery_urls.TICKS, "tag", "1")
    monkeypatch.setitem(gallery_urls.TICKS, "text", "running")
    page.goto(live_server.url + "/gallery/")
    page.locator("#live-link").focus()
    # The page came with an older tag, so the first answer is whole, and on a slow machine so is one
    # that was asked for before it came.
    statuses = []
    while len(statuses) < 12 and statuses[-3:] != [304] * 3:
        with page.expect_response("**/gallery/live/") as answer:
            pass
        statuses.append(answer.value.status)

    gallery_urls.TICKS.update(tag="2", text="done")
    expect(page.locator("#live")).to_have_text("done")
    expect(page.locator("#live-link")).to_be_focused()
    expect(page.locator("#live.htmx-request")).to_have_count(0)
    late = []
    page.on("request", lambda r: late.append(r.url) if "/gallery/live/" in r.url else None)
    page.wait_for_timeout(1500)

    assert statuses[-3:] == [304] * 3
    assert late == []


def test_an_error_answer_is_told_and_not_swapped_in(live_server, signed_in, guard):
    guard.allow("409")
    page = signed_in
    page.goto(live_server.url + "/gallery/")
    page.get_by_role("button", name="Fail with 409").click()

    expect(page.get_by_role("status").last).to_contain_text("The server answered 409.")
    expect(page.locator("#failing-target")).to_have_text("untouched")


def test_charts_load_late_and_follow_the_theme(live_server, signed_in):
    page = signed_in
    loaded = []
    page.on("request", lambda r: loaded.append(r.url) if "plotly" in r.url else None)
    page.goto(live_server.url + "/gallery/")
    page.wait_for_timeout(500)
    before = list(loaded)

    chart = page.locator(".chart").first
    chart.scroll_into_view_if_needed()
    bar = chart.locator(".bars path").first
    expect(bar).to_be_visible()
    light = bar.evaluate("element => getComputedStyle(element).fill")
    page.get_by_role("button", name="Dark theme").click()

    expect(chart).to_have_attribute("data-drawn", "dark")
    dark = bar.evaluate("element => getComputedStyle(element).fill")
    assert before == []
    assert len(loaded) == 1
    assert (light, dark) == ("rgb(74, 91, 208)", "rgb(125, 140, 245)")


def test_a_chart_that_cannot_be_drawn_says_where_its_numbers_are(live_server, signed_in, guard):
    guard.allow("figure|500|Internal")
    page = signed_in
    page.route("**/gallery/figure/", lambda route: route.fulfill(status=500, body="no"))
    page.goto(live_server.url + "/gallery/")
    chart = page.locator(".chart").nth(1)
    chart.scroll_into_view_if_needed()

    expect(chart).to_contain_text("could not be drawn")


def test_relative_times_move_on_while_a_page_stays_open(live_server, signed_in):
    page = signed_in
    page.clock.install()
    page.goto(live_server.url + "/gallery/")
    cell = page.locator("td time[data-relative]").first
    expect(cell).to_have_text("4 min ago")

    page.clock.fast_forward("03:00")

    expect(cell).to_have_text("7 min ago")


def test_long_content_scrolls_in_its_own_box_and_not_the_page(live_server, signed_in):
    page = signed_in
    page.set_viewport_size({"width": 320, "height": 700})  # WCAG 1.4.10: reflow
    page.goto(live_server.url + "/gallery/")

    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_when_the_session_ends_a_live_page_leads_to_the_gate_and_back(
    live_server, signed_in, guard, monkeypatch
):
    guard.allow("401")
    page = signed_in
    monkeypatch.setitem(gallery_urls.TICKS, "tag", "1")
    monkeypatch.setitem(gallery_urls.TICKS, "text", "running")
    page.goto(live_server.url + "/gallery/")
    expect(page.locator("#live")).to_have_text("running")

    page.context.clear_cookies()

    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.get_by_label("Username").fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(live_server.url + "/gallery/")
