"""Every page, light and dark, wide and on a phone: nothing for axe, nothing on the console."""

import pytest
from playwright.sync_api import expect

from tests.browser.looking import SIZES, axe_faults, shoot
from tests.browser.world import furnish

BARE_PAGES = {
    "gallery": "/gallery/",
    "tokens": "/account/tokens/",
    "password": "/account/password/",
    "accounts": "/accounts/",
    "audit-empty": "/audit/",
    "api-docs": "/api/docs/",
    "executions-empty": "/executions/",
    "executions-deadlines-empty": "/executions/deadlines/",
    "deliveries-empty": "/deliveries/",
    "recovery-empty": "/deliveries/recovery/",
    "set-up": "/deliveries/set-up/?ask=1",
    "costs-empty": "/costs/",
    "members-empty": "/members/",
    "onboard-empty": "/onboard/",
}
LOOKS = [(scheme, size) for scheme in ("light", "dark") for size in SIZES]


def faults_of(page, name, look):
    """What is wrong with the page that is open, with its charts drawn."""
    expect(page.locator("h1").first).to_be_visible()
    for chart in page.locator(".chart").all():
        chart.scroll_into_view_if_needed()
        expect(chart.locator("svg.main-svg").first).to_be_visible()
    # Swagger UI brings a <main> of its own.
    faults = axe_faults(
        page, without=("landmark-no-duplicate-main",) if name == "api-docs" else ()
    )
    overflow = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    shoot(page, f"{name}-{look}")
    return faults + ([f"wider than the screen by {overflow}px"] if overflow > 0 else [])


def look_through(pages, *, live_server, browser, sign_in, guard, scheme, size):
    """Visit pages with one look; {page: what is wrong with it}."""
    context = browser.new_context(color_scheme=scheme, viewport=SIZES[size])
    sign_in(context)
    found = {}
    for name, path in pages.items():
        page = context.new_page()
        guard.watch(page)
        page.goto(live_server.url + path)
        found[name] = faults_of(page, name, f"{scheme}-{size}")
        page.close()
    context.close()
    return {name: faults for name, faults in found.items() if faults}


@pytest.mark.parametrize(("scheme", "size"), LOOKS)
def test_pages_without_anything_on_them_are_sound(
    live_server, browser, sign_in, guard, scheme, size
):
    found = look_through(
        BARE_PAGES,
        live_server=live_server,
        browser=browser,
        sign_in=sign_in,
        guard=guard,
        scheme=scheme,
        size=size,
    )

    assert found == {}


# Each theme and each size once: how the parts look in all four is tested above, on the gallery.
@pytest.mark.parametrize(("scheme", "size"), [("light", "wide"), ("dark", "phone")])
def test_pages_of_a_busy_day_are_sound(
    live_server, browser, sign_in, guard, monkeypatch, scheme, size
):
    world = furnish(monkeypatch)

    found = look_through(
        world.pages,
        live_server=live_server,
        browser=browser,
        sign_in=sign_in,
        guard=guard,
        scheme=scheme,
        size=size,
    )

    assert found == {}


@pytest.mark.parametrize(("scheme", "size"), LOOKS)
def test_the_pages_of_strangers_are_sound(
    live_server, browser, guard, transactional_db, scheme, size
):
    guard.allow("404")
    context = browser.new_context(color_scheme=scheme, viewport=SIZES[size])
    page = context.new_page()
    guard.watch(page)
    found = []
    for name, path in (("sign-in", "/sign-in/"), ("not-found", "/no-such-page/")):
        page.goto(live_server.url + path)
        found += faults_of(page, name, f"{scheme}-{size}")
    context.close()

    assert found == []
