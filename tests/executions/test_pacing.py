"""Executions are started no faster than the account's bucket allows, by all processes together."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from executions.models import Bucket
from executions.services import pacing


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
    hands = [pacing.Drawer(clock=clock, sleep=clock.sleep) for _number in range(drawers)]
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
    hand = pacing.Drawer(clock=clock, sleep=clock.sleep)

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
    mine, other = (pacing.Drawer(clock=clock, sleep=clock.sleep) for _process in range(2))
    mine.draw()
    began = clock()

    mine.throttled()
    other.draw()

    assert (clock() - began).total_seconds() >= 0.1  # one at 10 a second


@pytest.mark.django_db
@pytest.mark.usefixtures("small_bucket")
def test_two_queries_pay_for_twenty_starts(django_assert_num_queries):
    clock = Time()
    hand = pacing.Drawer(clock=clock, sleep=clock.sleep)
    for _number in range(20):
        hand.draw()

    with django_assert_num_queries(2):
        for _number in range(20):
            hand.draw()
