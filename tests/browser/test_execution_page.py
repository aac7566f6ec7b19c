"""An execution's page in a browser: what somebody unfolded, focused or scrolled to stays as it is."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from executions import services
from executions.models import Execution
from tests.browser.looking import SIZES, axe_faults, shoot
from tests.factories.executions import hear, mirrored, told, work_off
from tests.factories.histories import (
    BRANCHES,
    PARENT,
    SECOND,
    Writer,
    branches,
    child_of,
    fan,
)
from tests.factories.step_functions import WORKFLOW_COST, StepFunctions, plug_in

MAIL = json.dumps(
    {"TopicArn": "arn:aws:sns:us-east-1:1:mail", "Subject": "A run", "Message": "It cost."}
)
ITEM = json.dumps({"TableName": "runs", "Item": {"run_id": {"N": "7"}, "run_attempt": {"N": "1"}}})


@pytest.fixture
def sfn(monkeypatch, transactional_db):
    aws = StepFunctions()
    plug_in(aws, monkeypatch)
    return aws


def running(sfn, now, *, steps=2):
    """An execution that is at its last step, as somebody who looks at it sees it."""
    one = told(started_at=now - 900 * SECOND)
    writer = Writer(one, now - 899 * SECOND)
    for number in range(steps - 1):
        writer.task(
            "ReadRunEvent", given=f'{{"n": {number}}}', gave=f'{{"n": {number}, "ok": true}}'
        )
    writer.add("TaskStateEntered", {"name": "FetchJobs", "input": "{}"})
    writer.add("TaskScheduled", {"resource": "invoke", "resourceType": "lambda"})
    [row] = mirrored(sfn, one, now=now)
    services.look_at(row, now=now)
    work_off(now=now)
    return writer, row


def ends(writer, now):
    """Let it fail, and the mirror hear of it."""
    writer.at = now - 3 * SECOND
    writer.again_fails("GitHubUnavailable")
    hear(writer.told.status_event(), now=now)
    work_off(now=now + 2 * SECOND)


def address(live_server, row, more=""):
    return f"{live_server.url}/executions/{row.public_id}/{more}"


def test_what_somebody_unfolded_stays_open_and_focused_while_the_page_changes(
    live_server, signed_in, sfn
):
    now = timezone.now()
    writer, row = running(sfn, now)
    page = signed_in
    page.goto(address(live_server, row))
    fold = page.locator("#changes-0")
    fold.locator("summary").click()
    expect(fold.get_by_text("$.ok")).to_be_visible()
    top = page.evaluate("scrollY")

    ends(writer, now)

    expect(page.get_by_role("link", name="FetchJobs, Task, failed")).to_be_visible()
    expect(fold.get_by_text("$.ok")).to_be_visible()
    expect(fold.locator("summary")).to_be_focused()
    assert page.evaluate("scrollY") >= top > 0


def test_a_retry_by_keyboard_leaves_the_focus_where_its_outcome_is_told(
    live_server, signed_in, sfn
):
    now = timezone.now()
    writer, row = running(sfn, now)
    ends(writer, now)
    page = signed_in
    page.goto(address(live_server, row))
    page.get_by_role("button", name="Resume where it failed").focus()

    page.keyboard.press("Enter")

    expect(page.get_by_role("list", name="Retries so far")).to_be_visible()
    expect(page.locator("#retrying")).to_be_focused()


def test_whoever_reads_a_later_page_of_steps_stays_there(live_server, signed_in, sfn):
    now = timezone.now()
    writer, row = running(sfn, now, steps=121)
    page = signed_in
    page.goto(address(live_server, row, "?after=99"))
    expect(page.locator("#step-120")).to_be_visible()

    ends(writer, now)

    expect(page.locator("#step-120").get_by_text("Failed")).to_be_visible()
    expect(page.locator("#step-5")).to_have_count(0)


def test_the_events_are_searched_in_place(live_server, signed_in, sfn):
    _, row = running(sfn, timezone.now())
    page = signed_in
    page.goto(address(live_server, row))
    page.get_by_text("Raw events", exact=True).click()
    page.get_by_label("Type").fill("scheduled")
    page.get_by_role("button", name="Search").click()

    expect(page.locator(".event-list > li")).to_have_count(2)
    page.locator(".event-list").get_by_role("link", name="FetchJobs").click()
    expect(page.locator("h1")).to_have_text("FetchJobs")


def many_kinds(sfn, now):
    """One execution of each kind, as pages show them: {name of the picture: address}."""
    busy = told(started_at=now - 120 * SECOND)
    writer = Writer(busy, now - 119 * SECOND)
    writer.task(
        "ReadRunEvent", "GitHubUnavailable", "States.Timeout", given='{"n": 1}', gave='{"n": 2}'
    )
    writer.add("WaitStateEntered", {"name": "WaitForJobs", "input": "{}"})
    writer.add("WaitStateExited", {"name": "WaitForJobs", "output": "{}"}, wait=9 * SECOND)
    writer.task("StoreRun", resource="putItem", kind="dynamodb", parameters=ITEM)
    writer.task("ReportResult", resource="publish", kind="sns", parameters=MAIL)
    writer.add("TaskStateEntered", {"name": "FetchJobs", "input": "{}"})
    writer.add("TaskScheduled", {"resource": "invoke", "resourceType": "lambda"})

    twice = told(started_at=now - timedelta(days=6))
    writer = Writer(twice, twice.started_at + SECOND)
    writer.task("ReadRunEvent", given='{"run": {"id": 7}}', gave='{"run": {"id": 7, "jobs": 3}}')
    writer.fails("FetchJobs", "GitHubUnavailable")
    for days in (2, 3):
        writer.at += timedelta(days=days)
        twice.redriven(writer.at)
        writer.add("TaskScheduled", {"resource": "invoke", "resourceType": "lambda"})
        writer.again_fails("GitHubUnavailable")

    parent = told(started_at=now - 60 * SECOND)
    failed, still = {3, 77, 500, 901}, {998, 999}
    arn = parent.arn.replace(parent.name, f"{parent.name[:40]}-child-{{}}")
    fan(parent, count=1_000, at=now - 59 * SECOND, failed=failed, running=still, child=arn.format)
    children = [
        child_of(
            parent, index, ends="FAILED" if index in failed else "SUCCEEDED", at=now - 50 * SECOND
        )
        for index in (1, 2, *failed)
    ] + [child_of(parent, index, at=now - 50 * SECOND) for index in still]
    # The definitions in force when these started; the latest is looked up first.
    sfn.update_machine(BRANCHES, now - 600 * SECOND)
    sfn.update_machine(WORKFLOW_COST, now - 300 * SECOND)
    sfn.update_machine(PARENT, now - 100 * SECOND)
    split = branches(told(started_at=now - 500 * SECOND), now - 499 * SECOND)
    rows = [
        *mirrored(sfn, split, now=now),
        *mirrored(sfn, parent, now=now),
        *mirrored(sfn, busy, twice, *children, now=now),
    ]
    for row in rows[:4]:
        # One at a time, for the sake of the definitions.
        services.look_at(Execution.objects.get(pk=row.pk), now=now)
        work_off(now=now)
    split, parent, busy, twice, *_ = (f"/executions/{row.public_id}/" for row in rows)
    return {
        "execution-branches": split,
        "execution-map": parent,
        "execution-map-step": f"{parent}steps/0/?iterations=failed",
        "execution-iteration": f"{parent}steps/0/iterations/3/",
        "execution-retried": busy,
        "execution-redriven": twice,
        "execution-step": f"{twice}steps/1/",
        "execution-events-found": f"{twice}events/?type=failed",
        "execution-events-none": f"{twice}events/?q=nothing-like-it",
    }


@pytest.mark.parametrize(("scheme", "size"), [("light", "wide"), ("dark", "phone")])
def test_executions_of_every_kind_are_sound(
    live_server, browser, sign_in, guard, sfn, scheme, size
):
    pages = many_kinds(sfn, timezone.now())
    context = browser.new_context(color_scheme=scheme, viewport=SIZES[size])
    sign_in(context)
    found = {}
    for name, path in pages.items():
        page = context.new_page()
        guard.watch(page)
        page.goto(live_server.url + path)
        expect(page.locator("h1").first).to_be_visible()
        shoot(page, f"{name}-{scheme}-{size}")
        found[name] = axe_faults(page)
        if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            found[name].append("wider than the screen")
        page.close()
    context.close()

    assert {name: faults for name, faults in found.items() if faults} == {}
