"""The endpoint behind the real web server, over real sockets."""

import http.client
import json
import socket
import sqlite3
import threading
import time
import uuid
from pathlib import Path

import httpx
import pytest
from django.conf import settings

from tests.factories.webhooks import URL, body_of, example, headers_of
from tests.webhooks.servers import WebProcess

ROOT = Path(__file__).resolve().parent.parent.parent
MB = 1024 * 1024


# A history of 32 MB, which zstd makes small, and somebody who is signed in.
LARGE_HISTORY = """
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from executions.models import Execution, HistoryPage
from executions.packing import pack_events

now = timezone.now()
execution = Execution.objects.create(
    arn="arn:aws:states:us-east-1:1:execution:ghadmin-workflow-cost:large", name="large",
    state_machine="workflow-cost", status="SUCCEEDED", started_at=now, stopped_at=now,
    updated_at=now, work_state="done", history_fetched_at=now, history_is_current=True,
)
events = [{"id": number + 1, "type": "TaskScheduled", "filler": "x" * 16_000} for number in range(100)]
HistoryPage.objects.bulk_create(
    HistoryPage(execution=execution, generation=0, earliest_event_id=page * 100 + 1,
                latest_event_id=page * 100 + 100, packed_events=pack_events(events))
    for page in range(20)
)
client = Client()
client.force_login(User.objects.create_superuser("reader"))
print(execution.public_id, client.cookies["sessionid"].value)
"""


@pytest.fixture(scope="module")
def web(tmp_path_factory):
    """A web process with an SQLite file of its own."""
    with WebProcess(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture(scope="module")
def server(web):
    """The process's base URL and database file."""
    return web.url, web.database


def count(database, guid):
    with sqlite3.connect(database, timeout=60) as connection:
        [(found,)] = connection.execute(
            "SELECT count(*) FROM webhooks_delivery WHERE guid = ?", (uuid.UUID(str(guid)).hex,)
        )
    connection.close()
    return found


def send(base, body, *, in_chunks=False, **headers):
    content = iter([body[i : i + MB] for i in range(0, len(body), MB)]) if in_chunks else body
    return httpx.post(base + URL, content=content, headers=headers_of(body, **headers), timeout=60)


@pytest.mark.parametrize("in_chunks", [False, True], ids=["with length", "in chunks"])
def test_a_delivery_is_taken_however_its_length_is_told(server, in_chunks):
    base, database = server
    guid = uuid.uuid4()

    response = send(base, body_of(example()), guid=guid, in_chunks=in_chunks)

    assert (response.status_code, response.json()["status"]) == (202, "accepted")
    assert count(database, guid) == 1


@pytest.mark.parametrize("in_chunks", [False, True], ids=["with length", "in chunks"])
@pytest.mark.parametrize(("size", "status_code"), [(24 * MB, 202), (26 * MB, 413)])
def test_the_limit_of_25_mb_holds_however_the_length_is_told(server, in_chunks, size, status_code):
    base, _database = server
    head = body_of(example() | {"filler": ""})[:-2]
    body = head + b"x" * (size - len(head) - 2) + b'"}'

    response = send(base, body, in_chunks=in_chunks)

    assert response.status_code == status_code
    if status_code == 413:
        assert response.json()["code"] == "body_too_large"


def test_a_claimed_length_over_the_limit_is_refused_without_waiting_for_the_body(server):
    base, _database = server
    host, port = base.removeprefix("http://").split(":")
    head = f"POST {URL} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {26 * MB}\r\n\r\n"

    with socket.create_connection((host, int(port)), timeout=60) as connection:
        connection.sendall(head.encode())
        answer = connection.recv(65_536)

    assert answer.startswith(b"HTTP/1.1 413")


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/onboard/many/", "That is too large"),
        ("/api/v1/onboardings/", '"code": "body_too_large"'),
    ],
)
def test_a_file_over_the_limit_of_pages_is_refused_in_words(server, path, words):
    base, _database = server
    connection = http.client.HTTPConnection(base.removeprefix("http://"), timeout=60)

    connection.putrequest("POST", path)
    connection.putheader("Content-Length", str(50 * MB))
    connection.endheaders()  # and nothing of the body
    response = connection.getresponse()
    answer = response.read().decode()
    connection.close()

    assert response.status == 413
    assert words in answer
    assert "No more than 32 MB" in answer


