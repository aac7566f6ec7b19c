"""A real Chromium, and a page that fails its test on anything the browser complains about.

`page` comes with a guard (looking.py). Set CHROMIUM to use another browser than the one in the path.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import override_settings
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.looking import Guard, axe_faults

HERE = Path(__file__).resolve().parent
PASSWORD = "correct-horse-battery"
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")

# Playwright's sync API keeps an event loop on the test's thread, where Django refuses ORM calls.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
expect.set_options(timeout=30_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if CHROMIUM is None:
                reason = "NO BROWSER: install Debian's chromium, or name one in CHROMIUM"
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    flags = (
        "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
        "--disable-component-update --disable-sync --disable-dev-shm-usage"
    )
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": flags.split()}


@pytest.fixture(scope="session", autouse=True)
def static_files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Collect the static files as a deployment does, but now and aside.

    The live server takes them from STATIC_ROOT, because our static files app is not Django's own
    (ghadmin/apps.py); what lies in a developer's STATIC_ROOT may be old.
    """
    with override_settings(STATIC_ROOT=str(tmp_path_factory.mktemp("static"))):
        call_command("collectstatic", interactive=False, verbosity=0)
        yield


@pytest.fixture(autouse=True)
def gallery(settings: Any) -> None:
    """Add the page of all components to the product's URLs and templates."""
    settings.ROOT_URLCONF = "tests.browser.gallery.urls"
    (templates,) = settings.TEMPLATES
    settings.TEMPLATES = [
        {**templates, "DIRS": [*templates["DIRS"], HERE / "gallery" / "templates"]}
    ]


@pytest.fixture
def guard() -> Iterator[Guard]:
    guard = Guard()
    yield guard
    assert guard.unexpected() == []


@pytest.fixture
def page(guard: Guard, context: BrowserContext) -> Page:
    page = context.new_page()
    guard.watch(page)
    return page


@pytest.fixture
def account(transactional_db: None) -> User:
    return User.objects.create_superuser("ada", password=PASSWORD)


@pytest.fixture
def sign_in(live_server: Any, client: Any, account: User) -> Callable[[BrowserContext], None]:
    """Give a context the session of an administrator, past the gate."""

    def sign_in(context: BrowserContext) -> None:
        client.force_login(account)
        cookie = client.cookies[settings.SESSION_COOKIE_NAME]
        context.add_cookies(
            [{"name": cookie.key, "value": cookie.value, "url": live_server.url, "httpOnly": True}]
        )

    return sign_in


@pytest.fixture
def signed_in(page: Page, sign_in: Callable[[BrowserContext], None]) -> Page:
    sign_in(page.context)
    return page


@pytest.fixture
def axe() -> Callable[[Page], list[str]]:
    """Look for what keeps people with a disability out; [] is sound."""
    return axe_faults
