"""What two workers do at the same time, on each database: rounds, replays, removal."""

import threading
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from tests.factories.webhooks import NOW, Clock, stored
from webhooks import selectors, services
from webhooks.models import CompletenessDay, Delivery, LoggedDelivery, Replay, Routine
from webhooks.services import completeness, recovery, retention

pytestmark = pytest.mark.usefixtures("each_database")


def at_once(*works):
    """Let each begin at the same moment, in a thread of its own; no error is lost.

    A database that stays busy, as SQLite on a loaded machine, is tried again, as a worker would.
    """
    gate, errors = threading.Barrier(len(works)), []

    def run(do):
        try:
            gate.wait(60)
            for left in reversed(range(20)):
                try:
                    do()
                    break
                except OperationalError:
                    if not left:
                        raise
        except Exception as exc:  # noqa: BLE001 -- whatever it was, the test must see it
            errors.append(exc)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[one]) for one in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(180)
    assert not any(thread.is_alive() for thread in threads)
    assert errors == []


def logged(number, outcome="received", *, at=NOW, **fields):
    """A row of GitHub's log that is not saved yet."""
    fields.setdefault("ask_at", at if outcome == "missing" else None)
    return LoggedDelivery(
        guid=uuid4(),
        event="push",
        delivered_at=at,
        attempt_id=number,
        attempted_at=at,
        status="OK",
        status_code=200,
        outcome=outcome,
        **fields,
    )


def settled(count, *, received_at=NOW):
    """So many deliveries that were started, all like one that the product stored."""
    like = stored(received_at=received_at)
    like.work_state, like.not_before = "done", None
    like.status, like.pk = "started", None
    rows = []
    for _number in range(count):
        row = Delivery(
            **{field.attname: getattr(like, field.attname) for field in like._meta.fields}
        )
        row.guid = uuid4()
        row.execution_arn = (
            f"arn:aws:states:us-east-1:1:execution:ghadmin-x:workflow_run-{row.guid}"
        )
        rows.append(row)
    Delivery.objects.all().delete()
    return Delivery.objects.bulk_create(rows)


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_ask_for_each_missing_delivery_once(github, settings):
    settings.GITHUB_WEBHOOK_SECRET = "another one, so that every delivery is refused"
    clock = Clock(datetime.now(UTC))
    lost = {github.lose() for _number in range(12)}
    Routine.objects.create(name="recovery", not_before=clock())

    at_once(*[lambda: services.run_routines(clock=clock)] * 3)
    clock.pass_(90)  # what a busy database kept back is due again; nothing is asked for so soon
    services.run_routines(clock=clock)

    rows = LoggedDelivery.objects.values_list("guid", "outcome", "asks")
    assert set(rows) == {(guid, "missing", 1) for guid in lost}
    assert github.asked("POST /app/hook/deliveries/") == 12


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_lost_its_lease_and_the_next_one_read_the_same_log(github):
    """The first comes back in the middle: both store each page, and neither spoils the other's."""
    clock = Clock(datetime.now(UTC))
    guids = {github.lose() for _number in range(6)} | {github.send() for _number in range(6)}

    at_once(*[lambda: recovery.take_turn({}, clock)] * 3)

    assert set(LoggedDelivery.objects.values_list("guid", flat=True)) == guids
    day = CompletenessDay.objects.get()
    assert (day.expected, day.received + day.recovered + day.missing) == (12, 12)


@pytest.mark.django_db(transaction=True)
def test_a_thousand_are_replayed_once_each_by_workers_that_start_at_once():
    clock = Clock()
    settled(1_000)
    services.request_replay(
        selectors.Wanted(status="started"), up_to=selectors.latest_key(), user=None, now=clock()
    )

    at_once(*[lambda: services.carry_out_replays(clock=clock)] * 3)
    clock.pass_(90)
    services.carry_out_replays(clock=clock)  # what a busy database kept back

    replay = Replay.objects.get()
    assert (replay.state, replay.total, replay.replayed) == ("done", 1_000, 1_000)
    states = Delivery.objects.values_list("status", "start_number").distinct().order_by()
    assert list(states) == [("waiting", 2)]


@pytest.mark.django_db(transaction=True)
def test_what_is_replayed_while_old_rows_are_removed_is_kept_or_gone_whole(settings):
    settings.DELIVERY_BODY_RETENTION_DAYS = settings.DELIVERY_RETENTION_DAYS = 10
    clock = Clock()
    settled(600, received_at=NOW - timedelta(days=11))
    services.request_replay(
        selectors.Wanted(), up_to=selectors.latest_key(), user=None, now=clock()
    )

    def remove():
        turn = retention.take_turn({}, clock)
        while not turn.is_over:
            turn = retention.take_turn(turn.place, clock)

    at_once(lambda: services.carry_out_replays(clock=clock), remove)
    clock.pass_(90)
    services.carry_out_replays(clock=clock)

    replay = Replay.objects.get()
    left = Delivery.objects.values_list("status", "start_number")
    assert replay.state == "done"
    assert list(left) == [("waiting", 2)] * replay.replayed
    assert not Delivery.objects.filter(body=None).exists()


@pytest.mark.django_db
@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "America/Los_Angeles"])
def test_a_day_is_utcs_whatever_the_zone_of_who_counts(zone):
    midnight = NOW.replace(hour=0)
    moments = [midnight - timedelta(microseconds=1), midnight, midnight + timedelta(hours=23.99)]
    LoggedDelivery.objects.bulk_create(logged(n, at=at) for n, at in enumerate(moments))

    with timezone.override(zone):
        completeness.count_days(now=NOW + timedelta(hours=12))
        days = selectors.completeness(now=NOW + timedelta(hours=12))

    assert [(day.day.day, day.expected) for day in days] == [(22, 1), (23, 2)]


@pytest.mark.django_db
def test_each_day_is_counted_by_outcome_and_gaps_are_listed_the_latest_first():
    outcomes = ["received"] * 5 + ["missing", "recovered", "lost"] * 2
    LoggedDelivery.objects.bulk_create(logged(n, one) for n, one in enumerate(outcomes))

    completeness.count_days(now=NOW)
    completeness.count_days(now=NOW)

    day = CompletenessDay.objects.get()
    assert (day.expected, day.received, day.recovered) == (11, 5, 2)
    assert (day.missing, day.lost, day.day) == (2, 2, NOW.date())
    assert [row.attempt_id for row in selectors.gaps()] == [10, 8, 7, 5]
