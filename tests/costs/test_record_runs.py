from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from costs import services
from costs.items import read_item
from costs.models import Repository, RepositoryDaySku, RepositoryMonth, RepositoryMonthSku, Run
from tests.costs.ledger import from_scratch, in_database
from tests.factories.costs import (
    NOON,
    ItemFactory,
    JobFactory,
    larger,
    on_unknown_runner,
    record,
    self_hosted,
    skipped,
)

pytestmark = pytest.mark.django_db

MIDNIGHT = datetime(2026, 12, 1, tzinfo=UTC)


def test_a_run_is_kept_with_every_digit_of_its_cost():
    item = ItemFactory(all_jobs=[JobFactory(seconds=61)])

    record(item)

    run = Run.objects.get()
    assert (run.cost_usd, run.billed_usd) == (Decimal("0.012"), Decimal("0.012"))
    assert (run.billable_minutes, run.run_id, run.run_attempt) == (2, item["run_id"], 1)
    assert run.repository.full_name == run.full_name == "acme/widgets"


def test_minutes_and_money_of_a_run_stand_in_the_rollups():
    record(
        ItemFactory(
            all_jobs=[
                JobFactory(seconds=61),
                JobFactory(seconds=10),
                larger(seconds=300),
                self_hosted(seconds=600),
                on_unknown_runner(seconds=600),
                skipped(),
            ]
        )
    )

    by_sku = {row.sku: row for row in RepositoryMonthSku.objects.all()}
    assert {
        sku: (row.sku_kind, row.jobs, row.minutes, row.cost_usd) for sku, row in by_sku.items()
    } == {
        "actions_linux": ("standard", 2, 3, Decimal("0.018")),
        "macos_l": ("larger", 1, 5, Decimal("0.385")),
        "self_hosted": ("self_hosted", 1, 10, Decimal(0)),
        "unknown": ("unknown", 1, 10, Decimal(0)),
    }
    month = RepositoryMonth.objects.get()
    assert (month.runs, month.attempts, month.jobs) == (1, 1, 5)
    assert (month.billable_minutes, month.self_hosted_minutes, month.unknown_sku_minutes) == (
        8,
        10,
        10,
    )
    assert month.cost_usd == month.billed_usd == Decimal("0.403")


def test_a_public_repository_is_billed_for_larger_runners_alone():
    record(ItemFactory(visibility="public", all_jobs=[JobFactory(), larger(seconds=300)]))

    month = RepositoryMonth.objects.get()
    assert (month.cost_usd, month.billed_usd) == (Decimal("0.397"), Decimal("0.385"))


def test_recording_the_same_run_again_changes_nothing():
    item = ItemFactory()
    record(item)
    before = in_database()
    marked_at = RepositoryMonth.objects.get().updated_at

    record(item, now=NOON + timedelta(days=1))
    record(item, item, now=NOON + timedelta(days=1))

    assert in_database() == before
    assert RepositoryMonth.objects.get().updated_at == marked_at
    assert Run.objects.count() == 1


def test_a_changed_item_replaces_what_it_had_put_into_the_rollups():
    record(ItemFactory(run_id=5, all_jobs=[JobFactory(seconds=600), self_hosted()]))

    changed = ItemFactory(run_id=5, all_jobs=[JobFactory(seconds=30, ends_at=MIDNIGHT)])
    record(changed)

    assert in_database() == from_scratch([changed])
    assert {row.month.isoformat() for row in RepositoryMonth.objects.all()} == {"2026-12-01"}


def test_what_was_counted_by_an_older_rule_is_taken_out_as_it_was_put_in():
    item = ItemFactory(run_id=5)
    record(item)
    # As if the rule had once given this run to another day and to two SKUs.
    RepositoryDaySku.objects.update(day="2026-11-09")
    [share] = Run.objects.get().shares
    Run.objects.update(shares=[share | {"day": "2026-11-09"}])

    record(item)

    assert in_database() == from_scratch([item])


def test_a_run_of_two_attempts_in_one_month_counts_once():
    record(ItemFactory(run_id=5, run_attempt=2))
    record(ItemFactory(run_id=5, run_attempt=1))

    month = RepositoryMonth.objects.get()
    assert (month.runs, month.attempts) == (1, 2)


