from datetime import UTC, date, datetime, timedelta

import pytest

from core import keyset
from costs import run_pages, selectors
from tests.factories.costs import NOON, ItemFactory, JobFactory, larger, record

pytestmark = pytest.mark.django_db

NOVEMBER, DECEMBER, JANUARY = date(2026, 11, 1), date(2026, 12, 1), date(2027, 1, 1)
MIDNIGHT = datetime(2026, 12, 1, tzinfo=UTC)


def page(starts_on=NOVEMBER, ends_on=DECEMBER, sku="", cursor=""):
    runs = selectors.runs_behind([1001], starts_on=starts_on, ends_on=ends_on, sku=sku)
    return run_pages.page_of(runs, starts_on=starts_on, ends_on=ends_on, sku=sku, cursor=cursor)


def run_ids(found):
    return [row.run.run_id for row in found.rows]


def test_every_run_is_on_exactly_one_page_and_the_way_back_is_the_same():
    # Several a second, and an attempt apart: ties in every part of the key.
    items = [
        ItemFactory(
            run_id=number // 2,
            run_attempt=number % 2 + 1,
            all_jobs=[JobFactory(ends_at=NOON + timedelta(seconds=number // 7))],
        )
        for number in range(3 * keyset.PAGE_SIZE + 10)
    ]
    record(*items)

    down, cursor = [page()], page().older
    while cursor:
        down.append(page(cursor=cursor))
        cursor = down[-1].older
    up, cursor = [down[-1]], down[-1].newer
    while cursor:
        up.append(page(cursor=cursor))
        cursor = up[-1].newer

    keys = [(row.run.run_id, row.run.run_attempt) for one in down for row in one.rows]
    assert len(keys) == len(set(keys)) == len(items)
    ends = [row.run.completed_at for one in down for row in one.rows]
    assert ends == sorted(ends, reverse=True)
    assert [len(one.rows) for one in down] == [50, 50, 50, 10]
    assert [run_ids(one) for one in up[::-1]] == [run_ids(one) for one in down]


@pytest.mark.parametrize(
    "cursor", ["x", "before-", "before-x-1-1", "after-1-1", "before-99999999999999999-1-1", "'"]
)
def test_a_cursor_that_is_none_does_no_harm(cursor):
    record(ItemFactory(run_id=5))

    assert run_ids(page(cursor=cursor)) == [5]


def test_a_run_over_the_turn_of_a_month_stands_behind_both_bars_with_its_part():
    jobs = [
        JobFactory(seconds=61, ends_at=MIDNIGHT - timedelta(seconds=1)),
        larger(seconds=60, ends_at=MIDNIGHT),
    ]
    record(ItemFactory(run_id=5, all_jobs=jobs))

    [november], [december] = page().rows, page(DECEMBER, JANUARY).rows

    assert [(share.sku, share.minutes) for share in november.shares] == [("actions_linux", 2)]
    assert [(share.sku, share.minutes) for share in december.shares] == [("macos_l", 1)]
    assert (november.is_whole, december.is_whole) == (False, False)


def test_a_run_that_only_spans_a_month_is_not_behind_its_bar():
    jobs = [
        JobFactory(ends_at=MIDNIGHT - timedelta(days=1)),
        JobFactory(ends_at=MIDNIGHT + timedelta(days=31)),
    ]
    record(ItemFactory(run_id=5, all_jobs=jobs))

    assert run_ids(page(DECEMBER, JANUARY)) == []
    assert run_ids(page()) == [5]


def test_a_sku_narrows_the_runs_down_and_counts_its_own_part_alone():
    record(
        ItemFactory(run_id=1, all_jobs=[JobFactory(seconds=61), larger(seconds=60)]),
        ItemFactory(run_id=2, all_jobs=[JobFactory()]),
    )

    found = page(sku="macos_l")

    assert run_ids(found) == [1]
    assert [share.minutes for share in found.rows[0].shares] == [1]
    assert not found.rows[0].is_whole


def test_a_sku_is_no_part_of_a_longer_name():
    record(ItemFactory(all_jobs=[JobFactory(labels=["ubuntu-24.04-arm"])]))

    assert run_ids(page(sku="actions_linux")) == []
    assert run_ids(page(sku="linux_arm")) == []
    assert run_ids(page(sku="%")) == []


def test_a_day_narrows_the_runs_down():
    record(
        ItemFactory(run_id=1, all_jobs=[JobFactory(ends_at=NOON)]),
        ItemFactory(run_id=2, all_jobs=[JobFactory(ends_at=NOON + timedelta(days=1))]),
    )

    assert run_ids(page(date(2026, 11, 10), date(2026, 11, 11))) == [1]


def test_a_run_that_ran_nothing_stands_in_its_month_and_under_no_sku():
    record(ItemFactory(run_id=5, all_jobs=[]))

    assert run_ids(page()) == [5]
    assert run_ids(page(sku="actions_linux")) == []


def test_other_repositories_are_left_out():
    record(ItemFactory(repository_id=7, repository="acme/gears"))

    assert run_ids(page()) == []


def test_the_list_leaves_the_jobs_unread(django_assert_num_queries):
    record(ItemFactory(), ItemFactory())

    with django_assert_num_queries(1) as queries:
        page()

    assert '"costs_run"."jobs"' not in queries.captured_queries[0]["sql"]
