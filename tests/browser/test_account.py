"""Signing in and the API tokens, as a person does it."""

import re

import pytest
from playwright.sync_api import expect

from access import services
from access.models import ApiToken
from tests.browser.looking import SIZES, axe_faults, shoot

PASSWORD = "correct-horse-battery"


def fill_in(page, password):
    page.get_by_label("Username").fill("ada")
    page.get_by_label("Password").fill(password)
    page.keyboard.press("Enter")


def test_a_person_signs_in_and_out(live_server, page, account):
    page.goto(live_server.url + "/account/tokens/")
    fill_in(page, PASSWORD)

    expect(page).to_have_url(live_server.url + "/account/tokens/")
    expect(page.get_by_text("Signed in as administrator ada")).to_be_visible()

    page.get_by_role("button", name="Sign out").click()

    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_wrong_password_is_said_beside_the_form(live_server, page, guard, account):
    guard.allow("422")
    page.goto(live_server.url + "/sign-in/")
    fill_in(page, "wrong")

    expect(page.get_by_role("alert")).to_contain_text("correct username and password")
    assert axe_faults(page) == []


def test_too_many_tries_say_when_to_come_back(live_server, page, guard, account):
    guard.allow("422|429")
    page.goto(live_server.url + "/sign-in/")
    for _ in range(6):
        fill_in(page, "wrong")
        expect(page.get_by_role("alert")).to_be_visible()

    expect(page.get_by_role("alert")).to_contain_text(
        re.compile(r"works again at \d\d:\d\d:\d\d UTC")
    )
    assert axe_faults(page) == []
    shoot(page, "sign-in-throttled")


@pytest.mark.parametrize("size", SIZES)
def test_a_token_is_made_copied_and_revoked(live_server, signed_in, size):
    page = signed_in
    page.set_viewport_size(SIZES[size])
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(live_server.url + "/account/tokens/")
    page.get_by_label("Name").fill("nightly export")
    page.get_by_label("Works for").select_option("30 days")
    page.get_by_role("button", name="Create token").click()

    secret = page.get_by_role("group", name="Token", exact=True).inner_text()
    page.get_by_role("button", name="Copy token").click()
    expect(page.get_by_role("status")).to_contain_text("Copied.")
    token = ApiToken.objects.get()
    assert page.evaluate("navigator.clipboard.readText()") == secret
    assert services.digest_of(secret) == token.digest
    shoot(page, f"token-created-{size}")
    assert axe_faults(page) == []

    page.get_by_role("button", name="Revoke nightly export").click()
    question = page.get_by_role("dialog", name="Revoke nightly export")
    expect(question).to_be_visible()
    shoot(page, f"token-revoke-{size}")
    question.get_by_role("button", name="Keep it").click()
    expect(question).to_be_hidden()
    page.get_by_role("button", name="Revoke nightly export").click()
    question.get_by_role("button", name="Revoke", exact=True).click()

    expect(page.get_by_text("Revoked “nightly export”")).to_be_visible()
    expect(page.get_by_role("heading", name="No tokens yet")).to_be_visible()
    assert ApiToken.objects.count() == 0
