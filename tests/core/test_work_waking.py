"""Messages wake workers; no request waits for a broker that is away."""

import shutil
import socket
import threading
import time
from functools import partial
from pathlib import Path

import pytest
from celery import Celery
from django.db import OperationalError, connection, transaction
from kombu import Connection, Exchange, Queue

from core import work
from core.work import sweeper, waking
from tests.factories.webhooks import stored
from tests.waiting import eventually
from webhooks.models import Delivery

TASK = "webhooks.tasks.dispatch_deliveries"


@pytest.mark.django_db(transaction=True)
def test_a_wake_is_sent_after_the_commit_and_not_before(woken):
    with transaction.atomic():
        work.wake(Delivery)
        assert woken() == []

    assert woken() == [TASK]


@pytest.mark.django_db(transaction=True)
def test_a_wake_is_not_sent_when_the_transaction_rolls_back(woken):
    with transaction.atomic():
        work.wake(Delivery)
        transaction.set_rollback(True)

    assert woken() == []


@pytest.mark.django_db(transaction=True)
def test_one_commit_wakes_once(woken):
    with transaction.atomic():
        work.wake(Delivery)
        with transaction.atomic():
            work.wake(Delivery)

    assert woken() == [TASK]


@pytest.mark.django_db(transaction=True)
def test_a_wake_that_is_rolled_back_hides_no_later_one(woken):
    with transaction.atomic():
        with transaction.atomic():
            work.wake(Delivery)
            transaction.set_rollback(True)
        work.wake(Delivery)

    assert woken() == [TASK]


@pytest.mark.django_db(transaction=True)
def test_a_wake_inside_a_savepoint_that_rolls_back_takes_no_earlier_one_with_it(woken):
    with transaction.atomic():
        work.wake(Delivery)
        with transaction.atomic():
            work.wake(Delivery)
            transaction.set_rollback(True)

    assert woken() == [TASK]


@pytest.mark.django_db(transaction=True)
def test_a_wake_from_any_thread_reaches_our_broker(woken):
    def run():
        work.wake(Delivery)
        connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()

    assert woken() == [TASK]


def test_a_message_in_the_folder_is_never_there_by_half(woken, monkeypatch):
    write, seen = Path.write_text, []

    def write_slowly(path, text):
        path.touch()
        seen.append((path.name, woken()))
        return write(path, text)

    monkeypatch.setattr(Path, "write_text", write_slowly)

    waking._send(TASK)

    assert [tasks for _name, tasks in seen] == [[]]
    assert woken() == [TASK]


def test_a_folder_that_somebody_deletes_costs_its_messages_and_nothing_else(tmp_path):
    folder = tmp_path / "broker"
    options = {
        "data_folder_in": str(folder / "queue"),
        "data_folder_out": str(folder / "queue"),
        "control_folder": str(folder / "control"),
    }
    queue = Queue("deleted", Exchange("deleted", "direct"), routing_key="deleted")
    folder.mkdir()

    with Connection("filesystem://", transport_options=options) as broker:
        bound = queue(broker.default_channel)
        bound.declare()
        send = partial(broker.Producer().publish, exchange="deleted", routing_key="deleted")
        send("gone with it")
        shutil.rmtree(folder)
        looked = bound.get(no_ack=True)
        shutil.rmtree(folder)
        send("there")

        assert looked is None
        assert bound.get(no_ack=True).payload == "there"


def silent_port():
    """A port that takes connections and never says a word, as a hanging Redis does."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    return listener, listener.getsockname()[1]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["refuses", "hangs"])
def test_a_broker_that_is_away_costs_one_request_seconds_and_the_next_ones_nothing(
    kind, monkeypatch, settings
):
    listener, port = silent_port()
    if kind == "refuses":
        listener.close()
    app = Celery("away", broker=f"redis://127.0.0.1:{port}/0", set_as_current=False)
    app.conf.update(REDIS_SETTINGS)
    monkeypatch.setattr(waking, "current_app", app)
    monkeypatch.setattr(waking, "_broker_back_at", 0.0)
    asked, send_task = [], app.send_task
    monkeypatch.setattr(
        app, "send_task", lambda *task, **how: asked.append(task) or send_task(*task, **how)
    )

    for _number in range(3):
        with transaction.atomic():
            row = stored()
        assert Delivery.objects.filter(pk=row.pk, status="waiting").exists()

    listener.close()
    app.close()
    assert asked == [(TASK,)]


# As ghadmin.settings sets them for Redis.
REDIS_SETTINGS = {
    "broker_connection_timeout": 1,
    "broker_transport_options": {
        "socket_connect_timeout": 1,
        "socket_timeout": 2,
        "max_retries": 1,
        "interval_start": 0,
        "interval_step": 0,
        "interval_max": 0,
    },
}


@pytest.mark.django_db(transaction=True)
def test_the_sweeper_wakes_only_kinds_with_due_rows(woken, clock):
    stored(event="ping")
    assert sweeper.sweep(now=clock()) == []
    stored()
    woken()

    assert sweeper.sweep(now=clock()) == [Delivery]
    assert woken() == [TASK]

    work.claim(Delivery, limit=1, now=clock(), lease_s=20)
    assert sweeper.sweep(now=clock()) == []
    clock.pass_(20)
    assert sweeper.sweep(now=clock()) == [Delivery]


@pytest.mark.django_db(transaction=True)
def test_the_sweeper_outlives_a_database_that_is_away(woken, clock, monkeypatch):
    stored()
    woken()
    calls = []

    def sweep(*, now):
        calls.append(now)
        if len(calls) < 3:
            raise OperationalError("server closed the connection")
        return sweep_for_real(now=now)

    sweep_for_real = sweeper.sweep
    monkeypatch.setattr(sweeper, "sweep", sweep)
    thread = sweeper.Sweeper(clock=clock, tick_s=0.01)
    thread.start()
    eventually(lambda: len(calls) >= 4)
    thread.stop()
    thread.join()

    assert TASK in woken()


@pytest.mark.django_db(transaction=True)
def test_what_a_worker_does_at_its_start_waits_for_the_database_and_is_done_once(clock):
    calls = []

    def at_start():
        calls.append(clock())
        if len(calls) < 3:
            raise OperationalError("the database system is starting up")

    thread = sweeper.Sweeper(clock=clock, at_start=at_start, tick_s=0.01)
    thread.start()
    eventually(lambda: len(calls) >= 3)
    time.sleep(0.1)  # in which it could call ten times more
    thread.stop()
    thread.join()

    assert len(calls) == 3
