"""Names as long as GitHub, AWS and a company let them be: nothing is pushed out of sight."""

import json

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from executions import services
from tests.browser.looking import SIZES, axe_faults
from tests.factories import costs, members, webhooks
from tests.factories.executions import mirrored, told, work_off
from tests.factories.histories import SECOND, Writer
from tests.factories.step_functions import StepFunctions, plug_in

REPOSITORY = f"{'an-organisation' * 3}/{'a-repository-name-' * 6}"[:140]
LOGIN = "somebody-with-the-longest-login-of-all"
ERROR = "AnErrorWithoutASingleSpace" * 9
DEPARTMENT = "Department of Everything That Has to Do with Very Long Names"
EMAIL = f"{'first.middle.' * 4}last@a-company-with-a-long-domain.example"


@pytest.fixture
def pages(monkeypatch, transactional_db):
    """Each page that lists names, by what it is about."""
    now = timezone.now()
    aws = StepFunctions()
    plug_in(aws, monkeypatch)
    one = told(repository=REPOSITORY, started_at=now - 60 * SECOND)
    writer = Writer(one, now - 59 * SECOND)
    writer.add("TaskStateEntered", {"name": "FetchJobs", "input": "{}"})
    writer.add("TaskScheduled", {"resource": "invoke", "resourceType": "lambda"})
    cause = json.dumps({"errorType": ERROR, "errorMessage": "no " * 8_000})
    writer.add("TaskFailed", {"resource": "invoke", "error": ERROR, "cause": cause})
    writer.ends("FAILED", error=ERROR, cause=cause)
    [row] = mirrored(aws, one, now=now)
    services.look_at(row, now=now)
    work_off(now=now)

    payload = webhooks.example()
    payload["repository"]["full_name"] = REPOSITORY
    payload["sender"]["login"] = LOGIN
    webhooks.stored(payload=payload, received_at=now)
    webhooks.stored(payload=payload, event="deployment_protection_rule", received_at=now)

    company = {"name": LOGIN.title(), "department": DEPARTMENT, "email": EMAIL}
    slugs = {f"a-team-with-a-slug-of-a-good-length-{number}": "active" for number in range(6)}
    members.record(members.person(LOGIN, teams=slugs, company=company), now=now)

    run = costs.ItemFactory(repository=REPOSITORY, all_jobs=[costs.JobFactory(ends_at=now)])
    other = costs.ItemFactory(repository_id=7, all_jobs=[costs.JobFactory(ends_at=now)])
    costs.record(run, other, now=now)
    address = f"/executions/{row.public_id}/"
    return {
        "executions": "/executions/",
        "execution": address,
        "step": f"{address}steps/0/",
        "failures": "/executions/failures/",
        "deliveries": "/deliveries/",
        "members": "/members/",
        "member": f"/members/{members.ORGANIZATION_ID}/{members.Member.objects.get().key}/",
        "costs": f"/costs/?month={now:%Y-%m}",
        "repository": f"/costs/{REPOSITORY}/?month={now:%Y-%m}",
        "run": f"/costs/runs/{run['run_id']}/",
    }


@pytest.mark.parametrize("size", SIZES)
def test_no_name_pushes_anything_out_of_sight(live_server, browser, sign_in, guard, pages, size):
    # The member's page asks GitHub, which is not there, and says so.
    guard.allow("500")
    context = browser.new_context(viewport=SIZES[size])
    sign_in(context)
    page = context.new_page()
    guard.watch(page)
    found = {}

    for name, path in pages.items():
        page.goto(live_server.url + path)
        expect(page.locator("h1").first).to_be_visible()
        wide = page.evaluate(
            # The matrix of repositories and SKUs alone may be pushed aside: it is no list.
            "[document.documentElement, ...document.querySelectorAll('.table-scroll:has(.is-stacking)')]"
            ".filter((box) => box.scrollWidth > box.clientWidth)"
            ".map((box) => `${box.className || 'page'}: ${box.scrollWidth} in ${box.clientWidth}`)"
        )
        found[name] = axe_faults(page) + wide

    assert {name: faults for name, faults in found.items() if faults} == {}
    context.close()


def test_a_long_name_leaves_the_bars_of_a_chart_their_room(live_server, signed_in, pages):
    page = signed_in
    page.goto(live_server.url + pages["costs"])

    chart = page.locator(".chart").first
    expect(chart.locator(".nsewdrag").first).to_be_visible()
    bars = chart.locator(".nsewdrag").first.bounding_box()

    assert bars["width"] > chart.bounding_box()["width"] / 2
    expect(chart.get_by_text("an-organisatio…")).to_be_visible()