@pytest.mark.parametrize(
    ("method", "path", "status_code"),
    [("POST", URL, 413), ("PUT", URL, 405), ("POST", "/onboard/many/", 413)],
)
def test_who_sends_all_before_reading_gets_the_refusal_and_keeps_the_connection(
    server, method, path, status_code
):
    base, _database = server
    connection = http.client.HTTPConnection(base.removeprefix("http://"), timeout=60)

    connection.request(method, path, body=b"x" * (40 * MB))  # raises where the server hangs up
    answer = connection.getresponse()
    answer.read()
    connection.request("GET", "/healthz")

    assert answer.status == status_code
    assert connection.getresponse().status == 200
    connection.close()


def test_a_body_that_breaks_off_stores_nothing_and_harms_nobody(server):
    base, database = server
    host, port = base.removeprefix("http://").split(":")
    body, guid = body_of(example()), uuid.uuid4()
    head = f"POST {URL} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(body)}\r\n"
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers_of(body, guid=guid).items())

    with socket.create_connection((host, int(port)), timeout=60) as connection:
        connection.sendall((head + lines + "\r\n").encode() + body[: len(body) // 2])

    assert send(base, body).status_code == 202
    assert count(database, guid) == 0


def test_twenty_copies_at_once_over_http_are_one_row(server):
    base, database = server
    guid, body, found = uuid.uuid4(), body_of(example()), []
    barrier = threading.Barrier(20)

    def run():
        barrier.wait()
        response = send(base, body, guid=guid)
        found.append((response.status_code, response.json()["status"]))

    threads = [threading.Thread(target=run) for _number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(found) == [(202, "accepted")] + [(202, "duplicate")] * 19
    assert count(database, guid) == 1


def test_a_database_that_stays_locked_is_a_503_after_five_seconds_and_reading_goes_on(server):
    base, database = server
    guid = uuid.uuid4()
    other = sqlite3.connect(database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    started = time.monotonic()
    refusals, ended, threads = [], [], []

    def be_refused():
        refusals.append(send(base, body_of(example()), guid=guid))
        ended.append(time.monotonic())

    for number in range(8):
        # Some come while the first waits already: they need not wait for the same timeout again.
        threads.append(threading.Thread(target=be_refused))
        threads[-1].start()
        time.sleep(0.1 * (number % 2))
    for thread in threads:
        thread.join()
    is_alive = httpx.get(f"{base}/healthz").status_code
    other.execute("ROLLBACK")
    other.close()
    taken = send(base, body_of(example()), guid=guid)

    assert len(refusals) == 8
    for refused in refusals:
        assert (refused.status_code, refused.json()["code"]) == (503, "database_busy")
        assert refused.headers["Retry-After"] == "5"
    assert min(ended) - started > 4
    assert max(ended) - min(ended) < 4.5
    assert is_alive == 200
    assert taken.json()["status"] == "accepted"


def test_while_aws_and_worker_are_away_deliveries_are_taken_all_the_same(server):
    base, _database = server  # no worker runs, and AWS's address is one where nobody answers

    statuses = [send(base, json.dumps(example()).encode()).json()["status"] for _ in range(5)]

    assert statuses == ["accepted"] * 5


def test_readers_that_dawdle_over_a_download_hold_neither_pages_nor_memory(web):
    """More of them than there are threads; each has its head, and then takes nothing for a while."""
    public_id, session = web.run(LARGE_HISTORY).split()
    path = f"/executions/{public_id}/history.json"
    whole = httpx.get(web.url + path, cookies={"sessionid": session}, timeout=60)
    head = (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Cookie: sessionid={session}\r\nConnection: close\r\n\r\n"
    )
    before_bytes = web.memory_bytes()

    readers = []
    for _number in range(settings.WEB_THREADS + 1):
        reader = socket.socket()
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        reader.settimeout(60)
        reader.connect(("127.0.0.1", web.port))
        reader.sendall(head.encode())
        readers.append(reader)
    begun = [reader.recv(12) for reader in readers]
    page = httpx.get(f"{web.url}/sign-in/", timeout=60)
    held_bytes = web.memory_bytes() - before_bytes
    patient, *others = readers
    for reader in others:
        reader.close()  # they have lost their patience
    with patient:
        rest = b"".join(iter(lambda: patient.recv(1_000_000), b""))

    assert begun == [b"HTTP/1.1 200"] * len(readers)
    assert page.status_code == 200
    assert held_bytes < len(readers) * len(whole.content) / 2
    assert whole.headers["content-length"] == str(len(whole.content))
    assert whole.text.count("TaskScheduled") == 2_000
    assert rest.partition(b"\r\n\r\n")[2] == whole.content
    assert httpx.get(f"{web.url}/sign-in/", timeout=60).status_code == 200
