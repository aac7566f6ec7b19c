"""A real worker process: rows are found whatever the broker forgets, and a stop is prompt."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from tests.factories.webhooks import example, stored
from tests.waiting import eventually
from webhooks.models import Delivery

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def worker(aws, tmp_path):
    """Call it to start a worker with a broker of its own; gives the process."""
    processes = []

    def start(**changes):
        environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "ghadmin.settings",
            "DATABASE_URL": f"sqlite:///{connection.settings_dict['NAME']}",
            "CELERY_BROKER_URL": "filesystem://",
            "CELERY_BROKER_DIR": str(tmp_path / "broker"),
            "AWS_ENDPOINT_URL": aws.layout.aws_url,
        }
        command = [sys.executable, "-m", "celery", "-A", "ghadmin", "worker"]
        command += ["--pool", "threads", "--concurrency", "4", "--loglevel", "WARNING"]
        process = subprocess.Popen(  # noqa: S603
            command,
            cwd=ROOT,
            env=environment | changes,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        processes.append(process)
        return process

    yield start
    for process in processes:
        process.kill()
        process.wait()
        process.stderr.close()


def own_delivery(aws):
    payload = example()
    payload["workflow_run"]["id"] = payload["repository"]["id"] = aws.number()
    return stored(payload=payload, received_at=timezone.now())


def wait_until_started(*deliveries):
    ours = Delivery.objects.filter(pk__in=[delivery.pk for delivery in deliveries])
    eventually(
        lambda: not ours.exclude(status="started").exists(),
        what=lambda: f"the start of {ours.values_list('status', 'last_error')}",
    )


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "sqlite", reason="the worker is given an SQLite file")
def test_a_worker_finds_rows_that_no_message_told_it_of(aws, worker):
    # The messages of this process go to another broker: none reaches the worker.
    before = [own_delivery(aws) for _number in range(3)]
    process = worker()

    wait_until_started(*before)
    later = own_delivery(aws)
    wait_until_started(later)

    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) == 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "sqlite", reason="the worker is given an SQLite file")
def test_a_killed_workers_rows_are_taken_over_by_the_next(aws, worker):
    deliveries = [own_delivery(aws) for _number in range(4)]
    Delivery.objects.filter(pk=deliveries[0].pk).update(
        work_state="leased", attempt=1, not_before=timezone.now()
    )

    worker()

    wait_until_started(*deliveries)
    first = Delivery.objects.get(pk=deliveries[0].pk)
    assert (first.attempt, first.strikes) == (2, 1)


@pytest.mark.django_db(transaction=True)
def test_a_worker_with_half_set_settings_does_not_start(worker):
    process = worker(SECRET_KEY="")

    _out, errors = process.communicate(timeout=60)

    assert process.returncode != 0
    assert b"ghadmin.E001" in errors
