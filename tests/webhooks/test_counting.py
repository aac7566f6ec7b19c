"""The last day's deliveries are counted by a routine, and the pages read what it counted."""

from collections import Counter
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core import work
from tests.factories.webhooks import NOW, example, stored
from webhooks import selectors, services
from webhooks.models import Delivery, HourlyCount, Routine
from webhooks.services import counting

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("each_database")]
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _nothing_cached():
    cache.clear()


def whole_round(clock, place=None):
    turn = counting.take_turn(place or {}, clock)
    while not turn.is_over:
        turn = counting.take_turn(turn.place, clock)
    return turn


def counted():
    rows = HourlyCount.objects.values_list("hour", "event", "action", "status", "number")
    return {tuple(row[:4]): row[4] for row in rows.order_by()}


def told():
    rows = Delivery.objects.values_list("received_at", "event", "action", "status").order_by()
    return dict(
        Counter((selectors.start_of_hour(at), *kind) for at, *kind in rows if at > NOW - 24 * HOUR)
    )


def test_each_hour_of_the_day_is_counted_and_what_is_older_is_not(clock):
    for hours in (0, 0, 0.5, 1, 5, 22.9, 23.1, 30):
        stored(received_at=NOW - hours * HOUR)
    stored(payload=example("ping"), event="ping")
    HourlyCount.objects.create(
        hour=NOW - 24 * HOUR, event="push", status="ignored", number=9
    )  # of yesterday

    whole_round(clock)

    expected = {kind: n for kind, n in told().items() if kind[0] >= NOW - 23 * HOUR}
    assert counted() == expected
    assert sum(expected.values()) == 7


def test_the_next_round_counts_what_changes_and_within_an_hour_all_the_rest(clock):
    old = stored(received_at=NOW - 10 * HOUR)
    place = whole_round(clock).place
    [row] = work.claim(Delivery.objects.filter(pk=old.pk), limit=1, now=NOW, lease_s=20)
    work.give_up(row, reason="The machine is gone.")
    stored(received_at=NOW)

    place = whole_round(clock, place).place
    lately = selectors.hours(now=NOW)[-1].counts
    for _minute in range(60):
        clock.pass_(60)
        place = whole_round(clock, place).place

    assert lately == {"waiting": 1}
    assert counted() == {
        (NOW - 10 * HOUR, "workflow_run", "completed", "failed"): 1,
        (NOW, "workflow_run", "completed", "waiting"): 1,
    }


def test_a_turn_ends_in_time_and_the_next_goes_on_where_it_was(clock, monkeypatch):
    monkeypatch.setattr(counting, "_TURN", timedelta(0))
    for hours in range(5):
        stored(received_at=NOW - hours * HOUR)

    turns, turn = 1, counting.take_turn({}, clock)
    while not turn.is_over:
        turns, turn = turns + 1, counting.take_turn(turn.place, clock)

    assert turns == 24  # an hour each
    assert counted() == told()


def test_the_pages_read_no_delivery_of_an_earlier_hour(clock):
    for hours in (1, 2, 3):
        stored(received_at=NOW - hours * HOUR)
    whole_round(clock)
    Delivery.objects.all().delete()

    with CaptureQueriesContext(connection) as queries:
        table = selectors.routing_table(now=NOW)
        hours = selectors.hours(now=NOW)

    assert table[0].total == 3
    assert [hour.counts for hour in hours[-4:]] == [{"waiting": 1}] * 3 + [{}]
    assert len(queries) == 4


def test_a_worker_counts_by_itself(clock):
    stored()
    services.start_routines(now=clock())
    Routine.objects.exclude(name="counting").delete()

    services.run_routines(clock=clock)

    row = Routine.objects.get()
    assert (row.work_state, row.not_before - clock()) == ("waiting", timedelta(seconds=30))
    assert counted() == told()
