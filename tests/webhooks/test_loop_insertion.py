"""On PostgreSQL the event loop itself stores batches; whatever goes wrong, a thread takes over."""

import asyncio
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace

import pytest
from django.db import connection

from tests.factories.databases import require_database
from tests.factories.webhooks import NOW, body_of, example, heard
from tests.waiting import eventually
from tests.webhooks.servers import WebProcess
from webhooks import services
from webhooks.models import Delivery
from webhooks.services import postgresql_loop
from webhooks.writer import Writer

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

NEVER_S = 60


@pytest.fixture(autouse=True)
def on_postgresql():
    require_database("postgresql")


def arrival(*, guid=None, filler="", **changes):
    body = body_of(example() | {"filler": filler})
    found = services.check(headers=heard(body, guid=guid), body=body, now=NOW)
    return replace(found, reading=replace(found.reading, **changes))


def in_a_loop(steps, *, statement_timeout_s=NEVER_S):
    """Run `steps(insertion)` in a loop that has a connection of its own."""

    async def run():
        loop = asyncio.get_running_loop()
        insertion = await postgresql_loop.open_in(loop, statement_timeout_s=statement_timeout_s)
        try:
            return await steps(insertion)
        finally:
            insertion.close(services.NotInserted())

    return asyncio.run(run())


