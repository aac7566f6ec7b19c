"""Two workers at once: only PostgreSQL lets them into the database together."""

import random
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from costs.models import Run
from tests.costs.ledger import from_scratch, in_database
from tests.factories.costs import ItemFactory, JobFactory, record, self_hosted

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

WORKERS = 8


def at_once(work):
    """Let each worker do its share of `work`, starting together."""
    start = Barrier(WORKERS)

    def do(items):
        start.wait()
        try:
            for item in items:
                record(*item) if isinstance(item, list) else record(item)
        finally:
            connection.close()

    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(do, [work[number::WORKERS] for number in range(WORKERS)]))


def test_attempts_of_one_run_recorded_at_once_count_as_one_run():
    # The repository is known: nobody waits for anybody to create it.
    known = ItemFactory()
    record(known)
    items = [
        ItemFactory(run_id=run_id, run_attempt=attempt + 1)
        for run_id in range(5)
        for attempt in range(WORKERS)
    ]

    at_once(items)

    assert in_database() == from_scratch([known, *items])


def test_the_same_run_recorded_by_everybody_at_once_counts_once():
    item = ItemFactory(all_jobs=[JobFactory(), self_hosted()])

    at_once([item] * WORKERS * 3)

    assert in_database() == from_scratch([item])


def test_a_run_whose_item_changes_under_everybody_ends_as_one_of_its_versions():
    versions = [
        ItemFactory(run_id=5, all_jobs=[JobFactory(seconds=60 * (number + 1))])
        for number in range(WORKERS)
    ]

    at_once(versions)

    kept = Run.objects.get()
    [version] = [item for item in versions if item["cost_usd"] == f"{kept.cost_usd:f}"]
    assert in_database() == from_scratch([version])


def test_batches_over_the_same_repositories_in_any_order_neither_deadlock_nor_miscount():
    items = [
        ItemFactory(
            run_id=number // 3,
            run_attempt=number % 3 + 1,
            repository_id=number // 3 % 4,
            repository=f"acme/{number // 3 % 4}",
        )
        for number in range(WORKERS * 30)
    ]
    shuffled = random.Random(1).sample(items * 2, len(items) * 2)

    at_once([shuffled[start : start + 6] for start in range(0, len(shuffled), 6)])

    assert in_database() == from_scratch(items)
