"""The loop of a task: what it does with each way a handler can end."""

import threading
from datetime import timedelta

import pytest
from django.db import OperationalError, connection

from core import work
from core.work import loop
from tests.factories.databases import require_database
from tests.factories.webhooks import stored
from webhooks.models import Delivery


def start(row, now):
    work.finish(row, status="started", execution_arn=f"arn:{row.pk}")


@pytest.mark.django_db
def test_the_loop_works_until_nothing_is_due(clock):
    for _number in range(7):
        stored()

    handled = work.work_off(Delivery, start, clock=clock, batch=3)

    assert handled == 7
    assert set(Delivery.objects.values_list("status", flat=True)) == {"started"}


@pytest.mark.django_db
def test_an_unforeseen_exception_is_logged_and_costs_its_row_alone_a_strike(clock, caplog):
    broken, fine = stored(), stored()

    def handle(row, now):
        if row == broken:
            raise ZeroDivisionError("a bug")
        start(row, now)

    assert work.work_off(Delivery, handle, clock=clock) == 2

    broken.refresh_from_db()
    fine.refresh_from_db()
    assert (broken.work_state, broken.strikes) == ("waiting", 1)
    assert broken.last_error == "ZeroDivisionError: a bug"
    assert clock() < broken.not_before <= clock() + timedelta(seconds=1)
    assert fine.status == "started"
    [record] = [r for r in caplog.records if "work.attempt_failed" in str(r.msg)]
    assert record.levelname == "ERROR"


@pytest.mark.django_db
def test_a_handler_that_forgets_to_end_its_row_is_reported_as_a_bug(clock):
    row = stored()

    def handle(row, now):
        pass

    work.work_off(Delivery, handle, clock=clock)

    row.refresh_from_db()
    assert (row.work_state, row.strikes) == ("waiting", 1)
    assert "neither finished, postponed nor given up" in row.last_error


@pytest.mark.django_db
def test_a_service_that_is_away_postpones_the_batch_after_one_try_without_strikes(clock):
    for _number in range(5):
        stored()
    tries = []

    def handle(row, now):
        tries.append(row.pk)
        raise work.TryLater("AWS could not be reached")

    assert work.work_off(Delivery, handle, clock=clock, batch=4) == 0

    assert len(tries) == 1
    rows = list(Delivery.objects.order_by("pk"))
    assert [row.strikes for row in rows] == [0] * 5
    assert [row.last_error for row in rows] == ["AWS could not be reached"] * 4 + [""]
    assert [row.work_state for row in rows] == ["waiting"] * 5
    assert all(row.not_before > clock() for row in rows[:4])


@pytest.mark.django_db
def test_a_long_outage_gives_nothing_up(clock):
    stored()
    is_away = True

    def handle(row, now):
        if is_away:
            raise work.TryLater("away")
        start(row, now)

    for _number in range(500):
        clock.pass_(60)
        work.work_off(Delivery, handle, clock=clock)
    is_away = False
    clock.pass_(60)
    work.work_off(Delivery, handle, clock=clock)

    row = Delivery.objects.get()
    assert (row.status, row.attempt, row.strikes) == ("started", 501, 0)


@pytest.mark.django_db
def test_a_database_error_gives_the_rows_back_without_strikes_and_goes_up(clock):
    first, second = stored(), stored()

    def handle(row, now):
        raise OperationalError("database is locked")

    with pytest.raises(OperationalError):
        work.work_off(Delivery, handle, clock=clock)

    for row in (first, second):
        row.refresh_from_db()
        assert (row.work_state, row.strikes) == ("waiting", 0)
        assert row.last_error == "The database was busy."


@pytest.mark.django_db
def test_a_row_that_another_worker_took_is_left_to_it(clock):
    row = stored()

    def handle(row, now):
        clock.pass_(loop.LEASE_S)
        assert len(work.claim(Delivery, limit=1, now=clock(), lease_s=60)) == 1
        start(row, now)

    work.work_off(Delivery, handle, clock=clock)

    row.refresh_from_db()
    assert (row.work_state, row.attempt, row.status) == ("leased", 2, "waiting")


@pytest.mark.django_db
def test_a_row_that_was_lost_while_it_waited_in_the_batch_is_not_handled(clock):
    first, second = stored(), stored()
    handled = []

    def handle(row, now):
        handled.append(row)
        clock.pass_(loop.LEASE_S)
        Delivery.objects.filter(pk=second.pk).update(attempt=7)  # another worker's claim
        start(row, now)

    work.work_off(Delivery, handle, clock=clock)

    assert handled == [first]


@pytest.mark.django_db
def test_slow_rows_keep_their_leases_because_the_living_process_renews_them(clock):
    stored(), stored()
    stolen = []

    def handle(row, now):
        for _second in range(100):
            clock.pass_(1)
            work.keep_alive(now=clock())  # as the sweeper does
            stolen.extend(work.claim(Delivery, limit=5, now=clock(), lease_s=60))
        start(row, now)

    assert work.work_off(Delivery, handle, clock=clock) == 2

    assert stolen == []
    assert set(Delivery.objects.values_list("attempt", "strikes")) == {(1, 0)}


@pytest.mark.django_db
def test_a_row_that_hangs_is_freed_in_the_end(clock):
    stored()
    stolen = []

    def handle(row, now):
        while not stolen and clock() < now + timedelta(seconds=loop.MAX_HOLD_S + 60):
            clock.pass_(1)
            work.keep_alive(now=clock())
            stolen.extend(work.claim(Delivery, limit=5, now=clock(), lease_s=60))

    work.work_off(Delivery, handle, clock=clock)

    assert [row.strikes for row in stolen] == [1]


@pytest.mark.django_db
def test_a_long_queue_ends_the_task_in_time_and_wakes_another(
    clock, woken, django_capture_on_commit_callbacks
):
    for _number in range(6):
        stored()
    woken()

    def handle(row, now):
        clock.pass_(6)
        start(row, now)

    with django_capture_on_commit_callbacks(execute=True):
        handled = work.work_off(Delivery, handle, clock=clock, batch=2, run_s=20)

    assert handled == 4
    assert woken() == ["webhooks.tasks.dispatch_deliveries"]


def race(workers):
    """Let workers claim everything at once; returns who got which row."""
    for _number in range(60):
        stored()
    barrier = threading.Barrier(workers)
    taken, errors = [], []

    def run(clock_now):
        try:
            barrier.wait()
            while rows := work.claim(Delivery, limit=7, now=clock_now, lease_s=60):
                taken.extend(row.pk for row in rows)
                for row in rows:
                    work.finish(row, status="started", execution_arn="arn:x")
        except Exception as exc:  # noqa: BLE001 -- shown by the test
            errors.append(exc)
        finally:
            connection.close()

    now = Delivery.objects.latest("pk").received_at
    threads = [threading.Thread(target=run, args=(now,)) for _number in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    return taken


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
)
def test_workers_that_claim_at_once_never_get_the_same_row(database):
    require_database(database)

    taken = race(workers=6)

    assert sorted(taken) == sorted(Delivery.objects.values_list("pk", flat=True))
    assert set(Delivery.objects.values_list("attempt", "work_state")) == {(1, "done")}
