"""Everything that matches is retried once, no faster than AWS allows, whatever dies in between."""

import sys
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import work
from executions import selectors, services
from executions.models import Bucket, BulkItem, BulkRetry, Execution, Retry
from executions.selectors import Filter
from executions.services import bulk as bulk_service
from tests.factories.executions import mirrored, told, work_off
from tests.factories.step_functions import START, Refused

END = START + timedelta(minutes=5)
FAILED = Filter(status="FAILED")
SECOND = timedelta(seconds=1)


def advance(*, now, rounds=20):
    """Bring bulk retries forward until they want to wait."""
    for _round in range(rounds):
        rows = work.claim(BulkRetry, limit=5, now=now, lease_s=60)
        for row in rows:
            services.advance(row, now)
        if not rows:
            return


def fail(sfn, count, *, now, first=0):
    return mirrored(sfn, *(told(first + n).ends("FAILED", END) for n in range(count)), now=now)


def ask(now, wanted=FAILED, user=None):
    return services.request_bulk_retry(wanted=wanted, user=user, now=now)


@pytest.mark.django_db
def test_everything_that_matches_is_retried_and_each_item_says_what_came_of_it(
    sfn, now, admin_user
):
    rows = fail(sfn, 3, now=now)
    anew = mirrored(sfn, told(7).fails_in_fail_state(END), now=now)
    refused = mirrored(sfn, told(8).ends("FAILED", END, error="InvalidPayload"), now=now)
    mirrored(sfn, told(9).ends("SUCCEEDED", END), now=now)
    assert services.preview(FAILED, now=now) == {"redrive": 3, "restart": 1, "none": 1}

    order = ask(now, user=admin_user)
    advance(now=now)
    work_off(now=now)

    order.refresh_from_db()
    assert order.status == "done"
    items = BulkItem.objects.filter(bulk=order)
    said = {item.execution_id: (item.action, item.status) for item in items}
    assert said == {
        **{row.pk: ("redrive", "asked") for row in rows},
        anew[0].pk: ("restart", "asked"),
        refused[0].pk: ("none", "skipped"),
    }
    assert {item.retry.status for item in items if item.retry} == {"accepted"}
    assert {item.retry.requested_by for item in items if item.retry} == {admin_user}
    assert all(sfn.executions[row.arn].redrive_count == 1 for row in rows)


@pytest.mark.django_db
def test_failures_are_found_behind_any_number_of_successes(sfn, now, monkeypatch):
    monkeypatch.setattr(bulk_service, "PREVIEWED", 2)
    mirrored(sfn, *(told(n).ends("SUCCEEDED", END) for n in range(3)), told(4), now=now)
    [failed] = fail(sfn, 1, now=now, first=5)
    everything = Filter(state_machine="workflow-cost")

    counts = services.preview(everything, now=now)
    order = ask(now, everything)
    advance(now=now)

    assert counts == {"redrive": 1}
    assert [item.execution for item in BulkItem.objects.filter(bulk=order)] == [failed]


@pytest.mark.django_db
def test_no_more_retries_are_asked_for_than_the_buckets_hold(sfn, now, settings):
    settings.AWS_BUCKET_SIZE, settings.AWS_BUCKET_PER_S = 4, 2
    fail(sfn, 9, now=now)
    ask(now)

    counts = []
    for second in range(4):
        advance(now=now + second * SECOND)
        counts.append(Retry.objects.count())

    assert counts == [4, 6, 8, 9]


@pytest.mark.django_db
def test_one_among_many_costs_one_call_to_aws(sfn, now):
    fail(sfn, 3, now=now)
    ask(now)
    advance(now=now)
    calls = len(sfn.calls)

    work_off(now=now)

    assert sfn.calls[calls:] == ["RedriveExecution"] * 3


@pytest.mark.django_db
def test_a_worker_that_dies_while_collecting_is_followed_by_one_that_goes_on(
    sfn, now, monkeypatch
):
    monkeypatch.setattr(bulk_service, "_COLLECTED_AT_ONCE", 2)
    fail(sfn, 5, now=now)
    order = ask(now)
    [row] = work.claim(BulkRetry, limit=1, now=now, lease_s=1)
    services.advance(row, now)  # the first two are written
    [row] = work.claim(BulkRetry, limit=1, now=now, lease_s=1)
    with monkeypatch.context() as dying:
        dying.setattr(work, "postpone", lambda *_args, **_fields: sys.exit())
        with pytest.raises(SystemExit):
            services.advance(row, now)

    advance(now=now + timedelta(minutes=1))
    work_off(now=now + timedelta(minutes=1))

    assert BulkItem.objects.filter(bulk=order).count() == 5
    assert sfn.calls.count("RedriveExecution") == 5


