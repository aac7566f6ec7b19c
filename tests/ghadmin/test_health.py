"""Liveness, readiness and metrics."""

import re
import threading
from datetime import timedelta

import pytest
import time_machine
from django.db import OperationalError, connection
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from core import work
from core.aws import stack as deployed
from executions.models import MirrorState
from ghadmin import health
from tests.factories.webhooks import NOW, stored
from webhooks.models import Delivery


@pytest.fixture(autouse=True)
def _nothing_kept():
    health._kept.clear()
    deployed.forget()


@pytest.fixture
def up_to_date():
    MirrorState.objects.create(caught_up_at=timezone.now())


def test_healthz_needs_neither_database_nor_account(client):
    response = client.get("/healthz")

    assert (response.status_code, response.content) == (200, b"ok\n")


@pytest.mark.django_db(transaction=True)
def test_ready_when_every_piece_is_there(client, aws, up_to_date):
    response = client.get("/readyz")

    answer = response.json()
    assert (response.status_code, answer["status"]) == (200, "ok"), answer
    assert {name: piece["ok"] for name, piece in answer["pieces"].items()} == {
        "database": True,
        "broker": True,
        "aws": True,
        "mirror": True,
    }


@pytest.mark.django_db(transaction=True)
def test_aws_that_is_away_is_named_without_its_address(client, settings, up_to_date):
    settings.AWS_ENDPOINT_URL = "http://127.0.0.1:9"

    response = client.get("/readyz")

    assert response.status_code == 503
    pieces = response.json()["pieces"]
    assert [name for name, piece in pieces.items() if not piece["ok"]] == ["aws"]
    assert pieces["aws"]["detail"] == "aws_unavailable"
    assert b"127.0.0.1" not in response.content


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("age", "ok", "detail"),
    [(None, False, "never ran"), (30, True, r"3\d s behind"), (600, False, r"6\d\d s behind")],
)
def test_a_mirror_that_is_late_or_never_ran_is_named(client, age, ok, detail):
    if age is not None:
        MirrorState.objects.create(caught_up_at=timezone.now() - timedelta(seconds=age))

    piece = client.get("/readyz").json()["pieces"]["mirror"]

    assert piece["ok"] == ok
    assert re.fullmatch(detail, piece["detail"])


@pytest.mark.django_db(transaction=True)
def test_a_piece_that_hangs_costs_two_seconds_and_hides_no_other(client, monkeypatch, up_to_date):
    release = threading.Event()
    monkeypatch.setitem(health.CHECKS, "broker", lambda: release.wait(60) and "late")

    pieces = client.get("/readyz").json()["pieces"]
    release.set()

    assert pieces["broker"] == {"ok": False, "seconds": 2.0, "detail": "no answer within 2 s"}
    assert pieces["database"]["ok"]
    assert pieces["mirror"]["ok"]


@pytest.mark.django_db(transaction=True)
def test_an_error_is_named_by_its_class_alone(client, monkeypatch):
    def fail():
        raise OperationalError('connection to "10.0.0.5" failed for user "ghadmin"')

    monkeypatch.setitem(health.CHECKS, "database", fail)

    response = client.get("/readyz")

    assert response.status_code == 503
    assert response.json()["pieces"]["database"]["detail"] == "OperationalError"
    assert b"10.0.0.5" not in response.content


@pytest.mark.django_db(transaction=True)
def test_however_often_anybody_asks_the_pieces_are_asked_once_in_a_while(client, monkeypatch):
    calls = []
    monkeypatch.setitem(health.CHECKS, "aws", lambda: calls.append(1) or "fine")

    for _number in range(5):
        client.get("/readyz")

    assert len(calls) == 1


def metrics_of(client):
    response = client.get("/metrics")
    assert response.status_code == 200
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(response.content.decode())
        for sample in family.samples
    }


@pytest.mark.django_db
def test_metrics_count_deliveries_work_and_the_mirrors_lag(client):
    stored(event="ping", payload={})
    old = stored(received_at=NOW - timedelta(seconds=90))
    stored(received_at=NOW + timedelta(hours=1))
    stored(received_at=NOW - timedelta(days=1))
    work.claim(Delivery.objects.exclude(pk=old.pk), limit=1, now=NOW, lease_s=10**9)
    MirrorState.objects.create(caught_up_at=NOW - timedelta(seconds=7))

    with time_machine.travel(NOW, tick=False):
        found = metrics_of(client)

    kind = "webhooks.delivery"
    assert found["ghadmin_deliveries", "waiting"] == 3
    assert found["ghadmin_deliveries", "ignored"] == 1
    assert found["ghadmin_deliveries", "failed"] == 0
    assert found["ghadmin_work_waiting", kind] == 2
    assert found["ghadmin_work_leased", kind] == 1
    assert found["ghadmin_work_due", kind] == 1
    assert found["ghadmin_work_oldest_due_seconds", kind] == 90
    assert found["ghadmin_mirror_lag_seconds",] == 7
    assert ("ghadmin_work_due", "executions.execution") in found


@pytest.mark.django_db
def test_metrics_of_an_empty_database_are_zeros(client):
    found = metrics_of(client)

    assert found["ghadmin_work_oldest_due_seconds", "webhooks.delivery"] == 0
    assert ("ghadmin_mirror_lag_seconds",) not in found


@pytest.mark.django_db
def test_a_look_at_the_metrics_costs_few_queries(client, django_assert_num_queries):
    stored()

    # Deliveries and executions by status, one a kind of work, the mirror.
    with django_assert_num_queries(3 + len(work.kinds())):
        client.get("/metrics")


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_nothing_can_be_sent_there(client, path, method):
    assert getattr(client, method)(path).status_code == 405


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL's planner wants statistics")
@pytest.mark.django_db
def test_the_backlog_walks_the_small_index_alone():
    open_rows = Delivery.objects.filter(not_before__isnull=False)

    assert "delivery_due" in open_rows.explain()
