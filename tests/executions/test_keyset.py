"""Pages in order of a moment: nothing twice, nothing left out, whatever is added meanwhile."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from core import keyset
from executions import selectors
from executions.models import Execution
from executions.selectors import Filter
from executions.services.rows import new_row

START = datetime(2026, 11, 23, 10, tzinfo=UTC)
BY_START = keyset.by_moment("started_at", "pk")


def add(*seconds, prefix="one"):
    count = Execution.objects.count()
    Execution.objects.bulk_create(
        new_row(
            arn=f"arn:{prefix}:{count + number}",
            name=f"{prefix}-{count + number}",
            state_machine="workflow-cost",
            started_at=START + timedelta(seconds=second),
            input_json=None,
            now=START,
        )
        for number, second in enumerate(seconds)
    )


def page(cursor="", size=3):
    return keyset.page_of(Execution.objects.all(), cursor=cursor, size=size, order=BY_START)


def seconds(found):
    return [int((row.started_at - START).total_seconds()) for row in found.rows]


@pytest.mark.django_db
def test_pages_go_from_the_latest_start_to_the_earliest_and_back():
    add(5, 1, 4, 2, 3, 6, 0)

    first = page()
    second = page(first.older)
    third = page(second.older)
    back = page(third.newer)

    assert [seconds(one) for one in (first, second, third)] == [[6, 5, 4], [3, 2, 1], [0]]
    assert (first.newer, third.older) == ("", "")
    assert seconds(back) == [3, 2, 1]
    assert seconds(page(back.newer)) == [6, 5, 4]


@pytest.mark.django_db
def test_new_rows_shift_no_page():
    add(1, 2, 3, 4)
    first = page(size=2)

    add(9, 8, 7, prefix="new")

    assert seconds(page(first.older, size=2)) == [2, 1]


@pytest.mark.django_db
def test_going_back_to_fewer_rows_than_a_page_shows_the_first_page_in_full():
    add(1, 2, 3, 4)
    second = page(page(size=3).older, size=3)

    assert seconds(page(second.newer, size=4)) == [4, 3, 2, 1]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "cursor", ["x", "before", "before-1", "before-1-", "after--1-2", "before-1-2-3", "before-é-1"]
)
def test_a_cursor_that_makes_no_sense_is_the_first_page(cursor):
    add(1, 2)

    assert seconds(page(cursor)) == [2, 1]


@pytest.mark.django_db
def test_a_cursor_from_the_end_of_days_is_answered():
    add(1)

    assert seconds(page("before-99999999999999999-1")) == [1]


@pytest.mark.django_db
@given(moments=st.lists(st.integers(0, 5), max_size=20), size=st.integers(1, 6))
def test_walking_all_pages_meets_each_row_once_in_order(moments, size):
    Execution.objects.all().delete()
    add(*moments)

    walked, cursor = [], ""
    while True:
        found = page(cursor, size=size)
        walked += [(row.started_at, row.pk) for row in found.rows]
        cursor = found.older
        if not cursor:
            break

    assert walked == sorted(Execution.objects.values_list("started_at", "pk"), reverse=True)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        (Filter(), "execution_list"),
        (Filter(status="FAILED"), "execution_by_status"),
        (Filter(state_machine="workflow-cost"), "execution_by_machine"),
        (Filter(state_machine="workflow-cost", status="FAILED"), "execution_by_machine_status"),
        (Filter(subject="octo-org/octo-repo"), "execution_by_subject"),
        (Filter(started_after=START, started_before=START + timedelta(days=1)), "execution_list"),
    ],
)
def test_a_page_far_down_is_found_by_an_index_and_never_sorted(wanted, index):
    add(*range(200))
    listed = selectors.executions(wanted)
    cursor = f"before-{int((START + timedelta(seconds=100)).timestamp() * 1_000_000)}-100"

    with CaptureQueriesContext(connection) as queries:
        keyset.page_of(listed, cursor=cursor, order=BY_START)

    told = plan_of(queries.captured_queries[0]["sql"])
    # Which of two that fit PostgreSQL takes depends on what it knows of the rows.
    expected = f"{index} " if connection.vendor == "sqlite" else "Index Scan using execution_"
    assert expected in told
    assert "TEMP B-TREE" not in told
    assert "Sort" not in told


def plan_of(sql):
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
        else:
            # With 200 rows it would rather read them all: ask what it does with a million.
            cursor.execute("SET enable_seqscan = off")
            cursor.execute("SET enable_bitmapscan = off")
            cursor.execute("SET enable_sort = off")
            cursor.execute(f"EXPLAIN {sql}")
        return " ".join(str(row) for row in cursor.fetchall())