@pytest.mark.django_db
def test_a_call_whose_answer_got_lost_is_not_made_twice(sfn, now):
    [row] = fail(sfn, 1, now=now)
    ask(now)
    advance(now=now)
    [retry] = work.claim(Retry.objects.select_related("execution"), limit=1, now=now, lease_s=1)
    sfn.after["RedriveExecution"] = lambda: (_ for _ in ()).throw(Refused("InternalFailure"))
    with pytest.raises(work.TryLater):
        services.carry_out_retry(retry, now)  # AWS did it, and we were not told
    sfn.after.clear()

    work_off(now=now + timedelta(minutes=1))

    assert sfn.executions[row.arn].redrive_count == 1
    assert Retry.objects.get().outcome == "AWS resumed the execution."


@pytest.mark.django_db
def test_a_cancelled_one_asks_for_no_more_and_can_be_repeated_for_the_rest(
    sfn, now, settings, monkeypatch
):
    monkeypatch.setattr(bulk_service, "_CLOSED_AT_ONCE", 2)
    settings.AWS_BUCKET_SIZE, settings.AWS_BUCKET_PER_S = 2, 1
    fail(sfn, 5, now=now)
    first = ask(now)
    advance(now=now)
    work_off(now=now)

    services.cancel_bulk_retry(bulk=first, now=now)
    advance(now=now + 9 * SECOND)

    counted = dict(selectors.bulk_counts(first))
    assert counted == {"accepted": 2, "cancelled": 3}
    with pytest.raises(services.BulkEnded):
        services.cancel_bulk_retry(bulk=first, now=now)

    settings.AWS_BUCKET_SIZE = 9
    second = ask(now + 20 * SECOND)
    advance(now=now + 40 * SECOND)
    work_off(now=now + 40 * SECOND)
    assert dict(selectors.bulk_counts(second)) == {"accepted": 3}
    assert [one.redrive_count for one in sfn.executions.values()] == [1] * 5


@pytest.mark.django_db
def test_what_fails_later_is_not_part_of_it(sfn, now):
    fail(sfn, 1, now=now)
    order = ask(now)
    late = told(99, started_at=now + SECOND).ends("FAILED", now + 2 * SECOND)
    mirrored(sfn, late, now=now + 2 * SECOND)

    advance(now=now + 3 * SECOND)

    assert BulkItem.objects.filter(bulk=order).count() == 1


@pytest.mark.django_db
def test_a_filter_that_matches_nothing_is_refused(sfn, now):
    with pytest.raises(services.NothingMatches):
        ask(now)

    assert not BulkRetry.objects.exists()


@pytest.mark.django_db
def test_a_bucket_fills_with_time_and_never_over(now, settings):
    settings.AWS_BUCKET_SIZE, settings.AWS_BUCKET_PER_S = 10, 2

    drawn = [
        services.draw("X", wanted=8, now=now),
        services.draw("X", wanted=8, now=now),
        services.draw("X", wanted=8, now=now),
        services.draw("X", wanted=8, now=now + 1.5 * SECOND),
        services.draw("X", wanted=99, now=now + timedelta(days=1)),
        services.draw("Y", wanted=99, now=now),
    ]

    assert drawn == [8, 2, 0, 3, 10, 10]
    assert Bucket.objects.count() == 2


@given(
    st.builds(
        Filter,
        status=st.sampled_from(["", "FAILED"]),
        subject=st.text(max_size=10),
        delivery=st.none() | st.uuids(),
        started_after=st.none() | st.datetimes(timezones=st.just(START.tzinfo)),
        took=st.none() | st.integers(0, 5),
        family=st.none() | st.uuids(),
    )
)
def test_a_filter_comes_back_from_the_database_as_it_was(wanted):
    assert Filter.from_json(wanted.to_json()) == wanted


@pytest.mark.django_db
def test_an_execution_is_left_alone_while_another_retry_of_it_is_open(sfn, now):
    [row] = fail(sfn, 1, now=now)
    services.request_retry(execution=row, user=None, now=now)

    order = ask(now)
    advance(now=now)

    [item] = BulkItem.objects.filter(bulk=order)
    assert (item.status, item.reason) == ("skipped", "A retry is already under way.")
    assert Execution.objects.get().retries.count() == 1
