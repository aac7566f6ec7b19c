"""Whatever order claims, ends, deaths and pauses come in: one holder a row, one end a row."""

import uuid
from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from core import work
from tests.factories.webhooks import Clock, stored
from webhooks.models import Delivery

LEASE_S = 20
WORKERS = st.integers(0, 2)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("claim"), WORKERS),
        st.tuples(st.just("finish"), WORKERS),
        st.tuples(st.just("postpone"), WORKERS),
        st.tuples(st.just("strike"), WORKERS),
        st.tuples(st.just("renew"), WORKERS),
        st.tuples(st.just("die"), WORKERS),
        st.tuples(st.just("pass"), st.sampled_from([1, 10, 19, 20, 40])),
    ),
    max_size=40,
)


class World:
    """Three workers, some rows, and what must be true of them."""

    def __init__(self, rows):
        self.clock = Clock()
        self.guids = [stored(guid=uuid.uuid4()).guid for _number in range(rows)]
        self.hands = {0: [], 1: [], 2: []}
        self.ends = dict.fromkeys(self.guids, 0)
        self.until = {}  # (guid, attempt) → end of the lease

    def claim(self, worker):
        for row in work.claim(Delivery, limit=2, now=self.clock(), lease_s=LEASE_S):
            held = [
                other
                for other in (row for rows in self.hands.values() for row in rows)
                if other.guid == row.guid and self.until[other.guid, other.attempt] > self.clock()
            ]
            assert held == []
            self.until[row.guid, row.attempt] = self.clock() + timedelta(seconds=LEASE_S)
            self.hands[worker].append(row)

    def end(self, worker, end):
        if not self.hands[worker]:
            return
        row = self.hands[worker].pop(0)
        latest = Delivery.objects.get(guid=row.guid).attempt
        try:
            end(row)
        except work.LeaseLost:
            assert latest > row.attempt
        else:
            assert latest == row.attempt

    def finish(self, worker):
        def end(row):
            work.finish(row, status="started", execution_arn=f"arn:{row.attempt}")
            self.ends[row.guid] += 1

        self.end(worker, end)

    def postpone(self, worker, *, strike=False):
        self.end(
            worker,
            lambda row: work.postpone(
                row,
                not_before=work.retry_at(row, now=self.clock()),
                error="later",
                strike=strike,
            ),
        )

    def strike(self, worker):
        self.postpone(worker, strike=True)

    def renew(self, worker):
        for row in self.hands[worker]:
            if work.renew(row, now=self.clock(), lease_s=LEASE_S):
                self.until[row.guid, row.attempt] = self.clock() + timedelta(seconds=LEASE_S)

    def die(self, worker):
        self.hands[worker].clear()

    def pass_(self, seconds):
        self.clock.pass_(seconds)

    def settle(self):
        """No worker dies any more: all that is not given up is done in the end."""
        for _round in range(100):
            self.clock.pass_(120)
            while rows := work.claim(Delivery, limit=5, now=self.clock(), lease_s=LEASE_S):
                for row in rows:
                    self.hands[0] = [row]
                    self.finish(0)
            if not Delivery.objects.filter(not_before__isnull=False).exists():
                return
        pytest.fail("some rows never ended")


@pytest.mark.django_db
@settings(max_examples=60, deadline=None)
@given(rows=st.integers(1, 4), steps=STEPS)
def test_one_holder_one_end_nothing_lost(rows, steps):
    with transaction.atomic():
        world = World(rows)
        for name, argument in steps:
            getattr(world, {"pass": "pass_"}.get(name, name))(argument)
        world.settle()

        for row in Delivery.objects.all():
            if row.work_state == "done":
                assert (world.ends[row.guid], row.status) == (1, "started")
            else:
                assert (world.ends[row.guid], row.status) == (0, "failed")
                assert row.strikes == work.MAX_STRIKES
                assert row.reason
        transaction.set_rollback(True)
