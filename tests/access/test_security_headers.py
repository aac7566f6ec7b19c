"""What every answer tells the browser to refuse."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/sign-in/", "/healthz", "/no-such-page/", "/account/tokens/"])
def test_every_answer_carries_the_headers(client, path):
    response = client.get(path)

    assert response["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self';")
    assert "unsafe" not in response["Content-Security-Policy"]
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["X-Frame-Options"] == "DENY"


@pytest.mark.django_db
def test_the_session_cookie_is_out_of_reach_for_scripts_and_other_sites(client, ada):
    client.post(reverse("access:login"), {"username": "ada", "password": "correct-horse-battery"})

    cookie = client.cookies["sessionid"]
    assert (bool(cookie["httponly"]), cookie["samesite"]) == (True, "Lax")
    assert client.cookies["csrftoken"]["samesite"] == "Lax"


def settings_under(**environment):
    program = (
        "import django; django.setup(); from django.conf import settings as s;"
        "print(s.SECURE_HSTS_SECONDS > 0, s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SECURE_SSL_REDIRECT)"
    )
    answer = subprocess.run(  # noqa: S603 -- ourselves
        [sys.executable, "-c", program],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "ghadmin.settings", "SECRET_KEY": "x" * 60}
        | environment,
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    return answer.stdout.split()


def test_https_closes_plain_http():
    assert settings_under(HTTPS="1") == ["True"] * 4
    assert settings_under(HTTPS="0") == ["False"] * 4


@pytest.mark.django_db
def test_a_form_from_another_site_is_refused_with_a_page_that_says_so(ada):
    client = Client(enforce_csrf_checks=True)
    client.force_login(ada)

    response = client.post(reverse("access:token-list"), {"name": "x", "lifetime_days": "90"})

    assert response.status_code == 403
    assert b"This form was not accepted" in response.content
    assert ada.api_tokens.count() == 0
