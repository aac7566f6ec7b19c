"""The Celery application, as a worker runs it."""

from uuid import uuid4

import pytest
from celery import signals
from celery.app.trace import build_tracer
from celery.fixups.django import DjangoWorkerFixup
from django.db import connection

from ghadmin.celery import app

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def run_task():
    """Runs a function as a worker runs a task, with what Celery does to databases around it."""
    fixup = DjangoWorkerFixup(app)
    fixup.install()

    def run(body):
        name = f"tests.{uuid4()}"
        task = app.task(body, name=name)
        tracer = build_tracer(name, task, app=app)
        return tracer(str(uuid4()), (), {}, request={"is_eager": False}).retval

    yield run
    signals.task_prerun.disconnect(fixup.on_task_prerun)
    signals.task_postrun.disconnect(fixup.on_task_postrun)


def backend():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()[0]


def test_a_worker_keeps_its_connection_from_task_to_task(run_task):
    connection.ensure_connection()

    assert run_task(backend) == run_task(backend)


def test_a_connection_that_the_database_ended_is_replaced_before_the_next_task(run_task):
    ended = run_task(backend)
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 10000)", [ended])
    other.close()

    assert run_task(backend) not in (ended, None)
