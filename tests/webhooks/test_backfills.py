"""What the log forgot is found by listing runs and members, against the sandbox's GitHub."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core import work
from ghkit.github import runs
from onboarding.models import Member
from tests.factories import costs
from tests.factories.webhooks import Clock
from webhooks import services
from webhooks.models import (
    Backfill,
    BackfillPlace,
    Delivery,
    Installation,
    InstalledRepository,
)
from webhooks.services import backfills

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


def installed(*, repositories):
    home = Installation.objects.create(
        github_id=4242, account_login="sandbox-org", account_id=42, account_type="Organization"
    )
    InstalledRepository.objects.bulk_create(
        InstalledRepository(
            installation=home, github_id=number, full_name=f"sandbox-org/r{number}"
        )
        for number in range(repositories)
    )


def requested(clock):
    return services.request_backfill(
        starts_at=CREATED,
        ends_at=CREATED + timedelta(hours=2),
        reason="test",
        user=None,
        now=clock(),
    )


def attempts_started():
    found = []
    for delivery in Delivery.objects.filter(event="workflow_run").order_by("pk"):
        told = json.loads(delivery.body_json())["workflow_run"]
        found.append((told["id"], told["run_attempt"]))
    return sorted(found)


def problems():
    return list(BackfillPlace.objects.exclude(problems="").values_list("problems", flat=True))


def person(github, number, login):
    order = {"login": login, "id": number, "org": "sandbox-org", "org_member": True}
    github.control.put("/people", json=order).raise_for_status()


def record(number, login, status, *, now):
    return Member.objects.create(
        organization_id=42,
        key=str(number),
        github_id=number,
        login=login,
        organization="sandbox-org",
        status=status,
        status_observed_at=now,
        imported_at=now,
        updated_at=now,
    )


def told_of_people():
    found = Delivery.objects.filter(event="organization").order_by("action", "person")
    return list(found.values_list("action", "person"))


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
    [problem] = problems()
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
    assert "more than 3 runs within a second" in problems()[0]


def test_whoever_is_in_while_the_record_says_otherwise_is_onboarded(github, clock):
    for number, login in enumerate(["nobody", "waits", "left", "knows"], start=501):
        person(github, number, login)
    record(502, "waits", "pending", now=clock())  # accepted unheard
    record(503, "left", "removed", now=clock())  # joined again unheard
    record(504, "knows", "active", now=clock())

    look_through(clock)

    added = [("member_added", login) for login in ("left", "nobody", "waits")]
    assert added == [told for told in told_of_people() if told[1] in ("nobody", "waits", "left")]
    assert ("member_added", "knows") not in told_of_people()


def test_whoever_left_unheard_is_looked_at_and_the_page_says_who_found_it(
    github, clock, admin_client
):
    person(github, 501, "mona")
    record(501, "mona", "active", now=clock())
    record(900, "gone", "active", now=clock())
    record(901, "never", "pending", now=clock())  # is no member of whom GitHub would tell
    record(902, "before", "removed", now=clock())

    look_through(clock)
    look_through(clock)

    assert [told for told in told_of_people() if told[0] == "member_removed"] == [
        ("member_removed", "gone")
    ]
    delivery = Delivery.objects.get(action="member_removed")
    assert (delivery.state_machine, delivery.status) == ("update-member", "waiting")
    page = admin_client.get(f"/deliveries/{delivery.guid}/").content.decode()
    assert "GitHub did not send this." in page
    sent = Delivery.objects.get(guid=github.send(payload={"action": "created"}))
    assert (
        "GitHub did not send" not in admin_client.get(f"/deliveries/{sent.guid}/").content.decode()
    )


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


def test_a_worker_that_dies_while_it_lists_the_places_leaves_none_out(db, clock, monkeypatch):
    monkeypatch.setattr(backfills, "_ROWS", 2)
    installed(repositories=5)
    backfill = requested(clock)
    [dying] = work.claim(Backfill, limit=1, now=clock(), lease_s=20)
    places = backfills._places(dying)
    BackfillPlace.objects.bulk_create([next(places), next(places)])  # here it died

    clock.pass_(21)
    [row] = work.claim(Backfill, limit=1, now=clock(), lease_s=20)
    services.carry_out_backfill(row, clock())

    names = backfill.places.order_by("pk").values_list("repository", flat=True)
    assert list(names) == ["", "r0", "r1", "r2", "r3", "r4"]
    with pytest.raises(work.LeaseLost):
        services.carry_out_backfill(dying, clock())


def test_a_place_costs_the_same_among_three_and_among_three_hundred(github, clock):
    """Two thousand repositories are looked through in a time that grows with their number alone."""
    written = []
    for count in (3, 300):
        Backfill.objects.all().delete()
        Installation.objects.all().delete()
        installed(repositories=count)
        requested(clock)
        for _turn in range(2):  # lists the places, looks through the first
            [row] = work.claim(Backfill, limit=1, now=clock(), lease_s=20)
            with CaptureQueriesContext(connection) as queries:
                services.carry_out_backfill(row, clock())
        written.append([len(re.sub(r"[0-9]+", "", one["sql"])) for one in queries])

    assert len(written[0]) == len(written[1])
    assert sum(written[1]) == pytest.approx(sum(written[0]), rel=0.02)


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
