"""What the log forgot is found by listing runs and members, against the sandbox's GitHub."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from core import work
from ghkit.github import runs
from onboarding.models import Member
from tests.factories import costs
from tests.factories.webhooks import Clock
from webhooks import services
from webhooks.models import Backfill, Delivery, Installation

CREATED = datetime(2026, 11, 2, 10, tzinfo=UTC)
REPOSITORY = {
    "id": 101,
    "full_name": "sandbox-org/api",
    "private": True,
    "owner": {"login": "sandbox-org", "id": 42, "type": "Organization"},
}


@pytest.fixture
def clock():
    return Clock(datetime.now(UTC))


def run(github, number, *, minutes=0, attempts=1, repository=REPOSITORY):
    at = f"{CREATED + timedelta(minutes=minutes):%Y-%m-%dT%H:%M:%SZ}"
    body = {
        "id": number,
        "run_attempt": attempts,
        "status": "completed",
        "conclusion": "success",
        "created_at": at,
        "run_started_at": at,
        "updated_at": at,
        "repository": repository,
    }
    jobs = {str(one): [] for one in range(1, attempts + 1)}
    github.control.put("/runs", json={"run": body, "attempts": jobs}).raise_for_status()


def look_through(clock, *, hours=2):
    """Confirm where the App is, then look through a span from CREATED on."""
    services.start_routines(now=clock())
    services.run_routines(clock=clock)
    backfill = services.request_backfill(
        starts_at=CREATED,
        ends_at=CREATED + timedelta(hours=hours),
        reason="test",
        user=None,
        now=clock(),
    )
    services.carry_out_backfills(clock=clock)
    backfill.refresh_from_db()
    return backfill


def attempts_started():
    found = []
    for delivery in Delivery.objects.filter(event="workflow_run").order_by("pk"):
        told = json.loads(delivery.body_json())["workflow_run"]
        found.append((told["id"], told["run_attempt"]))
    return sorted(found)


def test_runs_without_a_record_become_deliveries_and_the_others_do_not(github, clock):
    for number in (1, 2, 3):
        run(github, number)
    run(github, 9, minutes=180)  # after the span
    costs.record(costs.ItemFactory(run_id=2, run_attempt=1), now=clock())

    backfill = look_through(clock)

    assert attempts_started() == [(1, 1), (3, 1)]
    assert (backfill.state, backfill.found, backfill.started) == ("done", 2, 2)
    delivery = Delivery.objects.filter(event="workflow_run").earliest("pk")
    assert (delivery.status, delivery.repository) == ("waiting", "sandbox-org/api")
    assert delivery.headers == {"X-Ghadmin-Origin": "back-fill"}


def test_every_attempt_of_a_run_is_looked_for(github, clock):
    run(github, 1, attempts=3)
    costs.record(costs.ItemFactory(run_id=1, run_attempt=2), now=clock())

    look_through(clock)

    assert attempts_started() == [(1, 1), (1, 3)]


def test_an_attempt_that_github_has_deleted_is_named_and_keeps_no_other_back(github, clock):
    run(github, 1, attempts=2)
    run(github, 2)
    github.fail("/actions/runs/1/attempts/1$", status=404)

    backfill = look_through(clock)

    assert attempts_started() == [(1, 2), (2, 1)]
    assert (backfill.state, backfill.found, backfill.started) == ("done", 3, 2)
    [problem] = backfill.problems
    assert problem.startswith("sandbox-org/api, run 1, attempt 1: ")


def test_looking_through_the_same_span_again_starts_nothing_twice(github, clock):
    run(github, 1)

    look_through(clock)
    again = look_through(clock)

    assert attempts_started() == [(1, 1)]
    assert (again.state, again.started) == ("done", 1)


def test_a_span_with_more_runs_than_github_lists_is_halved(github, clock, monkeypatch):
    monkeypatch.setattr(runs, "LISTED_MAX", 3)
    for number in range(1, 9):
        run(github, number, minutes=number * 10)

    backfill = look_through(clock)

    assert attempts_started() == [(number, 1) for number in range(1, 9)]
    assert backfill.looked_through > 2


def test_a_second_with_more_runs_than_github_lists_is_named(github, clock, monkeypatch):
    monkeypatch.setattr(runs, "LISTED_MAX", 3)
    for number in range(1, 6):
        run(github, number)

    backfill = look_through(clock)

    assert backfill.state == "done"
    assert "more than 3 runs within a second" in backfill.problems[0]


def test_members_without_a_record_are_onboarded(github, clock):
    for number, login in ((501, "mona"), (502, "lisa")):
        person = {"login": login, "id": number, "org": "sandbox-org", "org_member": True}
        github.control.put("/people", json=person).raise_for_status()
    Member.objects.create(
        organization_id=42,
        key="502",
        github_id=502,
        login="lisa",
        organization="sandbox-org",
        status="active",
        status_observed_at=clock(),
        imported_at=clock(),
        updated_at=clock(),
    )

    look_through(clock)

    found = Delivery.objects.filter(event="organization").values_list("action", "person")
    assert ("member_added", "mona") in found
    assert ("member_added", "lisa") not in found


def test_a_worker_that_dies_leaves_the_rest_to_the_next(github, clock):
    for number in (1, 2):
        name = f"sandbox-org/r{number}"
        run(github, number, repository=REPOSITORY | {"id": number, "full_name": name})
    services.start_routines(now=clock())
    services.run_routines(clock=clock)
    backfill = services.request_backfill(
        starts_at=CREATED,
        ends_at=CREATED + timedelta(hours=2),
        reason="test",
        user=None,
        now=clock(),
    )
    [dying] = work.claim(Backfill, limit=1, now=clock(), lease_s=20)
    clock.pass_(21)

    services.carry_out_backfills(clock=clock)
    with pytest.raises(work.LeaseLost):
        services.carry_out_backfill(dying, clock())

    backfill.refresh_from_db()
    assert attempts_started() == [(1, 1), (2, 1)]
    assert backfill.state == "done"


def test_github_away_is_waited_out(github, clock):
    run(github, 1)
    services.start_routines(now=clock())
    services.run_routines(clock=clock)
    github.fail("/actions/runs", status=502)
    services.request_backfill(
        starts_at=CREATED,
        ends_at=CREATED + timedelta(hours=2),
        reason="test",
        user=None,
        now=clock(),
    )

    services.carry_out_backfills(clock=clock)
    waiting = Backfill.objects.get()
    github.control.delete("/faults")
    clock.pass_(120)
    services.carry_out_backfills(clock=clock)

    assert (waiting.state, waiting.strikes) == ("running", 0)
    assert "GitHub did not answer" in waiting.last_error
    assert attempts_started() == [(1, 1)]


def test_confirming_learns_of_installations_and_their_repositories(github, clock):
    run(github, 1)
    Installation.objects.create(github_id=7, account_login="gone-org")

    services.start_routines(now=clock())
    services.run_routines(clock=clock)

    home = Installation.objects.get(github_id=4242)
    assert (home.account_login, home.account_id, home.state) == ("sandbox-org", 42, "active")
    assert [one.full_name for one in home.repositories.all()] == ["sandbox-org/api"]
    assert Installation.objects.get(github_id=7).state == "uninstalled"
