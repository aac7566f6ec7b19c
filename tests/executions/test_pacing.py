"""Executions are started no faster than the account's bucket allows, by all processes together."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from executions import services
from executions.models import Bucket, Retry, Start
from executions.services import pacing
from ghkit import projections
from tests.factories.executions import guid, mirrored, told, work_off
from tests.factories.step_functions import START, Refused
from tests.factories.webhooks import example

ROOT = Path(__file__).resolve().parents[2]
END = START + timedelta(minutes=5)


class Time:
    """A clock that goes when somebody sleeps."""

    def __init__(self):
        self.now = datetime(2026, 11, 25, tzinfo=UTC)

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def small_bucket(settings):
    settings.AWS_BUCKET_SIZE = 60
    settings.AWS_BUCKET_PER_S = 10.0


@pytest.mark.django_db
@pytest.mark.usefixtures("small_bucket")
@hypothesis_settings(max_examples=25, deadline=None)
@given(
    drawers=st.integers(1, 3),
    pauses=st.lists(st.sampled_from([0.0, 0.0, 0.0, 0.3, 2.0, 9.0]), min_size=60, max_size=200),
)
def test_no_span_of_time_sees_more_starts_than_burst_and_refill(drawers, pauses):
    Bucket.objects.all().delete()
    clock = Time()
    hands = [
        pacing.Drawer("StartExecution", clock=clock, sleep=clock.sleep)
        for _number in range(drawers)
    ]
    starts = []

    for number, pause_s in enumerate(pauses):
        clock.sleep(pause_s)
        hands[number % drawers].draw()
        starts.append(clock())

    kept = 20 * drawers  # drawn in time, used later
    for index, first in enumerate(starts):
        for count, last in enumerate(starts[index:], start=1):
            assert count <= 60 + (last - first).total_seconds() * 10 + kept


@pytest.mark.django_db
@pytest.mark.usefixtures("small_bucket")
def test_a_queue_is_drained_by_the_burst_at_once_and_then_at_the_refill():
    clock = Time()
    began = clock()
    hand = pacing.Drawer("StartExecution", clock=clock, sleep=clock.sleep)

    times = []
    for _number in range(260):
        hand.draw()
        times.append((clock() - began).total_seconds())

    assert times[59] < 0.1
    assert 18 < times[-1] < 21  # 200 more at 10 a second, 20 at a time


@pytest.mark.django_db
@pytest.mark.usefixtures("small_bucket")
def test_being_throttled_empties_the_bucket_for_everybody():
    clock = Time()
    mine, other = (
        pacing.Drawer("StartExecution", clock=clock, sleep=clock.sleep) for _process in range(2)
    )
    mine.draw()
    began = clock()

    mine.throttled()
    other.draw()

    assert (clock() - began).total_seconds() >= 0.1  # one at 10 a second


@pytest.mark.django_db
@pytest.mark.usefixtures("small_bucket")
def test_two_queries_pay_for_twenty_starts(django_assert_num_queries):
    clock = Time()
    hand = pacing.Drawer("StartExecution", clock=clock, sleep=clock.sleep)
    for _number in range(20):
        hand.draw()

    with django_assert_num_queries(2):
        for _number in range(20):
            hand.draw()


@pytest.fixture
def empty_buckets(monkeypatch, settings):
    """Fresh hands in two buckets that somebody has emptied, and a clock that goes when one waits."""
    settings.AWS_BUCKET_SIZE, settings.AWS_BUCKET_PER_S = 100, 10.0
    clock = Time()
    monkeypatch.setattr(
        pacing, "_starts", pacing.Drawer("StartExecution", clock=clock, sleep=clock.sleep)
    )
    monkeypatch.setattr(
        pacing, "_redrives", pacing.Drawer("RedriveExecution", clock=clock, sleep=clock.sleep)
    )
    for name in ("StartExecution", "RedriveExecution"):
        Bucket.objects.create(name=name, tokens=0, filled_at=clock())
    return clock


def tokens(name):
    return Bucket.objects.get(name=name).tokens


def start_by_hand(sfn, now):
    text = json.dumps(dict(projections.workflow_run_completed(example(), delivery=guid(9))))
    services.request_start(state_machine="workflow-cost", text=text, user=None, now=now)


def resume(sfn, now):
    [row] = mirrored(sfn, told(7).ends("FAILED", END), now=now)
    services.request_retry(execution=row, user=None, now=now)


def start_anew(sfn, now):
    [row] = mirrored(sfn, told(7).ends("FAILED", END), now=now)
    text = json.dumps(dict(projections.workflow_run_completed(example(), delivery=guid(9))))
    services.request_retry(execution=row, user=None, now=now, input_json=text)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("ask", "api"),
    [
        (start_by_hand, "StartExecution"),
        (start_anew, "StartExecution"),
        (resume, "RedriveExecution"),
    ],
)
def test_each_way_to_start_or_resume_waits_for_its_own_bucket(empty_buckets, sfn, now, ask, api):
    began = empty_buckets.now

    ask(sfn, now)
    work_off(now=now)

    assert sfn.calls.count(api) == 1
    assert (empty_buckets.now - began).total_seconds() >= 0.1
    other = {"StartExecution", "RedriveExecution"} - {api}
    assert Bucket.objects.get(name=other.pop()).filled_at == began


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("ask", "api", "model"),
    [(start_by_hand, "StartExecution", Start), (resume, "RedriveExecution", Retry)],
)
def test_what_aws_throttles_waits_a_random_while_and_empties_the_bucket(
    empty_buckets, sfn, now, ask, api, model
):
    empty_buckets.sleep(10)  # both are full
    sfn.faults[api] = Refused("ThrottlingException", "Rate exceeded")
    ask(sfn, now)

    waits = set()
    for _number in range(4):
        model.objects.update(not_before=now, attempt=2, work_state="waiting")
        work_off(now=now)
        row = model.objects.get()
        assert (row.work_state, row.strikes) == ("waiting", 0)
        waits.add((row.not_before - now).total_seconds())

    assert tokens(api) == 0
    assert len(waits) > 1
    assert all(
        2 <= wait <= 4 for wait in waits
    )  # the third attempt: four seconds, less up to half
    del sfn.faults[api]
    work_off(now=now + timedelta(seconds=5))
    assert model.objects.get().status == "accepted"


@pytest.mark.django_db
def test_one_of_many_has_been_drawn_for_already(empty_buckets, sfn, now):
    [row] = mirrored(sfn, told(7).ends("FAILED", END), now=now)
    began = empty_buckets.now
    services.request_retry(execution=row, user=None, now=now, in_bulk=True)

    work_off(now=now)

    assert sfn.calls.count("RedriveExecution") == 1
    assert empty_buckets.now == began


def test_nobody_starts_or_resumes_but_through_the_buckets():
    found = [
        str(path)
        for app in ("core", "access", "executions", "onboarding", "costs", "webhooks", "ghadmin")
        for path in (ROOT / app).rglob("*.py")
        if re.search(
            r"stepfunctions\.(start|redrive)_execution\(",
            path.read_text(),
        )
    ]

    assert found == [str(ROOT / "executions" / "services" / "pacing.py")]
