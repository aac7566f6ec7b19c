"""Histories of successes are kept at a stated pace before AWS forgets them."""

from datetime import timedelta

import pytest

from executions import services
from executions.models import Execution
from tests.factories.executions import hear, mirrored, told, work_off
from tests.factories.step_functions import START

pytestmark = pytest.mark.django_db
END = START + timedelta(minutes=5)


def kept():
    return Execution.objects.filter(history_fetched_at__isnull=False).count()


def succeed(sfn, count, *, now):
    for number in range(count):
        mirrored(sfn, told(number).ends("SUCCEEDED", END + timedelta(seconds=number)), now=now)


def test_the_longest_ended_are_kept_first_and_no_more_than_the_pace_allows(sfn, now, settings):
    settings.MIRROR_ARCHIVE_PER_S = 1
    succeed(sfn, 5, now=now)

    counts = []
    for second in (0, 1, 2, 3):  # four consumers that ask in turn; a slot has two seconds
        counts.append(services.archive_successes(now=now + timedelta(seconds=second)))
        work_off(now=now + timedelta(seconds=second))

    assert counts == [2, 0, 2, 0]
    read = Execution.objects.filter(history_fetched_at__isnull=False).order_by("stopped_at")
    assert [row.stopped_at for row in read] == [END + timedelta(seconds=n) for n in range(4)]
    assert all(row.history_is_current for row in read)


def test_a_consumer_that_waited_for_the_queue_makes_up_for_it(sfn, now, settings):
    settings.MIRROR_ARCHIVE_PER_S = 0.5
    succeed(sfn, 12, now=now)
    services.archive_successes(now=now)
    work_off(now=now)

    marked = services.archive_successes(now=now + timedelta(minutes=5))

    assert marked == 10  # of twenty seconds, not of five minutes


def test_while_anything_else_is_due_no_success_is_read(sfn, now):
    succeed(sfn, 1, now=now)
    sfn.add(told(9).ends("FAILED", END))
    services.sweep(now=now)  # finds the failure, which is due now

    assert services.archive_successes(now=now) == 0


def test_what_aws_has_forgotten_is_not_asked_for(sfn, now):
    succeed(sfn, 1, now=now)

    assert services.archive_successes(now=END + timedelta(days=90)) == 0
    Execution.objects.update(stopped_at=END + timedelta(days=1))
    assert services.archive_successes(now=END + timedelta(days=90, seconds=3)) == 1


def test_a_pace_of_nothing_reads_nothing(sfn, now, settings):
    settings.MIRROR_ARCHIVE_PER_S = 0
    succeed(sfn, 1, now=now)

    assert services.archive_successes(now=now) == 0


def test_a_history_that_is_kept_is_not_read_again(sfn, now):
    succeed(sfn, 1, now=now)
    services.archive_successes(now=now)
    work_off(now=now)
    assert kept() == 1

    assert services.archive_successes(now=now + timedelta(minutes=1)) == 0


def test_a_history_that_was_read_before_the_end_is_read_again_once(sfn, now):
    running, failed = told(1), told(2).ends("FAILED", END)
    looked_at, resumed = mirrored(sfn, running, failed, now=now)
    services.look_at(looked_at, now=now)
    services.request_retry(execution=resumed, user=None, now=now, in_bulk=True)
    work_off(now=now)
    for one in (running, failed):
        hear(one.ends("SUCCEEDED", now).status_event(), now=now + timedelta(seconds=1))
    work_off(now=now + timedelta(seconds=1))
    later = now + timedelta(minutes=2)

    marked = services.archive_successes(now=later)
    work_off(now=later)

    assert marked == 2
    for row, one in ((looked_at, running), (resumed, failed)):
        row.refresh_from_db()
        assert (row.history_event_count, row.history_is_current) == (len(one.events), True)
    assert services.archive_successes(now=later + timedelta(minutes=1)) == 0


def test_a_history_whose_end_aws_never_wrote_is_read_no_more_than_once_again(sfn, now):
    succeed(sfn, 1, now=now)
    [one] = sfn.executions.values()
    one.events.pop()
    times = []

    for minute in range(2, 9, 2):
        times.append(services.archive_successes(now=now + timedelta(minutes=minute)))
        work_off(now=now + timedelta(minutes=minute))

    assert times == [1, 0, 0, 0]
