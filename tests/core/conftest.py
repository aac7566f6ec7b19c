"""Fixtures of core's tests."""

import pytest
from celery import current_app

from core.work import waking
from tests.factories.webhooks import Clock


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def woken(monkeypatch):
    """Call it for the tasks that were woken since the last call, read from the real broker."""
    monkeypatch.setattr(waking, "_broker_back_at", 0.0)

    def read():
        found = []
        with current_app.connection_for_read() as connection, connection.channel() as channel:
            # The filesystem transport names the queue "celery" as Celery does.
            queue = current_app.amqp.queues["celery"](channel)
            queue.declare()
            while message := queue.get(no_ack=True):
                found.append(message.headers["task"])
        return found

    read()
    return read
