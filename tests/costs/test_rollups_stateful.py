"""Whatever is recorded in whatever order, the rollups equal what a second reckoning makes of it."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from costs.models import Repository, Run
from tests.costs.ledger import from_scratch, in_database
from tests.factories.costs import (
    ItemFactory,
    JobFactory,
    larger,
    on_unknown_runner,
    record,
    self_hosted,
    skipped,
)

# Around a change of month, of year and of prices.
TURN = datetime(2026, 1, 1, tzinfo=UTC)

jobs = st.builds(
    lambda make, seconds, offset_h: make(
        **({} if make is skipped else {"seconds": seconds}),
        ends_at=TURN + timedelta(hours=offset_h),
    ),
    make=st.sampled_from([JobFactory, larger, self_hosted, on_unknown_runner, skipped]),
    # Negative: it ended before it started, an anomaly of no minutes.
    seconds=st.sampled_from([-5, 0, 1, 59, 60, 61, 3_600, 21_600]),
    offset_h=st.integers(min_value=-40 * 24, max_value=40 * 24),
)


def item(number, attempt, jobs, visibility, name):
    # A run belongs to one repository for good; that one's name may change.
    repository_id = number % 2 + 1
    return ItemFactory(
        run_id=number,
        run_attempt=attempt,
        repository_id=repository_id,
        repository=f"acme/{name}-{repository_id}",
        visibility=visibility,
        all_jobs=jobs,
        updated_at=TURN,
    )


items = st.builds(
    item,
    number=st.integers(min_value=1, max_value=3),
    attempt=st.integers(min_value=1, max_value=3),
    jobs=st.lists(jobs, max_size=4),
    visibility=st.sampled_from(["public", "private"]),
    name=st.sampled_from(["old", "new"]),
)


class Recording(RuleBasedStateMachine):
    """Attempts arrive one by one and in batches, again, changed, and in any order."""

    def __init__(self):
        super().__init__()
        self.latest = {}
        self.everything = []
        self.transaction = transaction.atomic()
        self.transaction.__enter__()

    def teardown(self):
        transaction.set_rollback(True)
        self.transaction.__exit__(None, None, None)

    @rule(item=items)
    def record_one(self, item):
        self.record(item)

    @rule(batch=st.lists(items, max_size=6))
    def record_a_batch(self, batch):
        self.record(*batch)

    @rule(data=st.data())
    def record_again(self, data):
        if self.everything:
            self.record(data.draw(st.sampled_from(self.everything)))

    @rule()
    def record_everything_again(self):
        self.record(*self.latest.values())

    def record(self, *batch):
        record(*batch)
        self.everything += batch
        self.latest |= {(item["run_id"], item["run_attempt"]): item for item in batch}

    @invariant()
    def the_rollups_are_the_sums_of_the_latest_items(self):
        assert in_database() == from_scratch(self.latest.values())

    @invariant()
    def each_attempt_is_there_once(self):
        assert sorted(Run.objects.values_list("run_id", "run_attempt")) == sorted(self.latest)

    @invariant()
    def each_repository_bears_its_latest_name(self):
        by_end = sorted(
            self.latest.values(),
            key=lambda item: (
                datetime.fromisoformat(item["completed_at"]),
                item["run_id"],
                item["run_attempt"],
            ),
        )
        names = {item["repository_id"]: item["repository"] for item in by_end}
        assert dict(Repository.objects.values_list("pk", "full_name")) == names


@pytest.mark.parametrize(
    "database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
)
@pytest.mark.django_db
def test_the_rollups_always_equal_the_sums_of_the_runs(database):
    run_state_machine_as_test(
        Recording,
        settings=settings(
            max_examples=60,
            stateful_step_count=12,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
