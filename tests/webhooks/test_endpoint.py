"""What only a real server shows: senders that vanish, batches, and a stop in the middle."""

import json
import signal
import socket
import threading
import uuid

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.factories.webhooks import URL, body_of, example, headers_of
from tests.waiting import eventually
from tests.webhooks.servers import WebProcess


@pytest.fixture(scope="module")
def web(tmp_path_factory):
    with WebProcess(tmp_path_factory.mktemp("web")) as process:
        yield process


def whole_request(body, guid):
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers_of(body, guid=guid).items())
    head = f"POST {URL} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n{lines}\r\n"
    return head.encode() + body


def test_senders_that_hang_up_before_their_answer_harm_nobody(web):
    body = body_of(example())
    gone = [uuid.uuid4() for _number in range(40)]

    for guid in gone:
        with socket.create_connection(("127.0.0.1", web.port), timeout=60) as connection:
            connection.sendall(whole_request(body, guid))
    stayed = [web.send(body).json()["status"] for _number in range(20)]

    assert stayed == ["accepted"] * 20
    again = {web.send(body, guid=guid).json()["status"] for guid in gone}
    assert again <= {"duplicate", "accepted"}  # each is there once, before or now
    assert len(web.guids() & {str(guid) for guid in gone}) == 40


def test_what_was_answered_before_a_stop_is_stored_and_what_was_taken_in_is_answered(
    tmp_path_factory,
):
    with WebProcess(tmp_path_factory.mktemp("stopped")) as web:
        body, accepted, lock = body_of(example()), [], threading.Lock()
        broken = []

        def send_until_refused():
            with httpx.Client(timeout=60) as client:
                while True:
                    guid = uuid.uuid4()
                    try:
                        answer = client.post(
                            web.url + URL, content=body, headers=headers_of(body, guid=guid)
                        )
                    except httpx.TransportError as exc:
                        broken.append(exc)
                        return
                    with lock:
                        accepted.append((answer.status_code, str(guid)))

        threads = [threading.Thread(target=send_until_refused) for _number in range(6)]
        for thread in threads:
            thread.start()
        eventually(lambda: len(accepted) >= 60)
        web.process.send_signal(signal.SIGTERM)
        for thread in threads:
            thread.join(timeout=60)

        assert web.process.wait(timeout=60) == 0
        assert len(accepted) >= 60
        assert {status for status, _guid in accepted} == {202}
        assert {guid for _status, guid in accepted} <= web.guids()


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_other_methods_are_refused_before_all_else(web, method):
    response = httpx.request(method, web.url + URL, content=b"x" if method == "PUT" else None)

    assert (response.status_code, response.headers["Allow"]) == (405, "POST")
    if method != "HEAD":
        assert response.json()["code"] == "method_not_allowed"


@pytest.mark.parametrize(
    ("body", "changes", "status_code", "code"),
    [
        (b"{}", {"secret": b"other"}, 401, "bad_signature"),
        (b"{}", {"X-GitHub-Event": None}, 400, "missing_header"),
        (b"{}", {"X-GitHub-Delivery": "7"}, 400, "malformed_header"),
        (b"{", {}, 400, "invalid_json"),
        (b"[]", {}, 400, "invalid_payload"),
        (b'{"action": "completed"}', {}, 400, "invalid_payload"),
        (b"payload=1&payload=2", {"Content-Type": "application/x-www-form-urlencoded"}, 400, None),
    ],
)
def test_a_refusal_names_what_is_wrong(web, body, changes, status_code, code):
    response = web.send(body, **changes)

    assert response.status_code == status_code
    assert response.json().keys() == {"code", "message", "fields"}
    assert code in (None, response.json()["code"])


def test_every_other_path_is_django(web):
    with httpx.Client(base_url=web.url) as client:
        page = client.get("/sign-in/", params={"next": "/ä"})
        head = client.head("/sign-in/")
        away = client.get("/deliveries/?status=%ff&ä=ö")
        missing = client.get("/nowhere/%ff/%00")
        form = client.post("/sign-in/", data={"username": "x", "password": "y"})

    assert (page.status_code, page.headers["X-Frame-Options"]) == (200, "DENY")
    assert "csrftoken" in page.headers["Set-Cookie"]
    assert (head.status_code, head.content) == (200, b"")
    assert (away.status_code, away.headers["Location"].split("?")[0]) == (302, "/sign-in/")
    assert missing.status_code in {302, 404}
    assert form.status_code == 403  # no CSRF token: Django's own answer


def test_a_form_beyond_any_of_ours_is_refused_and_the_next_request_served(web):
    large = httpx.post(web.url + "/sign-in/", content=iter([b"x" * 1_048_576] * 33), timeout=60)

    assert large.status_code == 413
    assert httpx.get(web.url + "/healthz").text == "ok\n"


NAMES = ["X-GitHub-Event", "X-GitHub-Delivery", "Content-Type", "X-GitHub-Hook-ID"]


@settings(max_examples=60)
@given(
    body=st.binary(max_size=300)
    | st.recursive(
        st.none() | st.integers() | st.text(st.characters(), max_size=20),
        lambda some: st.dictionaries(st.text(st.characters(), max_size=8), some, max_size=4),
        max_leaves=9,
    ).map(lambda value: json.dumps(value).encode()),
    name=st.sampled_from(NAMES),
    value=st.none() | st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=80),
    event=st.sampled_from(["workflow_run", "installation", "membership", "ping", "brand_new"]),
)
def test_whatever_is_signed_gets_a_documented_answer(web, body, name, value, event):
    response = web.send(body, **{"event": event, name: value})

    assert response.status_code in {202, 400}
    keys = {"delivery", "status"} if response.status_code == 202 else {"code", "message", "fields"}
    assert response.json().keys() == keys


def test_a_webhook_address_without_its_slash_is_the_same_address(web):
    guid, body = uuid.uuid4(), body_of(example())

    answer = httpx.post(
        web.url + URL.rstrip("/"), content=body, headers=headers_of(body, guid=guid), timeout=60
    )

    assert (answer.status_code, answer.json()["status"]) == (202, "accepted")
    assert str(guid) in web.guids()
    assert httpx.get(web.url + URL.rstrip("/"), timeout=60).status_code == 405
