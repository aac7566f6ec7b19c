"""Among a million deliveries in GitHub's log, those that are not here are found by an index."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection

from core import keyset
from tests.factories.webhooks import NOW
from webhooks import selectors
from webhooks.models import LoggedDelivery
from webhooks.services import completeness, delivery_log, recovery

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("each_database")]

# What is asked, and the index that answers.
QUESTIONS = {
    "the first gaps": (lambda: keyset.page_of(selectors.gaps(), cursor=""), "logged_gaps"),
    "later gaps": (lambda: keyset.page_of(selectors.gaps(), cursor="before-250"), "logged_gaps"),
    "what arrived": (delivery_log.note_arrivals, "logged_missing"),
    "what is too old": (lambda: recovery.give_up_old(now=NOW), "logged_missing"),
    "how many are missing": (lambda: recovery._note(0, 0, 0), "logged_to_ask"),
    "when to ask next": (recovery._next_ask_at, "logged_to_ask"),
    "what to ask for now": (
        lambda: recovery.ask_for_missing(clock=lambda: NOW, ends_at=NOW),
        "logged_to_ask",
    ),
    "how many a day": (lambda: completeness.count_days(now=NOW), "logged_day"),
}


@pytest.fixture
def filled():
    LoggedDelivery.objects.bulk_create(
        LoggedDelivery(
            guid=uuid4(),
            event="push",
            delivered_at=NOW - timedelta(minutes=number),
            attempt_id=number,
            attempted_at=NOW - timedelta(minutes=number),
            status="OK",
            status_code=200,
            outcome={3: "missing", 4: "lost"}.get(number % 100, "received"),
            ask_at=NOW + timedelta(hours=1) if number % 100 == 3 else None,
        )
        for number in range(300)
    )


def plans_of(ask):
    """How the database would carry out each question about the log, with the same parameters."""
    asked = []

    def note(execute, sql, params, many, context):
        if sql.startswith("SELECT") and "webhooks_loggeddelivery" in sql:
            asked.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        ask()
    with connection.cursor() as cursor:
        explain = "EXPLAIN QUERY PLAN"
        if connection.vendor == "postgresql":
            # With so few rows it would rather read them all: ask what it does with a million.
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_bitmapscan = off")
            explain = "EXPLAIN"
        found = []
        for sql, params in asked:
            cursor.execute(f"{explain} {sql}", params)
            found.append(" ".join(str(row) for row in cursor.fetchall()))
    return found


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize("question", QUESTIONS)
def test_whatever_a_round_or_the_page_asks_is_read_off_an_index(question):
    ask, index = QUESTIONS[question]

    plans = plans_of(ask)

    assert plans
    for plan in plans:
        # PostgreSQL may read the missing off the index of all gaps, or sort the few that are due.
        assert index in plan or (connection.vendor == "postgresql" and "using logged_" in plan)
        assert "Seq Scan" not in plan


@pytest.mark.usefixtures("filled")
def test_a_gap_never_costs_more_than_the_gaps():
    """The list is in order of keys as the index has it: nothing is sorted, however many there are."""
    [plan] = plans_of(lambda: keyset.page_of(selectors.gaps(), cursor=""))

    assert "Sort" not in plan
    assert "TEMP B-TREE" not in plan
