"""The guard and axe notice what they are there for."""

import pytest
from playwright.sync_api import expect

from tests.browser.looking import axe_faults

ADD = "document.head.append(Object.assign(document.createElement('{}'), {{textContent: '{}'}}))"
FAULTS = {
    "inline style": (ADD.format("style", "p { color: red }"), "Content Security Policy"),
    "inline script": (ADD.format("script", "1"), "Content Security Policy"),
    "foreign image": ("new Image().src = 'https://example.com/x.png'", "Content Security Policy"),
    "console error": ("console.error('oh')", "oh"),
    "uncaught error": ("setTimeout(() => { throw new Error('ouch') })", "ouch"),
    "missing file": ("fetch('/static/no-such-file.js')", "404"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_the_guard_notices(live_server, signed_in, guard, fault):
    page = signed_in
    script, sign = FAULTS[fault]
    page.goto(live_server.url + "/account/password/")

    page.evaluate(f"() => {{ {script} }}")
    page.wait_for_timeout(300)

    assert sign in " ".join(guard.unexpected())
    guard.allow(".*")


def test_axe_notices_a_picture_without_words(live_server, signed_in):
    page = signed_in
    page.goto(live_server.url + "/account/password/")
    sound = axe_faults(page)

    page.evaluate("document.querySelector('main').append(document.createElement('img'))")
    expect(page.locator("main img")).to_have_count(1)

    assert sound == []
    assert [fault.split()[0] for fault in axe_faults(page)] == ["image-alt"]
