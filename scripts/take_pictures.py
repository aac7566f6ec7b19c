#!/usr/bin/env python3
"""Take the pictures of docs/img from a demo that runs.

First `make demo`, then in another terminal `.venv/bin/python scripts/take_pictures.py`. Each is taken twice, `<name>.png` in light and `<name>-dark.png`, 1360 points wide. The people of the
onboarding are told to the sandbox first; their list is checked and waits, so nobody is invited.
"""

import json
import os
import shutil
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "img"
WIDTH = 1360
# More than GitHub lets an organisation invite in a day, so that the plan spans two.
NEWCOMERS = 540
FIRST_NAMES = [
    "Alma",
    "Bela",
    "Chidi",
    "Dana",
    "Emre",
    "Fleur",
    "Goran",
    "Hana",
    "Iris",
    "Jun",
    "Kaya",
    "Liam",
]
LAST_NAMES = ["Abara", "Brandt", "Costa", "Duarte", "Eriksen", "Fontaine", "Gruber", "Haas", "Ito"]
DEPARTMENTS = ("Engineering", "Data", "Design", "People")
PATIENCE_S = 300


def demo() -> dict[str, str]:
    """Read where the demo is; it writes that down at its start."""
    file = ROOT / ".demo" / "env"
    if not file.exists():
        sys.exit("No demo runs here: start one with `make demo`.")
    lines = (line.partition("=") for line in file.read_text("utf-8").splitlines())
    return {name: value.strip("'\"") for name, _, value in lines}


def call(method: str, url: str, body: object = None, token: str = "") -> Any:
    """Ask the sandbox or the REST API, and return the decoded answer."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    request = urllib.request.Request(url, data=data, method=method, headers=headers)  # noqa: S310 -- loopback
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 -- loopback
        return json.loads(answer.read() or b"null")


def newcomers(env: dict[str, str]) -> list[str]:
    """Tell the sandbox's GitHub and directory of people who are in no organisation yet."""
    logins = []
    for number in range(NEWCOMERS):
        first = FIRST_NAMES[number % len(FIRST_NAMES)]
        last = LAST_NAMES[number // len(FIRST_NAMES) % len(LAST_NAMES)]
        login = f"{first}-{last}-{number}".lower()
        company = {
            "email": f"{login}@acme.example",
            "employee_id": f"N-{number:04}",
            "name": f"{first} {last}",
            "department": DEPARTMENTS[number % len(DEPARTMENTS)],
            "title": "Engineer",
            "manager": "Ingrid Solberg",
        }
        person = {
            "login": login,
            "id": 900_000 + number,
            "name": f"{first} {last}",
            "org": "sandbox-org",
            "org_member": False,
            "company": company,
        }
        call("PUT", f"{env['SANDBOX_CONTROL_URL']}/people", person)
        logins.append(login)
    return logins


def check_list(page: Page, env: dict[str, str]) -> str:
    """Hand a list in on the page, wait until it is checked, and return its address."""
    logins = [*newcomers(env), "mei-tanaka", "ravi-menon", "nobody-anywhere", "two words"]
    page.goto(f"{env['GHADMIN_URL']}/onboard/")
    page.get_by_label("CSV or Excel file").set_input_files(
        {
            "name": "autumn-intake.csv",
            "mimeType": "text/csv",
            "buffer": "\n".join(["login", *logins]).encode(),
        }
    )
    page.get_by_role("button", name="Check the list").click()
    page.wait_for_load_state()
    address = page.url
    deadline = time.monotonic() + PATIENCE_S
    while page.get_by_text("Ready to run").count() == 0:
        if time.monotonic() > deadline:
            sys.exit(f"{address} was not checked in {PATIENCE_S} s.")
        page.wait_for_timeout(1000)
        page.goto(address)
    return address


def pages(page: Page, env: dict[str, str]) -> dict[str, tuple[str, int]]:
    """Say which pages are taken, and how much of their height."""
    base, token = env["GHADMIN_URL"], env["GHADMIN_API_TOKEN"]
    failed = call("GET", f"{base}/api/v1/executions/?status=FAILED", token=token)["results"]
    return {
        "costs": (f"{base}/costs/", 1000),
        "execution": (f"{base}/executions/{failed[0]['id']}/", 1130),
        "deliveries": (f"{base}/deliveries/", 900),
        "onboarding": (check_list(page, env), 900),
    }


def sign_in(browser: Browser, env: dict[str, str], scheme: Any) -> Page:
    """Open a window with the demo's account."""
    context = browser.new_context(
        color_scheme=scheme, viewport={"width": WIDTH, "height": 1000}, reduced_motion="reduce"
    )
    page = context.new_page()
    page.goto(f"{env['GHADMIN_URL']}/sign-in/")
    page.get_by_label("Username").fill(env["GHADMIN_ADMIN_USER"])
    page.get_by_label("Password").fill(env["GHADMIN_ADMIN_PASSWORD"])
    page.keyboard.press("Enter")
    page.wait_for_url("**/executions/")
    return page


def take(browser: Browser, env: dict[str, str]) -> None:
    """Take each page in light and dark."""
    wanted = pages(sign_in(browser, env, "light"), env)
    for scheme, ending in (("light", ""), ("dark", "-dark")):
        page = sign_in(browser, env, scheme)
        for name, (url, height) in wanted.items():
            page.set_viewport_size({"width": WIDTH, "height": height})
            page.goto(url)
            for chart in page.locator(".chart").all():
                chart.locator("svg.main-svg").first.wait_for()
            file = IMAGES / f"{name}{ending}.png"
            page.screenshot(path=file)
            print(file.relative_to(ROOT))


def main() -> None:
    """Take them all."""
    env = demo()
    program = os.environ.get("CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        # As at github.com: 500 invitations a day, so that the plan spans two.
        call("PUT", f"{env['SANDBOX_CONTROL_URL']}/limits", {"github": True})
        try:
            take(browser, env)
        finally:
            call("PUT", f"{env['SANDBOX_CONTROL_URL']}/limits", {"github": False})
        browser.close()


if __name__ == "__main__":
    main()
