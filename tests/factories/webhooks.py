"""Webhooks as GitHub sends them, and deliveries as the endpoint stores them."""

import json
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.utils.datastructures import CaseInsensitiveMapping

from ghkit import signatures
from webhooks import ingress, services
from webhooks.models import Delivery

FIXTURES = Path(__file__).parent.parent / "fixtures" / "github"
SECRET = b"It's a Secret to Everybody"
URL = "/webhooks/github/"
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def example(name="workflow_run__completed"):
    """One of GitHub's own examples, as an object that may be changed."""
    return json.loads((FIXTURES / f"{name}.json").read_text())


def body_of(payload):
    return json.dumps(payload).encode()


def headers_of(body, *, event="workflow_run", guid=None, secret=SECRET, **changes):
    """All headers that GitHub sets; None takes one away."""
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "GitHub-Hookshot/abc123",
        "X-GitHub-Event": event,
        "X-GitHub-Delivery": str(guid or uuid.uuid4()),
        "X-GitHub-Hook-ID": "7",
        "X-GitHub-Hook-Installation-Target-Type": "integration",
        "X-GitHub-Hook-Installation-Target-ID": "12345",
        "X-Hub-Signature": "sha1=0000000000000000000000000000000000000000",
        "X-Hub-Signature-256": signatures.sign(secret, body),
    } | {name.replace("_", "-"): value for name, value in changes.items()}
    return {name: value for name, value in headers.items() if value is not None}


def heard(body, **changes):
    """The same headers as a server hands them on: whatever the case of their names."""
    return CaseInsensitiveMapping(headers_of(body, **changes))


def post(client, body=None, **headers):
    """Post a delivery, by default GitHub's example of a completed run."""
    body = body_of(example()) if body is None else body
    sent = headers_of(body, **headers)
    return client.post(URL, body, content_type=sent.pop("Content-Type", ""), headers=sent)


def stored(*, guid=None, payload=None, received_at=NOW, **headers):
    """A delivery in the database, stored by the product."""
    body = body_of(example() if payload is None else payload)
    guid = guid or uuid.uuid4()
    reading = ingress.read(heard(body, guid=guid, **headers), body, secrets=[SECRET])
    services.record_delivery(reading, received_at=received_at)
    return Delivery.objects.get(guid=guid)


class Clock:
    """A clock that goes only when told."""

    def __init__(self, now=NOW):
        self.now = now

    def __call__(self):
        return self.now

    def pass_(self, seconds):
        self.now += timedelta(seconds=seconds)
