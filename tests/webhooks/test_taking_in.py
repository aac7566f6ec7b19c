"""Many deliveries in one transaction: each gets the answer that it would get alone."""

import asyncio
import os
import socket
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from django.db import OperationalError, connection

from tests.factories.databases import require_database
from tests.factories.webhooks import NOW, body_of, example, heard
from webhooks import services
from webhooks.models import Delivery
from webhooks.writer import THREAD, Writer

BOTH = pytest.mark.parametrize(
    "database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
)


def arrival(name="workflow_run__completed", *, guid=None, **changes):
    body = body_of(example(name))
    headers = heard(body, guid=guid, event=name.partition("__")[0])
    found = services.check(headers=headers, body=body, now=NOW)
    return replace(found, reading=replace(found.reading, **changes))


def statuses(arrivals):
    return [
        answer.payload.get("status", answer.status_code) for answer in services.take_in(arrivals)
    ]


@pytest.mark.django_db(transaction=True)
@BOTH
def test_a_batch_stores_what_single_deliveries_would(database):
    require_database(database)
    kinds = ["workflow_run__completed", "ping", "workflow_run__requested"]
    alone, together = [arrival(name) for name in kinds], [arrival(name) for name in kinds]

    told = [statuses([one])[0] for one in alone]

    assert statuses(together) == told == ["accepted", "ignored", "ignored"]
    for one, other in zip(alone, together, strict=True):
        rows = [Delivery.objects.values().get(guid=found.reading.guid) for found in (one, other)]
        assert all(row.pop("guid") and row.pop("id") for row in rows)
        assert bytes(rows[0].pop("body") or b"") == bytes(rows[1].pop("body") or b"")
        assert rows[0] == rows[1]
        assert rows[0]["received_at"] == NOW
        assert rows[0]["headers"]["X-GitHub-Hook-ID"] == "7"


@pytest.mark.django_db(transaction=True)
@BOTH
def test_a_guid_that_comes_twice_in_one_batch_is_stored_once(database):
    require_database(database)
    guid = uuid.uuid4()
    services.take_in([before := arrival()])

    told = statuses([arrival(guid=guid), arrival(), arrival(guid=guid), before])

    assert told == ["accepted", "accepted", "duplicate", "duplicate"]
    assert Delivery.objects.count() == 3


@pytest.mark.django_db(transaction=True)
@BOTH
def test_one_that_cannot_be_stored_does_not_take_its_neighbours_with_it(database):
    require_database(database)
    good = [arrival(), arrival()]

    told = statuses([good[0], arrival(organization=None), good[1]])

    assert told == ["accepted", 503, "accepted"]
    assert set(Delivery.objects.values_list("guid", flat=True)) == {
        one.reading.guid for one in good
    }


@pytest.mark.django_db(transaction=True)
@BOTH
def test_a_hundred_bodies_with_every_kind_of_text_come_back_byte_by_byte(database):
    require_database(database)
    texts = ["\\u0000", "\\ud800", "\N{GRINNING FACE}", "'; DROP TABLE", "\\\\x00", "%s", "{}"]
    arrivals = []
    for number in range(100):
        body = body_of(example()).replace(
            b'"display_title": "', f'"display_title": "{texts[number % len(texts)]}'.encode()
        )
        arrivals.append(services.check(headers=heard(body), body=body, now=NOW))

    assert statuses(arrivals) == ["accepted"] * 100
    for one in arrivals:
        assert Delivery.objects.get(guid=one.reading.guid).body_json() == one.reading.body


@pytest.mark.django_db
def test_a_database_that_is_away_is_a_503_for_each_of_a_batch():
    def fail(execute, sql, params, many, context):
        raise OperationalError("the server closed the connection")

    with connection.execute_wrapper(fail):
        answers = services.take_in([arrival(), arrival()])

    assert [(answer.status_code, answer.payload["code"]) for answer in answers] == [
        (503, "database_busy")
    ] * 2
    assert answers[0].headers == {"Retry-After": "5"}


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgres
def test_a_connection_that_broke_since_its_last_use_costs_no_delivery():
    require_database("postgresql")
    services.take_in([arrival()])
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [connection.connection.info.backend_pid])
    other.close()

    assert statuses([arrival(), arrival()]) == ["accepted", "accepted"]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_each_connection_of_the_writer_gives_a_statement_up_in_time():
    require_database("postgresql")
    Writer()  # listens to connections being opened

    def timeouts():
        found = []
        for _opened in range(2):  # the second replaces one that broke
            with connection.cursor() as cursor:
                cursor.execute("SHOW statement_timeout")
                found.append(cursor.fetchone()[0])
            connection.close()
        return found

    with ThreadPoolExecutor(1, THREAD) as writer, ThreadPoolExecutor(1, "pages") as pages:
        assert writer.submit(timeouts).result() == ["5s", "5s"]
        assert pages.submit(timeouts).result() == ["0", "0"]


@pytest.mark.django_db(transaction=True)
def test_a_thread_that_the_database_keeps_is_waited_for_by_nobody(monkeypatch):
    require_database("sqlite")
    monkeypatch.setattr("webhooks.writer._PATIENCE_S", 0.1)
    take_in, thawed, threads = services.take_in, threading.Event(), []

    def freeze_once(arrivals):
        threads.append(threading.current_thread())
        if len(threads) == 1:
            thawed.wait(60)
        return take_in(arrivals)

    async def steps():
        writer = Writer()
        told = await writer.take_in([arrival(), arrival()])
        # From here on as usual, however busy this machine is.
        monkeypatch.setattr("webhooks.writer._PATIENCE_S", 60)
        told += await writer.take_in([arrival()])
        thawed.set()
        writer.close()
        return told

    monkeypatch.setattr(services, "take_in", freeze_once)
    # A thread of its own: tests in the browser leave a loop running in this one.
    with ThreadPoolExecutor(1) as pool:
        told = pool.submit(lambda: asyncio.run(steps())).result()
    threads[0].join(60)

    assert [answer.status_code for answer in told] == [503, 503, 202]
    assert told[0].headers == {"Retry-After": "5"}
    assert Delivery.objects.count() == 3  # stored late, and then a duplicate when it comes again


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_database_host_that_vanishes_is_noticed_within_seconds():
    require_database("postgresql")
    connection.ensure_connection()

    with socket.socket(fileno=os.dup(connection.connection.fileno())) as opened:
        assert opened.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 10_000
        assert opened.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 10
