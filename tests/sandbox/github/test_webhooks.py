"""Webhooks: signed and dressed as GitHub's are, many at once, and lost on request."""

import asyncio
import hashlib
import hmac
import json
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from sandbox.github.hooks import WebhookSender, sign
from sandbox.github.state import GitHub

SECRET = b"It's a Secret to Everybody"


def test_the_signature_is_githubs_published_one():
    # Validating webhook deliveries, docs.github.com, "Testing the webhook payload validation".
    assert sign(SECRET, b"Hello, World!", "sha256") == (
        "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    )


def test_a_webhook_has_all_of_githubs_headers(services, receiver, payload):
    body = payload("workflow_run__completed")

    answer = services.order("POST", "/webhooks", {"event": "workflow_run", "payload": body})

    [(headers, raw)] = receiver.received
    assert answer.json() == {"guid": headers["X-GitHub-Delivery"], "status_code": 202}
    assert str(uuid.UUID(headers["X-GitHub-Delivery"])) == headers["X-GitHub-Delivery"]
    assert headers["X-GitHub-Event"] == "workflow_run"
    assert headers["X-GitHub-Hook-ID"].isdigit()
    assert headers["X-GitHub-Hook-Installation-Target-Type"] == "integration"
    assert headers["X-GitHub-Hook-Installation-Target-ID"] == "1234"
    assert headers["User-Agent"].startswith("GitHub-Hookshot/")
    assert headers["Content-Type"] == "application/json"
    signed = hmac.new(SECRET, raw, hashlib.sha256).hexdigest()
    assert headers["X-Hub-Signature-256"] == f"sha256={signed}"
    signed = hmac.new(SECRET, raw, hashlib.sha1).hexdigest()
    assert headers["X-Hub-Signature"] == f"sha1={signed}"


def test_a_payload_arrives_as_given_with_nothing_added(services, receiver):
    body = {"action": "completed", "sender": {"login": "Zoë"}, "number": 2**40, "ratio": 0.1}

    services.order("POST", "/webhooks", {"event": "workflow_run", "payload": body})

    [(_, raw)] = receiver.received
    assert json.loads(raw) == body
    assert "Zoë".encode() in raw


def test_an_installation_is_sent_exactly_as_given(services, receiver):
    body = {"action": "completed", "installation": {"id": 77}}

    services.order("POST", "/webhooks", {"event": "workflow_run", "payload": body})

    [(_, raw)] = receiver.received
    assert json.loads(raw)["installation"] == {"id": 77}


def test_twenty_copies_of_one_delivery_are_under_way_at_the_same_time(services, receiver):
    receiver.meeting = threading.Barrier(20)
    order = {"event": "ping", "payload": {"zen": "Keep it logically awesome."}, "guid": "one-guid"}

    def send(_):
        return requests.post(f"{services.control}/webhooks", json=order, timeout=90).json()

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(send, range(20)))

    assert answers == [{"guid": "one-guid", "status_code": 202}] * 20
    assert [headers["X-GitHub-Delivery"] for headers, _ in receiver.received] == ["one-guid"] * 20
    assert len({raw for _, raw in receiver.received}) == 1


def test_a_lost_webhook_is_remembered_and_never_sent(services, receiver):
    order = {"event": "ping", "payload": {}, "lose": True}

    answer = services.order("POST", "/webhooks", order).json()

    [row] = services.get_as_app("/app/hook/deliveries").json()
    assert receiver.received == []
    assert (row["guid"], row["status"], row["status_code"]) == (
        answer["guid"],
        "failed to connect",
        answer["status_code"],
    )


def test_a_refused_webhook_counts_as_failed(services, receiver):
    receiver.status = 503

    answer = services.order("POST", "/webhooks", {"event": "ping", "payload": {}}).json()

    [row] = services.get_as_app("/app/hook/deliveries").json()
    assert answer["status_code"] == 503
    assert (row["status"], row["status_code"]) == ("Invalid HTTP Response: 503", 503)


def test_a_payload_that_github_would_never_deliver_is_refused(services, receiver):
    order = {"event": "push", "payload": {"text": "x" * (25 * 1024 * 1024)}}

    answer = services.order("POST", "/webhooks", order)

    assert answer.status_code == 400
    assert "25 MB" in answer.json()["error"]
    assert receiver.received == []


def deliver(url, **more):
    state = GitHub()
    sender = WebhookSender(state=state, app_id=1, url=url, secret=b"s", **more)

    async def send():
        delivery = await sender.send(event="ping", payload={})
        await sender.close()
        return delivery

    # In a thread of its own, for Playwright leaves a running loop on that of the tests.
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(send())).result()


def test_who_does_not_answer_in_time_is_given_up(receiver):
    receiver.delay_s = 20

    delivery = deliver(receiver.url, time_limit_s=0.2)

    assert (delivery.status, delivery.response_headers) == ("timed out", None)
    assert delivery.duration < 20


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/", "http://name.invalid/"])
def test_who_is_not_there_is_remembered_as_such(url):
    assert deliver(url).status == "failed to connect"
