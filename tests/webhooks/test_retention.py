"""What is past its time goes: bodies first, then rows, and never what still waits."""

from datetime import timedelta
from uuid import uuid4

import pytest

from core import work
from tests.factories.webhooks import NOW, stored
from webhooks.models import Delivery, LoggedDelivery
from webhooks.services import retention

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("each_database")]


@pytest.fixture(autouse=True)
def periods(settings):
    settings.DELIVERY_BODY_RETENTION_DAYS = 10
    settings.DELIVERY_RETENTION_DAYS = 20


def settled(days, **fields):
    """A delivery that arrived so many days ago and has failed since."""
    delivery = stored(received_at=NOW - timedelta(days=days), **fields)
    [row] = work.claim(Delivery.objects.filter(pk=delivery.pk), limit=1, now=NOW, lease_s=20)
    work.give_up(row, reason="The machine is gone.")
    return delivery


def whole_round(clock, place=None):
    turn = retention.take_turn(place or {}, clock)
    while not turn.is_over:
        turn = retention.take_turn(turn.place, clock)
    return turn


def bodies():
    rows = Delivery.objects.order_by("-received_at")
    return [(row.received_at, row.body is not None) for row in rows]


def test_bodies_go_first_and_then_the_rows(clock):
    for days in (9, 11, 21):
        settled(days)

    turn = whole_round(clock)

    assert bodies() == [(NOW - timedelta(days=9), True), (NOW - timedelta(days=11), False)]
    assert turn.note == "2 bodies and 1 rows removed"


def test_what_still_waits_keeps_its_row_and_its_body_however_old_it_is(clock):
    stored(received_at=NOW - timedelta(days=300))

    whole_round(clock)

    assert bodies() == [(NOW - timedelta(days=300), True)]


def test_many_batches_are_removed_by_turns_that_end_in_time(clock, monkeypatch):
    monkeypatch.setattr(retention, "_BATCH", 2)
    for days in range(15, 26):
        settled(days)

    whole_round(clock)

    assert bodies() == [(NOW - timedelta(days=days), False) for days in range(15, 21)]


def test_a_round_begins_where_the_one_before_ended(clock):
    for days in range(11, 16):
        settled(days)
    place = whole_round(clock).place
    clock.pass_(2 * 86_400)

    fresh = settled(9)
    Delivery.objects.filter(pk=fresh.pk).update(received_at=NOW - timedelta(days=9))
    turn = whole_round(clock, place)

    assert turn.note == "1 bodies and 0 rows removed"


def test_the_log_is_kept_as_long_as_its_days_are_counted_and_the_lost_longer(clock):
    for days, outcome in ((4, "received"), (6, "received"), (6, "lost"), (21, "lost")):
        LoggedDelivery.objects.create(
            guid=uuid4(),
            event="push",
            delivered_at=NOW - timedelta(days=days),
            attempt_id=days,
            attempted_at=NOW - timedelta(days=days),
            status="OK",
            status_code=200,
            outcome=outcome,
        )

    whole_round(clock)

    left = LoggedDelivery.objects.order_by("attempt_id", "outcome")
    assert [(row.attempt_id, row.outcome) for row in left] == [
        (4, "received"),
        (6, "lost"),
    ]
