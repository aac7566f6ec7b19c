"""Each filter of the list shows what it says, and nothing else."""

from datetime import timedelta

import pytest

from executions import selectors, services
from executions.enums import Took
from executions.models import Execution
from executions.selectors import Filter
from tests.factories.executions import mirrored, told, work_off
from tests.factories.step_functions import START

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


@pytest.fixture
def rows(sfn, now):
    """A success of half a second, a failure of a minute, one that runs, a child of another."""
    quick = told(1, started_at=START)
    slow = told(2, started_at=START, repository="octo-org/slow")
    child = told(
        4,
        input='{"member": {"login": "ann"},'
        ' "AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID": "arn:aws:states:r:1:execution:p:n"}',
    )
    return mirrored(
        sfn,
        quick.ends("SUCCEEDED", START + 0.5 * SECOND),
        slow.ends("FAILED", START + 60 * SECOND, error="JobsNotSettled"),
        told(3),
        child,
        now=now,
    )


def shown(**wanted):
    return set(selectors.executions(Filter(**wanted)))


def test_by_how_long_it_took(rows):
    quick, slow, *_ = rows

    assert shown(took=Took.UNDER_1_S) == {quick}
    assert shown(took=Took.UNDER_10_MIN) == {slow}
    assert shown(took=Took.LONGER) == set()


def test_by_error(rows):
    assert shown(error="JobsNotSettled") == {rows[1]}
    assert shown(error="jobsnotsettled") == set()


def test_by_whether_a_failure_needs_attention(rows, now):
    slow = rows[1]
    assert shown(attention="needed") == {slow}
    assert shown(attention="handled") == set()

    services.acknowledge(family=slow.family, user=None, note="", now=now)

    assert shown(attention="needed") == set()
    assert shown(attention="handled") == {slow}


def test_by_family(rows):
    slow = rows[1]

    assert shown(family=slow.family.public_id) == {slow}
    assert shown(family=slow.public_id) == set()


def test_by_the_execution_that_started_it(rows):
    assert shown(parent="arn:aws:states:r:1:execution:p:n") == {rows[3]}


def test_a_search_finds_names_and_subjects_alike(rows):
    assert shown(search=rows[2].name) == {rows[2]}
    assert shown(search="Octo-Org/Slow") == {rows[1]}


def test_filters_add_up(rows):
    assert shown(status="FAILED", subject="octo-org/slow", took=Took.UNDER_10_MIN) == {rows[1]}
    assert shown(status="FAILED", took=Took.UNDER_1_S) == set()


def test_what_runs_again_has_no_duration(rows, sfn, now):
    slow = rows[1]
    services.request_retry(execution=slow, user=None, now=now)
    work_off(now=now)

    assert Execution.objects.get(pk=slow.pk).took is None


@pytest.mark.parametrize(
    ("seconds", "took"),
    [
        (0, 0),
        (0.999, 0),
        (1, 1),
        (9.9, 1),
        (10, 2),
        (59, 2),
        (60, 3),
        (600, 4),
        (3_600, 5),
        (9e6, 5),
    ],
)
def test_durations_are_sorted_into_classes(seconds, took):
    assert Took.of(timedelta(seconds=seconds)) == took
