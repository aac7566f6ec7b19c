"""A retry is carried out exactly once, whoever asks and whatever dies."""

import threading
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from core import work
from executions import selectors, services
from executions.models import Execution, Retry
from executions.services import retries
from tests.factories.databases import require_database
from tests.factories.executions import hear, mirrored, told, work_off
from tests.factories.step_functions import START, Refused

END = START + timedelta(minutes=5)
SECOND = timedelta(seconds=1)


@pytest.fixture
def failed(sfn, now, db):
    [row] = mirrored(sfn, told(7).ends("FAILED", END), now=now)
    sfn.calls.clear()
    return row


def at_aws(sfn, row):
    return sfn.executions[row.arn]


def ask(row, now, user=None):
    return services.request_retry(execution=row, user=user, now=now)


def test_a_retry_resumes_the_execution_and_shows_it_running_at_once(failed, sfn, now, admin_user):
    ask(failed, now, admin_user)
    work_off(now=now)

    failed.refresh_from_db()
    retry = failed.latest_retry
    assert sfn.calls[:2] == ["DescribeExecution", "RedriveExecution"]
    assert at_aws(sfn, failed).redrive_count == 1
    assert (failed.status, failed.redrive_count, failed.stopped_at) == ("RUNNING", 1, None)
    assert (retry.status, retry.outcome) == ("accepted", "AWS resumed the execution.")
    assert (retry.requested_by, retry.action, retry.ended_at) == (admin_user, "redrive", now)


def test_the_result_of_a_resumed_execution_is_followed_and_told(failed, sfn, now, finished):
    ask(failed, now)
    work_off(now=now)
    end = now + 9 * SECOND

    hear(at_aws(sfn, failed).ends("SUCCEEDED", end).status_event(), now=end)
    work_off(now=end)

    failed.refresh_from_db()
    assert (failed.status, failed.redrive_count, failed.stopped_at) == ("SUCCEEDED", 1, end)
    assert finished == [(failed.name, "SUCCEEDED")]


def test_one_that_cannot_be_resumed_is_started_anew_under_the_next_name(sfn, now, db):
    [old] = mirrored(sfn, told(7).fails_in_fail_state(END), now=now)

    ask(old, now)
    work_off(now=now)

    old.refresh_from_db()
    new = old.latest_retry.new_execution
    assert (new.name, new.status, new.input) == (f"{old.name}-2", "RUNNING", old.input)
    assert (new.delivery, new.subject) == (old.delivery, old.subject)
    assert old.status == "FAILED"
    assert selectors.advice_of(old, now=now).reason == (
        f"It was started anew as {new.name}: follow that one."
    )
    assert selectors.predecessor_of(new) == old


def test_what_was_started_anew_is_started_anew_again_under_a_third_name(sfn, now, db):
    [old] = mirrored(sfn, told(7).fails_in_fail_state(END), now=now)
    ask(old, now)
    work_off(now=now)
    new = Execution.objects.latest("pk")
    hear(at_aws(sfn, new).fails_in_fail_state(now + SECOND).status_event(), now=now)
    work_off(now=now)

    ask(new, now)
    work_off(now=now)

    assert Execution.objects.latest("pk").name == f"{old.name}-3"


def test_a_name_that_somebody_else_used_is_passed_over(sfn, now, db):
    one = told(7).fails_in_fail_state(END)
    [old] = mirrored(sfn, one, now=now)
    earlier = told(7, started_at=START, input=one.input)
    earlier.name = f"{old.name}-2"
    sfn.add(earlier.ends("FAILED", END))

    ask(old, now)
    work_off(now=now)

    assert Execution.objects.latest("pk").name == f"{old.name}-3"


@pytest.mark.parametrize(
    ("name", "following"),
    [
        (
            "workflow_run-11111111-2222-4333-8444-555555555555",
            "workflow_run-11111111-2222-4333-8444-555555555555-2",
        ),
        (
            "workflow_run-11111111-2222-4333-8444-555555555555-9",
            "workflow_run-11111111-2222-4333-8444-555555555555-10",
        ),
        ("by-hand", "by-hand-2"),
        ("release-2026-11", "release-2026-11-2"),
        ("x" * 80, "x" * 78 + "-2"),
    ],
)
def test_names_after_counts_the_starts_of_a_delivery(name, following):
    names = retries.names_after(name)

    assert names[0] == following
    assert len(set(names)) == len(names)
    assert max(map(len, names)) <= 80


