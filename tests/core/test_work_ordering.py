"""Work under a natural key: one row, due each time that it is asked for."""

import threading
from datetime import timedelta

import pytest
from django.db import connection

from core import work
from tests.factories.webhooks import stored
from webhooks.models import Delivery, Routine


def order(clock):
    work.order(Routine, name="recovery", now=clock())


@pytest.mark.django_db
def test_what_is_asked_for_twice_is_one_row_and_due_again(clock):
    order(clock)
    [row] = work.claim(Routine, limit=1, now=clock(), lease_s=20)
    work.finish(row)
    clock.pass_(60)

    order(clock)

    again = Routine.objects.get()
    assert (again.pk, again.work_state, again.not_before) == (row.pk, "waiting", clock())


@pytest.mark.django_db
def test_whoever_is_at_it_while_it_is_asked_for_again_ends_nothing(clock):
    order(clock)
    [row] = work.claim(Routine, limit=1, now=clock(), lease_s=20)

    order(clock)

    with pytest.raises(work.LeaseLost):
        work.finish(row)
    assert Routine.objects.get().not_before == clock()


@pytest.mark.django_db(transaction=True)
def test_many_who_ask_at_once_have_one_row(clock):
    gate, errors = threading.Barrier(8), []

    def ask():
        try:
            gate.wait(30)
            order(clock)
        except Exception as exc:  # noqa: BLE001 -- whatever it was, the test must see it
            errors.append(exc)
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert errors == []
    assert Routine.objects.get().work_state == "waiting"


@pytest.mark.django_db
def test_only_what_was_given_up_is_tried_again(clock):
    dead, waiting = stored(), stored()
    later = clock() + timedelta(hours=1)
    [row] = work.claim(Delivery.objects.filter(pk=dead.pk), limit=1, now=clock(), lease_s=20)
    work.postpone(row, not_before=later, error="")
    Routine.objects.create(name="recovery", not_before=clock())
    [routine] = work.claim(Routine, limit=1, now=clock(), lease_s=20)
    work.give_up(routine, reason="broken")

    counts = work.retry_dead(Routine, now=later), work.retry_dead(Delivery, now=later)

    routine.refresh_from_db()
    waiting.refresh_from_db()
    assert counts == (1, 0)
    assert (routine.work_state, routine.last_error, routine.not_before) == ("waiting", "", later)
    assert waiting.not_before < later
