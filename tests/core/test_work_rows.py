"""Leases and fences, on rows of deliveries (any kind of work would do)."""

from datetime import timedelta

import pytest
from celery import current_app
from django.db import IntegrityError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from core import work
from core.work import rows
from tests.factories.webhooks import stored
from webhooks.models import Delivery

LEASE_S = 20


def claim(clock, limit=10):
    return work.claim(Delivery, limit=limit, now=clock(), lease_s=LEASE_S)


@pytest.mark.django_db
def test_claim_takes_what_is_due_longest_first_and_nothing_else(clock):
    late, early, future = (
        stored(received_at=clock() + timedelta(seconds=seconds)) for seconds in (-1, -5, 1)
    )
    ignored = stored(event="ping")

    claimed = claim(clock)

    assert claimed == [early, late]
    assert [row.attempt for row in claimed] == [1, 1]
    future.refresh_from_db()
    ignored.refresh_from_db()
    assert (future.attempt, ignored.attempt) == (0, 0)


@pytest.mark.django_db
@pytest.mark.parametrize("count", [1, 3])
def test_claiming_costs_the_same_for_any_number_of_rows(clock, count, django_assert_num_queries):
    for _number in range(count):
        stored()

    with django_assert_num_queries(4):  # a savepoint, what is due, the lease, the savepoint
        claimed = claim(clock)

    assert len(claimed) == count


@pytest.mark.django_db
def test_rows_of_which_one_was_taken_since_they_were_read_are_left_alone(clock):
    for _number in range(3):
        stored()
    read = list(Delivery.objects.order_by("pk"))
    work.claim(Delivery, limit=1, now=clock(), lease_s=LEASE_S)

    with transaction.atomic():
        is_leased = rows._lease(read, now=clock(), until=clock() + timedelta(seconds=LEASE_S))

    assert not is_leased
    assert sorted(Delivery.objects.values_list("attempt", flat=True)) == [0, 0, 1]


@pytest.mark.django_db
def test_a_leased_row_is_nobody_elses_until_the_lease_ends(clock):
    row = stored()
    claim(clock)

    clock.pass_(LEASE_S - 0.001)
    assert claim(clock) == []
    clock.pass_(0.001)
    assert claim(clock) == [row]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "end",
    [
        lambda row: work.finish(row, reason="old"),
        lambda row: work.postpone(row, not_before=row.received_at, error="old"),
        lambda row: work.give_up(row, reason="old"),
    ],
    ids=["finish", "postpone", "give_up"],
)
def test_a_worker_that_lost_its_lease_changes_nothing(clock, end):
    stored()
    [old] = claim(clock)
    clock.pass_(LEASE_S)
    [new] = claim(clock)
    before = Delivery.objects.values().get()

    with pytest.raises(work.LeaseLost):
        end(old)

    assert Delivery.objects.values().get() == before
    work.finish(new, status="started", execution_arn="arn:new")
    with pytest.raises(work.LeaseLost):
        end(old)
    assert Delivery.objects.get().execution_arn == "arn:new"


@pytest.mark.django_db
def test_a_lost_lease_rolls_back_the_transaction_that_ends_with_it(clock):
    stored()
    [old] = claim(clock)
    clock.pass_(LEASE_S)
    claim(clock)

    def effect_and_end():
        with transaction.atomic():
            stored()
            work.finish(old)

    with pytest.raises(work.LeaseLost):
        effect_and_end()

    assert Delivery.objects.count() == 1


@pytest.mark.django_db
def test_a_row_that_is_over_cannot_be_ended_again(clock):
    stored()
    [row] = claim(clock)
    work.finish(row, status="started", execution_arn="arn:x")

    with pytest.raises(work.LeaseLost):
        work.postpone(row, not_before=clock(), error="too late")

    assert Delivery.objects.get().work_state == "done"


@pytest.mark.django_db
def test_finish_saves_the_fields_with_the_end_and_forgets_the_error(clock):
    stored()
    [row] = claim(clock)
    work.postpone(row, not_before=clock(), error="AWS is away")
    [row] = claim(clock)

    work.finish(row, status="started", execution_arn="arn:x")

    saved = Delivery.objects.get()
    assert (saved.work_state, saved.not_before, saved.last_error) == ("done", None, "")
    assert (saved.status, saved.execution_arn) == ("started", "arn:x")
    assert (row.work_state, row.status) == ("done", "started")


@pytest.mark.django_db
def test_a_postponed_row_waits_and_says_why_without_a_strike(clock):
    stored()
    [row] = claim(clock)

    work.postpone(row, not_before=clock() + timedelta(seconds=9), error="x" * 5_000)

    saved = Delivery.objects.get()
    assert (saved.work_state, saved.strikes, saved.last_error) == ("waiting", 0, "x" * 2_000)
    clock.pass_(8.999)
    assert claim(clock) == []
    clock.pass_(0.001)
    assert len(claim(clock)) == 1