@pytest.mark.parametrize("status", ["SUCCEEDED", "RUNNING"])
def test_nothing_is_retried_that_did_not_fail(sfn, now, db, status):
    one = told(7)
    [row] = mirrored(sfn, one if status == "RUNNING" else one.ends(status, END), now=now)

    with pytest.raises(services.NothingToRetry):
        ask(row, now)

    assert not Retry.objects.exists()


def test_a_second_click_is_told_that_the_first_is_under_way(failed, sfn, now):
    ask(failed, now)

    with pytest.raises(services.NothingToRetry, match="already under way"):
        ask(failed, now)
    work_off(now=now)
    with pytest.raises(services.NothingToRetry, match="still running"):
        ask(failed, now)

    assert Retry.objects.count() == 1
    assert at_aws(sfn, failed).redrive_count == 1


def test_the_database_itself_allows_one_open_retry_at_a_time(failed, now):
    fields = {"execution": failed, "requested_at": now, "action": "redrive", "not_before": now}
    Retry.objects.create(**fields, status="refused")
    Retry.objects.create(**fields)

    with pytest.raises(IntegrityError), transaction.atomic():
        Retry.objects.create(**fields)


def test_a_refusal_of_aws_is_the_outcome_and_changes_the_advice(failed, sfn, now):
    at_aws(sfn, failed).redrive_status = "NOT_REDRIVABLE"

    ask(failed, now)
    work_off(now=now)

    failed.refresh_from_db()
    retry = failed.latest_retry
    assert retry.status == "refused"
    assert "exceeded the redrivable period" in retry.outcome
    assert selectors.advice_of(failed, now=now).action == "restart"


def test_what_moved_on_by_itself_is_left_alone(failed, sfn, now):
    at_aws(sfn, failed).redriven(now).ends("SUCCEEDED", now)  # in the console, unheard of

    ask(failed, now)
    work_off(now=now)

    failed.refresh_from_db()
    assert failed.latest_retry.outcome == "It had succeeded meanwhile: nothing was done."
    assert (failed.status, failed.redrive_count) == ("SUCCEEDED", 1)
    assert "RedriveExecution" not in sfn.calls


def test_an_execution_that_aws_has_forgotten_is_started_anew_from_what_the_mirror_kept(
    failed, sfn, now
):
    long_after = now + timedelta(days=120)
    sfn.clock = lambda: long_after
    kept = sfn.executions.pop(failed.arn)

    ask(failed, long_after)
    work_off(now=long_after)

    new = Execution.objects.latest("pk")
    assert (new.name, new.input) == (f"{failed.name}-2", kept.input)


def test_aws_away_leaves_the_retry_waiting_without_a_strike(failed, sfn, now):
    sfn.faults["DescribeExecution"] = Refused("AccessDeniedException", "not allowed")
    ask(failed, now)
    work_off(now=now)
    retry = Retry.objects.get()
    assert (retry.status, retry.strikes) == ("requested", 0)
    assert "not allowed" in retry.last_error

    sfn.faults.clear()
    work_off(now=now + timedelta(minutes=2))

    retry.refresh_from_db()
    assert retry.status == "accepted"
    assert at_aws(sfn, failed).redrive_count == 1


def test_a_retry_that_keeps_killing_its_worker_is_closed_so_that_another_may_be_asked_for(
    failed, sfn, now
):
    ask(failed, now)
    moment = now
    for _death in range(work.MAX_STRIKES + 1):
        work.claim(Retry, limit=1, now=moment, lease_s=1)
        moment += 2 * SECOND

    retry = Retry.objects.get()
    assert (retry.status, retry.is_open) == ("refused", False)
    failed.refresh_from_db()
    assert selectors.advice_of(failed, now=now).action == "redrive"