def terminate_others():
    """End every connection but this test's own, as a restart does."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_the_loop_stores_what_the_thread_would():
    alone, together = arrival(), [arrival(), arrival()]
    services.take_in([alone])

    async def steps(insertion):
        return await insertion.insert_new(services.rows_of(together))

    new = in_a_loop(steps)

    assert new == {one.reading.guid for one in together}
    rows = list(Delivery.objects.order_by("id").values())
    assert len({(str(row.pop("guid")), row.pop("id")) for row in rows}) == 3
    for row in rows:
        row["body"] = bytes(row["body"])
    assert rows[0] == rows[1] == rows[2]


def test_bodies_are_compressed_once_and_not_by_postgresql_again():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attstorage FROM pg_attribute"
            " WHERE attrelid = 'webhooks_delivery'::regclass AND attname = 'body'"
        )
        (storage,) = cursor.fetchone()

    assert storage in ("e", b"e")  # external: kept as it comes


def test_only_new_guids_come_back():
    before, guid = arrival(), uuid.uuid4()
    services.take_in([before])

    async def steps(insertion):
        rows = services.rows_of([arrival(guid=guid), before, arrival(guid=guid)])
        return await insertion.insert_new(rows)

    assert in_a_loop(steps) == {guid}
    assert Delivery.objects.count() == 2


def test_a_batch_larger_than_any_socket_buffer_arrives_whole():
    noise = [str(uuid.uuid5(uuid.NAMESPACE_URL, str(number))) for number in range(20_000)]
    large = [arrival(filler="".join(noise)) for _number in range(20)]

    async def steps(insertion):
        return await insertion.insert_new(services.rows_of(large))

    assert len(in_a_loop(steps)) == 20
    stored = Delivery.objects.get(guid=large[7].reading.guid)
    assert stored.body_json() == large[7].reading.body


def test_one_row_that_cannot_be_stored_stores_none_and_the_next_batch_is_taken():
    good = arrival()

    async def steps(insertion):
        with pytest.raises(services.NotInserted, match="null value"):
            await insertion.insert_new(services.rows_of([good, arrival(organization=None)]))
        with pytest.raises(services.NotInserted):
            await insertion.insert_new(services.rows_of([good, arrival(installation_id="7")]))
        return await insertion.insert_new(services.rows_of([good]))

    assert in_a_loop(steps) == {good.reading.guid}
    assert Delivery.objects.count() == 1


def test_a_second_batch_at_once_is_refused_and_harms_the_first_in_nothing():
    async def steps(insertion):
        first = insertion.insert_new(services.rows_of([arrival()]))
        with pytest.raises(services.NotInserted, match="one batch at a time"):
            insertion.insert_new(services.rows_of([arrival()]))
        return await first

    assert len(in_a_loop(steps)) == 1


@pytest.mark.parametrize("who", ["the server", "the loop"])
def test_a_batch_that_waits_for_too_long_is_given_up(who, monkeypatch):
    # Either the server ends the statement, or it says nothing and the loop hangs up.
    monkeypatch.setattr(postgresql_loop, "_GRACE_S", NEVER_S if who == "the server" else -0.2)

    async def steps(insertion):
        with locked_table(), pytest.raises(services.TimedOut):
            await insertion.insert_new(services.rows_of([arrival()]))
        return insertion.is_open

    is_open = in_a_loop(steps, statement_timeout_s=0.3)

    # Given up by the loop alone, it may be stored all the same: then it is a duplicate next time.
    assert is_open == (who == "the server")
    assert who == "the loop" or not Delivery.objects.exists()


@contextmanager
def locked_table():
    """Nobody else may write deliveries."""
    with connection.Database.connect(**connection.get_connection_params()) as other:
        other.execute("LOCK TABLE webhooks_delivery IN ACCESS EXCLUSIVE MODE")
        yield


def test_a_connection_that_breaks_while_nobody_uses_it_is_noticed():
    async def steps(insertion):
        await asyncio.to_thread(terminate_others_from_a_thread)
        for _turn in range(600):
            if not insertion.is_open:
                break
            await asyncio.sleep(0.05)
        return insertion.is_open

    assert in_a_loop(steps) is False


def terminate_others_from_a_thread():
    terminate_others()
    connection.close()


def test_the_writer_goes_on_through_a_restart_and_then_connects_anew(monkeypatch):
    monkeypatch.setattr("webhooks.writer._CONNECT_EVERY_S", 0.0)
    told, ways = [], []

    async def steps():
        writer = Writer()
        for number in range(12):
            if number == 6:
                ways.append(await connects(writer))
                await asyncio.to_thread(terminate_others_from_a_thread)
            else:
                ways.append(writer.has_own_connection)
            told.extend(await writer.take_in([arrival(), arrival()]))
        ways.append(await connects(writer))
        writer.close()

    asyncio.run(steps())

    assert [answer.payload["status"] for answer in told] == ["accepted"] * 24
    assert Delivery.objects.count() == 24
    assert (ways[0], ways[6], ways[-1]) == (False, True, True)


async def connects(writer):
    """Whether the loop gets its own connection within half a minute."""
    for _turn in range(600):
        if writer.has_own_connection:
            return True
        await asyncio.sleep(0.05)
    return False


def test_neighbours_of_one_that_cannot_be_stored_are_stored_by_the_thread():
    async def steps():
        writer = Writer()
        await writer.take_in([arrival()])
        await connects(writer)
        answers = await writer.take_in([arrival(), arrival(organization=None), arrival()])
        was_kept = writer.has_own_connection
        writer.close()
        return was_kept, [answer.status_code for answer in answers]

    assert asyncio.run(steps()) == (True, [202, 503, 202])
    assert Delivery.objects.count() == 3


def test_a_web_process_whose_database_restarts_loses_nothing_that_it_answered(tmp_path):
    name, port = connection.settings_dict["NAME"], connection.settings_dict["PORT"]
    url = f"postgres://ghadmin@127.0.0.1:{port}/{name}"
    body, answered, stop = body_of(example()), [], threading.Event()

    def send_on():
        while not stop.is_set():
            guid = uuid.uuid4()
            answer = web.send(body, guid=guid)
            answered.append((answer.status_code, guid))

    with WebProcess(tmp_path, database_url=url) as web, ThreadPoolExecutor(4) as pool:
        senders = [pool.submit(send_on) for _number in range(4)]
        for _restart in range(3):
            eventually(lambda: own_connections() == 1)
            terminate_others()
            count = len(answered)
            eventually(lambda count=count: len(answered) > count + 8)
        stop.set()
        for sender in senders:
            sender.result()
        last = web.send(body)

    assert last.status_code == 202
    assert {status for status, _guid in answered} <= {202, 503}
    stored = set(Delivery.objects.values_list("guid", flat=True))
    assert {guid for status, guid in answered if status == 202} <= stored


def own_connections():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s",
            [postgresql_loop.APPLICATION_NAME],
        )
        return cursor.fetchone()[0]
