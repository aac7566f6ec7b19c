"""Two workers at once: only PostgreSQL lets them into the database together."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection

from core import github, work
from executions import services as executions
from executions.models import Execution
from onboarding.enums import RowState
from onboarding.models import Batch, Part, Row
from onboarding.services import batches
from onboarding.services.batches import releasing
from tests.factories.batches import NOW, checked, states

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

WORKERS = 8


@pytest.fixture(autouse=True)
def _only_on_its_database():
    """Skip what was written for PostgreSQL's locks when run by hand on SQLite."""
    if connection.vendor != "postgresql":
        pytest.skip("needs PostgreSQL")


def at_once(do):
    """Let eight workers do the same, starting together."""
    start = Barrier(WORKERS)

    def run(number):
        start.wait()
        try:
            do(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(run, range(WORKERS)))


def test_workers_together_spend_no_more_than_the_quota(monkeypatch):
    limit = {"limit": 5_000, "remaining": 5_000, "resets_at": NOW + timedelta(hours=1)}
    monkeypatch.setattr(github, "app", lambda: None)
    monkeypatch.setattr(releasing, "get_hourly_limit", lambda *_, **__: limit)
    all_of_them = [checked(*(f"u{n}" for n in range(30))) for _ in range(WORKERS)]

    at_once(lambda _number: batches.advance_due_batches(clock=lambda: NOW))

    assert sum(Part.objects.values_list("people", flat=True)) == 80
    released = Row.objects.filter(state=RowState.RUNNING)
    assert (released.count(), released.exclude(part=None).count()) == (80, 80)
    assert Batch.objects.filter(state="running").count() == len(all_of_them)


def test_of_workers_with_the_last_people_one_ends_the_batch():
    batch = checked(*(f"u{n}" for n in range(WORKERS)))
    for row in batch.rows.order_by("number"):
        child = executions.record_started(
            arn=f"arn:aws:states:us-east-1:1:execution:ghadmin-onboard-member:{row.number}",
            name=f"{row.number}",
            state_machine="onboard-member",
            started_at=NOW,
            input_json=None,
            now=NOW,
        )
        Execution.objects.filter(pk=child.pk).update(status="SUCCEEDED", stopped_at=NOW)
        mine = Row.objects.filter(pk=row.pk)
        work.rearm(mine, now=NOW, state=RowState.RUNNING, ended_execution_id=child.pk)

    def follow_one(_number):
        for row in work.claim(Row, limit=1, now=NOW, lease_s=60):
            batches.follow_row(row, NOW)

    at_once(follow_one)

    batch.refresh_from_db()
    assert (states(batch), batch.state) == (["succeeded"] * WORKERS, "done")