class Killed(BaseException):
    """As kill -9: nothing that follows is done."""


def dies():
    raise Killed


@pytest.mark.parametrize("action", ["redrive", "restart"])
@pytest.mark.parametrize("moment", ["before the call", "after the call"])
@pytest.mark.parametrize("meanwhile", ["it runs", "it failed again"])
def test_a_worker_that_is_killed_anywhere_has_retried_once(
    sfn, now, db, action, moment, meanwhile
):
    one = told(7)
    [row] = mirrored(
        sfn,
        one.ends("FAILED", END) if action == "redrive" else one.fails_in_fail_state(END),
        now=now,
    )
    ask(row, now)
    calls = {"redrive": "RedriveExecution", "restart": "StartExecution"}
    operation = calls[action] if moment == "after the call" else "DescribeExecution"
    sfn.after[operation] = dies
    [claimed] = work.claim(Retry.objects.select_related("execution"), limit=1, now=now, lease_s=60)
    with pytest.raises(Killed):
        services.carry_out_retry(claimed, now)
    sfn.after.clear()
    resumed = [one for one in sfn.executions.values() if one.status == "RUNNING"]
    if meanwhile == "it failed again":
        for one in resumed:
            one.ends("FAILED", now + SECOND)

    # Its lease runs out, and the next worker has the row. AWS has forgotten the token by then.
    later = now + timedelta(hours=1)
    for one in sfn.executions.values():
        one.tokens.clear()
    work_off(now=later)

    assert Retry.objects.get().status == "accepted"
    if action == "redrive":
        assert at_aws(sfn, row).redrive_count == 1
        assert len(sfn.executions) == 1
    else:
        assert sorted(one.name for one in sfn.executions.values()) == [row.name, f"{row.name}-2"]


def test_an_answer_that_got_lost_is_no_refusal(failed, sfn, now):
    """The client repeats a call whose answer it missed; an engine without tokens then refuses."""
    ask(failed, now)
    [claimed] = work.claim(Retry.objects.select_related("execution"), limit=1, now=now, lease_s=60)
    one = at_aws(sfn, failed)
    sfn.after["DescribeExecution"] = lambda: (sfn.after.clear(), one.redriven(now))

    services.carry_out_retry(claimed, now)

    assert Retry.objects.get().status == "accepted"
    assert one.redrive_count == 1


@pytest.mark.parametrize(
    "database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
)
@pytest.mark.django_db(transaction=True)
def test_many_who_press_at_once_retry_once(database, sfn, now):
    require_database(database)
    [row] = mirrored(sfn, told(7).ends("FAILED", END), now=now)
    gate, answers = threading.Barrier(8), []

    def press():
        try:
            gate.wait(10)
            ask(row, now)
            answers.append("accepted")
        except services.NothingToRetry as exc:
            answers.append(str(exc))
        finally:
            connection.close()

    people = [threading.Thread(target=press) for _person in range(8)]
    for person in people:
        person.start()
    for person in people:
        person.join(30)
    work_off(now=now)

    assert sorted(answers) == ["A retry is already under way."] * 7 + ["accepted"]
    assert sfn.executions[row.arn].redrive_count == 1


@pytest.mark.parametrize(
    "database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
)
@pytest.mark.django_db(transaction=True)
def test_many_workers_carry_a_retry_out_once(database, sfn, now):
    require_database(database)
    rows = mirrored(sfn, *(told(n).ends("FAILED", END) for n in range(6)), now=now)
    for row in rows:
        ask(row, now)
    gate, errors = threading.Barrier(4), []

    def work_on():
        try:
            gate.wait(10)
            services.carry_out_due_retries(clock=lambda: now)
        except Exception as exc:  # noqa: BLE001 -- whatever it was, the test must see it
            errors.append(exc)
        finally:
            connection.close()

    workers = [threading.Thread(target=work_on) for _worker in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)

    assert errors == []
    assert [sfn.executions[row.arn].redrive_count for row in rows] == [1] * 6
    assert sfn.calls.count("RedriveExecution") == 6