@pytest.mark.django_db
def test_the_fifth_strike_gives_the_row_up_with_its_reason(clock):
    stored()
    for _number in range(work.MAX_STRIKES):
        [row] = claim(clock)
        work.postpone(row, not_before=clock(), error="AWS said no", strike=True)

    saved = Delivery.objects.get()
    assert (saved.work_state, saved.status, saved.reason) == ("dead", "failed", "AWS said no")
    assert claim(clock) == []


@pytest.mark.django_db
def test_a_row_that_kills_its_worker_stops_after_five_vanished_attempts(clock):
    stored()
    for _number in range(work.MAX_STRIKES):
        assert len(claim(clock)) == 1
        clock.pass_(LEASE_S)

    assert claim(clock) == []

    saved = Delivery.objects.get()
    assert (saved.work_state, saved.status, saved.attempt) == ("dead", "failed", 5)
    assert saved.reason.startswith("Given up: 5 attempts ended badly")


@pytest.mark.django_db
def test_rows_of_a_batch_whose_worker_died_come_back_one_by_one(clock):
    rows = [stored() for _number in range(3)]
    assert len(claim(clock)) == 3
    clock.pass_(LEASE_S)
    fresh = stored(received_at=clock())

    batches = [claim(clock) for _number in range(4)]

    assert sorted(row.pk for batch in batches[:3] for row in batch) == [row.pk for row in rows]
    assert [len(batch) for batch in batches] == [1, 1, 1, 1]
    assert batches[3] == [fresh]


@pytest.mark.django_db
def test_an_innocent_row_survives_the_one_that_kills_its_workers(clock):
    poison, innocent = stored(), stored()

    for _round in range(2 * work.MAX_STRIKES + 2):
        for row in claim(clock):
            if row == poison:
                break  # the process is gone, with the rest of its batch
            work.finish(row, status="started", execution_arn="arn:x")
        clock.pass_(LEASE_S)

    poison.refresh_from_db()
    innocent.refresh_from_db()
    assert (poison.work_state, innocent.work_state) == ("dead", "done")


@pytest.mark.django_db
def test_renew_extends_only_what_is_still_held(clock):
    stored()
    [row] = claim(clock)

    clock.pass_(LEASE_S - 1)
    assert work.renew(row, now=clock(), lease_s=LEASE_S)
    clock.pass_(LEASE_S - 1)
    assert claim(clock) == []
    clock.pass_(1)
    [other] = claim(clock)
    assert not work.renew(row, now=clock(), lease_s=LEASE_S)
    work.finish(other, status="started", execution_arn="arn:x")
    assert not work.renew(other, now=clock(), lease_s=LEASE_S)


@pytest.mark.django_db
def test_rearm_starts_a_given_up_row_with_a_clean_record_and_fences_off_the_old_worker(clock):
    stored()
    [row] = claim(clock)
    work.postpone(row, not_before=clock(), error="bad", strike=True)
    [row] = claim(clock)
    work.give_up(row, reason="worse")

    count = work.rearm(
        Delivery.objects.filter(work_state="dead"), now=clock(), status="waiting", reason=""
    )

    saved = Delivery.objects.get()
    assert (count, saved.work_state, saved.strikes, saved.last_error) == (1, "waiting", 0, "")
    with pytest.raises(work.LeaseLost):
        work.finish(row)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "fields", [{"not_before": None}, {"work_state": "done"}, {"work_state": "dead"}]
)
def test_the_database_refuses_a_row_that_is_neither_due_nor_over(fields):
    stored()

    with pytest.raises(IntegrityError), transaction.atomic():
        Delivery.objects.update(**fields)


@given(attempt=st.integers(0, 10**6), jitter=st.floats(0, 1))
def test_backoff_is_between_half_a_second_and_a_minute_and_never_shrinks(attempt, jitter):
    pause = work.backoff(attempt, jitter=jitter)

    assert timedelta(seconds=0.5) <= pause <= timedelta(seconds=60)
    assert pause <= work.backoff(attempt + 1, jitter=jitter)


def test_backoff_doubles_from_a_second_to_a_minute():
    assert [work.backoff(n, jitter=0).total_seconds() for n in (1, 2, 3, 4, 5, 6, 7, 8)] == [
        1, 2, 4, 8, 16, 32, 60, 60,
    ]  # fmt: skip


def test_every_kind_of_work_names_a_task_that_celery_knows():
    current_app.loader.import_default_modules()

    assert {model.work_task for model in work.kinds()} <= set(current_app.tasks)
    assert Delivery in work.kinds()


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL's planner wants statistics")
def test_due_rows_are_found_by_their_small_index(clock):
    assert "USING INDEX delivery_due" in work.due(Delivery, now=clock()).explain()
