"""The consumer's loop, and the whole way on the sandbox's AWS."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.utils import timezone

from core import work
from core.aws import sqs
from executions import selectors, services, tasks
from executions.management.commands import run_mirror
from executions.models import Execution, MirrorState, Retry
from tests.factories.executions import work_off
from tests.factories.runs import run_of
from tests.waiting import eventually

ROOT = Path(__file__).parent.parent.parent
pytestmark = pytest.mark.django_db


@pytest.fixture
def mirror(aws):
    """The consumer; call it to turn once without waiting for more."""
    command = run_mirror.Command()
    command.prepare(sweep_every_s=300.0)
    command.sweep_at = float("inf")

    def turn():
        command.poll_s = 1
        command.turn()

    return turn


def workers():
    work_off(now=timezone.now())


def row_of(arn, *statuses):
    return lambda: Execution.objects.filter(arn=arn, status__in=statuses).first()


def test_a_success_comes_through_the_queue_with_its_output(aws, mirror, finished):
    payload = run_of(aws)
    arn = aws.start(payload)

    row = eventually(row_of(arn, "SUCCEEDED"), mirror, workers)

    assert row.subject == payload["repository"]["full_name"]
    assert json.loads(row.output)["stored"] is True
    assert row.delivery is not None
    assert finished.count((row.name, "SUCCEEDED")) == 1
    # How far behind it is, it knows once the queue, which other tests fill too, was seen empty.
    lag_s = eventually(lambda: selectors.mirror_lag_s(now=timezone.now()), mirror)
    assert lag_s < 30


def test_a_failure_comes_with_its_error_and_one_retry_puts_it_right(aws, mirror, finished):
    payload = run_of(aws)
    run_id = payload["workflow_run"]["id"]
    aws.fail(f"/actions/runs/{run_id}/", status=502, times=5)
    arn = aws.start(payload)

    failed = eventually(row_of(arn, "FAILED"), mirror, workers)
    advice = selectors.advice_of(failed, now=timezone.now())
    [step] = [s for s in selectors.steps(failed) if s.status == "failed"]
    services.request_retry(execution=failed, user=None, now=timezone.now())
    again = eventually(row_of(arn, "SUCCEEDED"), workers, mirror)

    assert (failed.error, failed.failed_step) == ("GitHubUnavailable", "FetchJobs")
    assert (step.state, step.attempt, step.error) == ("FetchJobs", 5, "GitHubUnavailable")
    assert advice.action == "redrive"
    assert (again.pk, again.redrive_count) == (failed.pk, 1)
    assert Retry.objects.get().outcome == "AWS resumed the execution."
    assert [one for one in finished if one[0] == failed.name] == [
        (failed.name, "FAILED"),
        (failed.name, "SUCCEEDED"),
    ]
    assert len(aws.items("RunsTable", run_id=run_id)) == 1


def test_a_malformed_message_stays_in_the_queue_and_holds_up_nobody(aws, mirror, caplog):
    queue = aws.outputs["StatusQueueUrl"]
    aws.client("sqs").send_message(QueueUrl=queue, MessageBody="nonsense")
    arn = aws.start(run_of(aws))

    eventually(row_of(arn, "SUCCEEDED"), mirror, workers)
    eventually(lambda: "executions.message_malformed" in caplog.text, mirror)

    assert sqs.depth(queue) >= 1


def test_a_sweep_finds_what_no_event_told_of(aws):
    arn = aws.start(run_of(aws))
    aws.ended(arn)

    services.sweep(now=timezone.now())
    workers()

    assert row_of(arn, "SUCCEEDED")()
    assert MirrorState.objects.get().swept_at


def test_aws_away_is_waited_out(settings, monkeypatch):
    settings.AWS_ENDPOINT_URL = "http://127.0.0.1:9"
    pauses = []
    monkeypatch.setattr(run_mirror.time, "sleep", pauses.append)
    command = run_mirror.Command()
    command.prepare(sweep_every_s=300.0)

    command.turn()

    assert run_mirror.PAUSE_AFTER_FAILURE_S in pauses


def test_the_process_sweeps_at_its_start_and_stops_at_once_when_told_to(aws, tmp_path):
    environment = os.environ | {
        "DATABASE_URL": f"sqlite:///{tmp_path}/mirror.sqlite3",
        "CELERY_BROKER_DIR": str(tmp_path / "broker"),
        "AWS_ENDPOINT_URL": aws.layout.aws_url,
        "GHADMIN_STACK": "ghadmin",
        "LOG_FORMAT": "json",
    }
    manage = [sys.executable, ROOT / "manage.py"]
    migrate = [*manage, "migrate", "-v0"]
    subprocess.run(migrate, env=environment, check=True, timeout=120)  # noqa: S603 -- our own
    with subprocess.Popen(  # noqa: S603 -- our own
        [*manage, "run_mirror"], env=environment, stderr=subprocess.PIPE, text=True
    ) as process:
        seen = []
        for line in process.stderr:
            seen.append(line)
            if "executions.swept" in line:
                break
        time.sleep(1)  # now it waits for a message, for up to 20 s
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        rest = process.communicate(timeout=60)[1]

    assert time.monotonic() - began < 15
    assert "executions.mirror_started" in seen[0]
    assert "executions.mirror_stopped" in rest
    assert process.returncode == 0


def test_every_kind_of_work_of_the_mirror_is_found_by_its_task():
    wanted = {model.work_task for model in work.kinds() if model._meta.app_label == "executions"}
    defined = {
        f"executions.tasks.{name}"
        for name, value in vars(tasks).items()
        if callable(getattr(value, "delay", None))
    }

    assert wanted == defined
