"""Every page, light and dark, wide and on a phone: nothing for axe, nothing on the console."""

import pytest
from playwright.sync_api import expect

from tests.browser.looking import SIZES, axe_faults, shoot

PAGES = {
    "gallery": "/gallery/",
    "tokens": "/account/tokens/",
    "password": "/account/password/",
    "not-found": "/no-such-page/",
    "api-docs": "/api/docs/",
}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_sound(live_server, browser, sign_in, guard, name, scheme, size):
    if name == "not-found":
        guard.allow("404")
    context = browser.new_context(color_scheme=scheme, viewport=SIZES[size])
    sign_in(context)
    page = context.new_page()
    guard.watch(page)

    page.goto(live_server.url + PAGES[name])
    expect(page.locator("h1").first).to_be_visible()
    if name == "gallery":
        for chart in page.locator(".chart").all():
            chart.scroll_into_view_if_needed()
            expect(chart.locator("svg.main-svg").first).to_be_visible()
    # Swagger UI brings a <main> of its own.
    faults = axe_faults(
        page, without=("landmark-no-duplicate-main",) if name == "api-docs" else ()
    )
    overflow = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    shoot(page, f"{name}-{scheme}-{size}")
    context.close()

    assert faults == []
    assert overflow <= 0


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_gate_is_sound(live_server, browser, guard, transactional_db, scheme, size):
    context = browser.new_context(color_scheme=scheme, viewport=SIZES[size])
    page = context.new_page()
    guard.watch(page)

    page.goto(live_server.url + "/sign-in/")
    faults = axe_faults(page)
    shoot(page, f"sign-in-{scheme}-{size}")
    context.close()

    assert faults == []
