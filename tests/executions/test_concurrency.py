"""Many workers at once on one order and on one kind of failure."""

import threading

import pytest
from django.db import connection

from executions import services
from executions.models import BulkItem, BulkRetry, Execution, Family, Retry
from executions.selectors import Filter
from executions.services import bulk as bulk_service
from tests.factories.databases import require_database
from tests.factories.executions import mirrored, told, work_off
from tests.factories.step_functions import START

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.parametrize(
        "database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
    ),
]
WORKERS = 4


def at_once(*works):
    """Let each begin at the same moment, in a thread of its own; no error is lost."""
    gate, errors = threading.Barrier(len(works)), []

    def run(work):
        try:
            gate.wait(10)
            work()
        except Exception as exc:  # noqa: BLE001 -- whatever it was, the test must see it
            errors.append(exc)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[work]) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []


def test_many_workers_advance_a_bulk_retry_as_one(database, sfn, now, monkeypatch):
    require_database(database)
    monkeypatch.setattr(bulk_service, "_COLLECTED_AT_ONCE", 3)
    monkeypatch.setattr(bulk_service, "_ASKED_AT_ONCE", 3)
    rows = mirrored(sfn, *(told(n).ends("FAILED", START) for n in range(10)), now=now)
    services.request_bulk_retry(wanted=Filter(status="FAILED"), user=None, now=now)

    at_once(*[lambda: services.advance_due_bulk_retries(clock=lambda: now)] * WORKERS)
    work_off(now=now)

    assert BulkRetry.objects.get().status == "done"
    assert sorted(BulkItem.objects.values_list("execution_id", "status")) == [
        (row.pk, "asked") for row in rows
    ]
    assert Retry.objects.count() == len(rows)
    assert sfn.calls.count("RedriveExecution") == len(rows)


def test_a_new_kind_of_failure_seen_by_many_workers_is_one_family(database, sfn, now):
    require_database(database)
    rows = mirrored(sfn, *(told(n) for n in range(8)), now=now)
    for row in rows:
        sfn.executions[row.arn].ends("FAILED", START)
    Execution.objects.update(work_state="waiting", not_before=now, attempt=0)

    at_once(*[lambda: services.refresh_due_executions(clock=lambda: now)] * WORKERS)
    work_off(now=now)

    family = Family.objects.get()
    assert {row.family_id for row in Execution.objects.all()} == {family.pk}
    assert Execution.objects.filter(needs_attention=True).count() == len(rows)


def test_nothing_stays_open_in_a_family_that_is_noted_while_it_grows(database, sfn, now):
    require_database(database)
    mirrored(sfn, told(100).ends("FAILED", START), now=now)
    family = Family.objects.get()
    rows = mirrored(sfn, *(told(n) for n in range(12)), now=now)
    for row in rows:
        sfn.executions[row.arn].ends("FAILED", START)
    pks = [row.pk for row in rows]
    Execution.objects.filter(pk__in=pks).update(work_state="waiting", not_before=now, attempt=0)

    at_once(
        *[lambda: services.refresh_due_executions(clock=lambda: now)] * WORKERS,
        lambda: services.acknowledge(family=family, user=None, note="known", now=now),
    )
    work_off(now=now)

    assert Execution.objects.filter(status="FAILED").count() == len(rows) + 1
    assert not Execution.objects.filter(needs_attention=True).exists()
    family.refresh_from_db()
    assert family.acknowledged_at == now