def test_a_run_with_attempts_in_two_months_counts_once_in_each():
    earlier = JobFactory(ends_at=MIDNIGHT - timedelta(seconds=1))
    record(ItemFactory(run_id=5, run_attempt=1, all_jobs=[earlier]))
    record(ItemFactory(run_id=5, run_attempt=2, all_jobs=[JobFactory(ends_at=MIDNIGHT)]))
    record(ItemFactory(run_id=5, run_attempt=3, all_jobs=[JobFactory(ends_at=MIDNIGHT)]))

    counts = RepositoryMonth.objects.order_by("month").values_list("runs", "attempts")
    assert list(counts) == [(1, 1), (1, 2)]


def test_each_job_counts_on_the_utc_day_on_which_it_ended():
    jobs = [
        JobFactory(ends_at=MIDNIGHT - timedelta(seconds=1)),
        JobFactory(ends_at=MIDNIGHT),
    ]
    record(ItemFactory(all_jobs=jobs))

    assert [f"{row.day}" for row in RepositoryDaySku.objects.order_by("day")] == [
        "2026-11-30",
        "2026-12-01",
    ]
    months = RepositoryMonth.objects.order_by("month").values_list(
        "runs", "attempts", "billable_minutes"
    )
    # The run ended in December; November has its first job alone.
    assert list(months) == [(0, 0, 2), (1, 1, 2)]


def test_each_job_has_the_rate_of_its_own_day():
    new_year = datetime(2026, 1, 1, tzinfo=UTC)
    jobs = [JobFactory(ends_at=new_year - timedelta(seconds=1)), JobFactory(ends_at=new_year)]

    record(ItemFactory(all_jobs=jobs))

    costs = RepositoryDaySku.objects.order_by("day").values_list("cost_usd", flat=True)
    assert list(costs) == [Decimal("0.016"), Decimal("0.012")]


def test_a_run_without_jobs_is_counted_and_costs_nothing():
    record(ItemFactory(all_jobs=[]))

    month = RepositoryMonth.objects.get()
    assert (month.runs, month.attempts, month.jobs, month.cost_usd) == (1, 1, 0, Decimal(0))
    assert list(RepositoryDaySku.objects.all()) == []


@pytest.mark.parametrize("order", [1, -1])
def test_a_repository_bears_the_name_of_its_latest_run_in_whatever_order_runs_arrive(order):
    later = JobFactory(ends_at=NOON + timedelta(days=1))
    items = [
        ItemFactory(repository="acme/old", visibility="private"),
        ItemFactory(repository="acme/new", visibility="public", all_jobs=[later]),
    ]

    for item in items[::order]:
        record(item)

    repository = Repository.objects.get()
    assert (repository.full_name, repository.visibility) == ("acme/new", "public")
    assert sorted(Run.objects.values_list("full_name", flat=True)) == ["acme/new", "acme/old"]


def test_a_run_never_moves_to_another_repository():
    record(ItemFactory(run_id=5, repository_id=1))
    before = in_database()
    moved = read_item(ItemFactory(run_id=5, repository_id=2), imported_at=NOON)

    with pytest.raises(services.RunMoved):
        services.record_runs(runs=[moved], now=NOON)

    assert in_database() == before
    assert list(Repository.objects.values_list("pk", flat=True)) == [1]


def test_one_batch_of_many_runs_equals_recording_them_one_by_one():
    items = [
        ItemFactory(
            run_id=number // 2,
            run_attempt=number % 2 + 1,
            repository_id=number // 2 % 3,
            repository=f"acme/{number // 2 % 3}",
            all_jobs=[JobFactory(seconds=number, ends_at=NOON + timedelta(hours=number))],
        )
        for number in range(400)
    ]

    count = services.rebuild(items=items, now=NOON)

    assert count == 400
    assert in_database() == from_scratch(items)


def test_rebuilding_twice_changes_nothing():
    items = [ItemFactory(), ItemFactory(repository_id=2, repository="acme/gears")]
    services.rebuild(items=items, now=NOON)
    before = in_database()

    services.rebuild(items=reversed(items), now=NOON)

    assert in_database() == before


def test_an_unreadable_item_stops_no_rebuild():
    good = ItemFactory()

    count = services.rebuild(items=[ItemFactory() | {"cost_usd": "x"}, good], now=NOON)

    assert count == 1
    assert in_database() == from_scratch([good])
