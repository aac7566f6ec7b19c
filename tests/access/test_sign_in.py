"""Signing in, its limits, and signing out."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from access.models import SignInWindow

PASSWORD = "correct-horse-battery"
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
OFFICE, ELSEWHERE = "192.0.2.7", "192.0.2.8"


def try_password(client, password, *, account="ada", address=OFFICE, **headers):
    return client.post(
        reverse("access:login"),
        {"username": account, "password": password},
        REMOTE_ADDR=address,
        headers=headers,
    )


def is_signed_in(client):
    return "_auth_user_id" in client.session


def test_the_right_password_opens_the_start_page(client, ada):
    response = try_password(client, PASSWORD)

    assert (response.status_code, response["Location"]) == (302, reverse("home"))
    assert is_signed_in(client)


def test_signing_in_leads_on_to_the_page_that_was_asked_for(client, ada):
    asked = reverse("access:token-list")
    gate = client.get(asked)

    response = client.post(gate["Location"], {"username": "ada", "password": PASSWORD})

    assert response["Location"] == asked


@pytest.mark.parametrize(
    ("referer", "leads_to"),
    [
        ("http://testserver/executions/?status=failed", "/executions/?status=failed"),
        ("https://evil.example/executions/", "/"),
        ("", "/"),
    ],
)
def test_a_button_pressed_after_the_session_ended_leads_back_to_its_page(
    client, ada, referer, leads_to
):
    gate = client.post("/onboard/many/", {"logins": "grace"}, headers={"Referer": referer})

    there = client.post(gate["Location"], {"username": "ada", "password": PASSWORD})

    assert there["Location"] == leads_to
    page = client.get("/executions/").content.decode()
    assert "You had been signed out, so nothing was done" in page


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"]
)
def test_signing_in_never_leads_to_another_site(client, ada, target):
    response = client.post(
        reverse("access:login"), {"username": "ada", "password": PASSWORD, "next": target}
    )

    assert response["Location"] == reverse("home")


def test_a_wrong_password_and_an_unknown_account_get_the_same_answer(client, ada):
    known = try_password(client, "wrong")
    unknown = try_password(client, "wrong", account="bob")

    assert known.status_code == unknown.status_code == 422
    assert known.context["form"].non_field_errors() == unknown.context["form"].non_field_errors()
    assert not is_signed_in(client)


def test_an_inactive_account_gets_the_answer_of_an_unknown_one(client, ada):
    ada.is_active = False
    ada.save()

    response = try_password(client, PASSWORD)

    unknown = try_password(client, PASSWORD, account="bob")
    assert response.status_code == 422
    assert (
        response.context["form"].non_field_errors() == unknown.context["form"].non_field_errors()
    )


@pytest.mark.parametrize("account", ["ada", "bob"])  # ada exists, bob does not
def test_the_sixth_try_in_a_quarter_of_an_hour_is_refused(client, ada, account):
    with time_machine.travel(NOON, tick=False):
        answers = [try_password(client, "wrong", account=account).status_code for _ in range(6)]
        response = try_password(client, PASSWORD, account=account)

    assert answers == [422, 422, 422, 422, 422, 429]
    assert response.status_code == 429
    assert response["Retry-After"] == "900"
    assert b"12:15:00 UTC" in response.content
    assert not is_signed_in(client)


def test_case_and_blanks_around_a_name_do_not_give_more_tries(client, ada):
    for account in ("ada", "Ada", " ada", "ADA "):
        try_password(client, "wrong", account=account)
    try_password(client, "wrong")

    response = try_password(client, "wrong")

    assert response.status_code == 429


def test_after_the_quarter_of_an_hour_the_password_counts_again(client, ada):
    with time_machine.travel(NOON, tick=False):
        for _ in range(6):
            try_password(client, "wrong")
    with time_machine.travel(NOON + timedelta(minutes=15), tick=False):
        response = try_password(client, PASSWORD)
        signed_in = is_signed_in(client)  # a session of that day is over by now

    assert response.status_code == 302
    assert signed_in


def test_the_refused_account_still_signs_in_from_elsewhere(client, ada):
    for _ in range(6):
        try_password(client, "wrong")

    response = try_password(client, PASSWORD, address=ELSEWHERE)

    assert response.status_code == 302


def test_signing_in_forgets_the_failures_before_it(client, ada):
    for _ in range(4):
        try_password(client, "wrong")
    try_password(client, PASSWORD)

    answers = [try_password(Client(), "wrong").status_code for _ in range(5)]

    assert answers == [422] * 5


def test_one_address_may_not_try_a_password_on_many_accounts(client, ada):
    answers = [
        try_password(client, "Winter2026", account=f"user{n}").status_code for n in range(51)
    ]

    assert answers == [422] * 50 + [429]


def test_people_who_sign_in_do_not_use_up_their_office(client, ada):
    answers = {try_password(Client(), PASSWORD).status_code for _ in range(60)}

    assert answers == {302}


def test_one_ipv6_network_counts_as_one_address(client, ada):
    for n in range(5):
        try_password(client, "wrong", address=f"2001:db8:1:2::{n}")

    same = try_password(client, "wrong", address="2001:db8:1:2:ffff::1")
    other = try_password(client, "wrong", address="2001:db8:1:3::1")

    assert (same.status_code, other.status_code) == (429, 422)


def test_a_forwarded_address_counts_only_behind_a_trusted_proxy(client, ada, settings):
    def answers():
        return [
            try_password(
                client, "wrong", X_Forwarded_For=f"203.0.113.{n}, 198.51.100.{n}"
            ).status_code
            for n in range(6)
        ]

    forged = answers()
    SignInWindow.objects.all().delete()
    settings.TRUSTED_PROXIES = 1
    believed = answers()

    assert forged == [422] * 5 + [429]
    assert believed == [422] * 6


def test_what_was_typed_as_a_name_is_not_stored(client, ada):
    try_password(client, "x", account="my-password-in-the-wrong-field")

    stored = str(list(SignInWindow.objects.values()))
    assert SignInWindow.objects.count() == 2
    assert "my-password" not in stored
    assert OFFICE not in stored


def test_old_windows_are_cleared_away(client, ada):
    with time_machine.travel(NOON, tick=False):
        try_password(client, "wrong", account="bob", address=ELSEWHERE)
    with time_machine.travel(NOON + timedelta(minutes=16), tick=False):
        try_password(client, "wrong")

    assert set(SignInWindow.objects.values_list("starts_at", flat=True)) == {
        NOON + timedelta(minutes=16)
    }


def test_signing_in_needs_the_csrf_token(ada):
    client = Client(enforce_csrf_checks=True)

    response = try_password(client, PASSWORD)

    assert response.status_code == 403
    assert not is_signed_in(client)


def test_whoever_is_signed_in_is_sent_past_the_gate(client, ada):
    client.force_login(ada)

    response = client.get(reverse("access:login"))

    assert (response.status_code, response["Location"]) == (302, reverse("home"))


def test_signing_out_needs_a_post_and_leads_to_the_gate(client, ada):
    client.force_login(ada)

    by_link = client.get(reverse("access:logout"))
    signed_in_after_link = is_signed_in(client)
    response = client.post(reverse("access:logout"))

    assert (by_link.status_code, signed_in_after_link) == (405, True)
    assert response["Location"] == reverse("access:login")
    assert not is_signed_in(client)


def test_a_new_password_signs_every_other_session_out(client, ada):
    elsewhere = Client()
    elsewhere.force_login(ada)
    client.force_login(ada)

    response = client.post(
        reverse("access:password"),
        {
            "old_password": PASSWORD,
            "new_password1": "purple-monkey-dishwasher",
            "new_password2": "purple-monkey-dishwasher",
        },
    )

    assert response["Location"] == reverse("access:password")
    assert client.get(reverse("access:password")).status_code == 200
    assert elsewhere.get(reverse("access:password")).status_code == 302


def test_a_new_password_needs_the_old_one(client, ada):
    client.force_login(ada)

    response = client.post(
        reverse("access:password"),
        {
            "old_password": "wrong",
            "new_password1": "a-long-new-one",
            "new_password2": "a-long-new-one",
        },
    )

    ada.refresh_from_db()
    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["old_password"]
    assert ada.check_password(PASSWORD)
