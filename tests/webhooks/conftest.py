"""Fixtures of the webhooks' tests."""

import logging
import uuid

import httpx
import pytest
from django.conf import settings as django_settings

from core.aws import stack as deployed
from sandbox.runner import outside
from sandbox.runner.layout import APP_ID, Layout
from scripts.ports import free_ports
from tests.factories.databases import require_database
from tests.factories.webhooks import SECRET, URL, Clock


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def each_database(request):
    """Has the test run on SQLite, and once more on PostgreSQL."""
    require_database(request.param)


@pytest.fixture
def dead_aws(settings):
    """Nobody answers at AWS's address."""
    settings.AWS_ENDPOINT_URL = "http://127.0.0.1:9"
    deployed.forget()
    return django_settings


@pytest.fixture(scope="module")
def sandbox_layout(tmp_path_factory):
    """Addresses and keys of a sandbox of this module's own."""
    layout = Layout(state_dir=tmp_path_factory.mktemp("github"), base_port=free_ports(5))
    layout.prepare()
    return layout


@pytest.fixture(scope="module")
def running_github(sandbox_layout, live_server):
    """The sandbox's GitHub as a process, which delivers to this test's own dashboard."""
    services = outside.services_process(
        sandbox_layout,
        SANDBOX_WEBHOOK_URL=f"{live_server.url}{URL}",
        GITHUB_WEBHOOK_SECRET=SECRET.decode(),
    )
    logging.getLogger("httpx").setLevel(logging.WARNING)  # a line a request buries a failure
    with (
        outside.running(sandbox_layout, services),
        httpx.Client(base_url=sandbox_layout.control_url, timeout=60) as client,
    ):
        yield client


@pytest.fixture
def github(running_github, sandbox_layout, transactional_db, settings):
    """A GitHub that has forgotten everything, as the dashboard reaches it; no pauses between asks."""
    running_github.post("/reset").raise_for_status()
    running_github.delete("/faults").raise_for_status()
    settings.GITHUB_API_URL = sandbox_layout.github_url
    settings.GITHUB_APP_ID = APP_ID
    settings.GITHUB_APP_PRIVATE_KEY = sandbox_layout.private_key_file.read_text()
    settings.GITHUB_REDELIVERIES_PER_MINUTE = 60_000
    yield GitHub(running_github)
    # It waits for what is still being sent, which would arrive in the next test's database.
    running_github.post("/reset").raise_for_status()


class GitHub:
    """The sandbox's GitHub, told what to do and asked what it was asked."""

    def __init__(self, control):
        self.control = control

    def send(self, payload=None, *, event="star", **order):
        """Deliver a webhook; returns the delivery's GUID."""
        order = {"event": event, "payload": payload or {"action": "created"}} | order
        answer = self.control.post("/webhooks", json=order)
        answer.raise_for_status()
        return uuid.UUID(answer.json()["guid"])

    def lose(self, payload=None, **order):
        """Have GitHub fail to deliver a webhook; returns the delivery's GUID."""
        return self.send(payload, lose=True, **order)

    def fail(self, path, **fault):
        """Let answers fail, as `POST /faults` says."""
        order = {"service": "github", "path": path, **fault}
        self.control.post("/faults", json=order).raise_for_status()

    def asked(self, text):
        """How many requests had this text in method and path."""
        found = self.control.get("/requests", params={"service": "github"}).json()
        return sum(text in f"{one['method']} {one['path']}" for one in found)
