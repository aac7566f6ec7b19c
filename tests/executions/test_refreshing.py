"""What AWS says of an execution, and its history where somebody wants it."""

from datetime import timedelta

import pytest

from core import work
from core.aws.errors import AwsRejected
from executions import selectors, services
from executions.models import Execution, HistoryPage, Step
from executions.services import refreshing
from tests.factories.executions import hear, mirrored, told, work_off
from tests.factories.step_functions import START, Refused

pytestmark = pytest.mark.django_db
END = START + timedelta(minutes=5)
SECOND = timedelta(seconds=1)


def test_a_failure_is_recorded_with_its_error_its_history_and_its_signal_at_once(
    sfn, now, finished
):
    one = told().ends("FAILED", END, error="GitHubUnavailable", cause="GitHub answered 502")

    [row] = mirrored(sfn, one, now=now)

    assert (row.status, row.stopped_at) == ("FAILED", END)
    assert (row.error, row.cause) == ("GitHubUnavailable", "GitHub answered 502")
    assert (row.redrive_status, row.redrive_count) == ("REDRIVABLE", 0)
    assert (row.failed_step, row.ended_in_fail_state) == ("FetchJobs", False)
    assert (row.history_event_count, row.history_is_current) == (5, True)
    assert [(s.state, s.status, s.error) for s in selectors.steps(row)] == [
        ("FetchJobs", "failed", "GitHubUnavailable")
    ]
    assert selectors.events_by_id(row, [1])[1]["type"] == "ExecutionStarted"
    assert finished == [(one.name, "FAILED")]


def test_a_fail_state_is_remembered_for_the_adviser(sfn, now):
    [row] = mirrored(sfn, told().fails_in_fail_state(END), now=now)

    assert (row.ended_in_fail_state, row.failed_step) == (True, "Refuse")
    assert selectors.advice_of(row, now=now).action == "restart"


def test_where_a_stopped_execution_would_resume_is_told(sfn, now):
    [row] = mirrored(sfn, told().ends("ABORTED", END, state="WaitForRateLimit"), now=now)

    assert row.failed_step == "WaitForRateLimit"


def test_the_history_of_a_success_is_read_when_somebody_looks(sfn, now):
    [row] = mirrored(sfn, told().ends("SUCCEEDED", END), now=now)
    assert sfn.calls == []

    services.look_at(row, now=now)
    work_off(now=now)

    row.refresh_from_db()
    assert sfn.calls[:2] == ["DescribeExecution", "GetExecutionHistory"]
    assert [(s.state, s.status) for s in selectors.steps(row)] == [("FetchJobs", "succeeded")]


def test_looking_again_and_again_asks_aws_no_more(sfn, now):
    [row] = mirrored(sfn, told().ends("FAILED", END), now=now)
    calls = len(sfn.calls)

    for minute in range(5):
        services.look_at(row, now=now + timedelta(minutes=minute))
        work_off(now=now + timedelta(minutes=minute))

    assert len(sfn.calls) == calls


def test_a_running_execution_is_read_anew_while_it_is_watched(sfn, now):
    one = told()
    [row] = mirrored(sfn, one, now=now)

    services.look_at(row, now=now)
    work_off(now=now)
    row.refresh_from_db()
    assert selectors.step_count(row) == 0
    one.enters("Task", "FetchJobs", END)
    services.look_at(row, now=now + SECOND)  # too soon
    work_off(now=now + SECOND)
    row.refresh_from_db()
    assert selectors.step_count(row) == 0
    services.look_at(row, now=now + 2 * SECOND)
    work_off(now=now + 2 * SECOND)

    row.refresh_from_db()
    assert [(s.state, s.status) for s in selectors.steps(row)] == [("FetchJobs", "running")]


def test_looking_does_not_disturb_a_worker_that_is_reading(sfn, now):
    [row] = mirrored(sfn, told(), now=now)
    services.look_at(row, now=now)
    [claimed] = work.claim(Execution, limit=5, now=now, lease_s=60)

    services.look_at(Execution.objects.get(), now=now + 5 * SECOND)
    stale = Execution.objects.get()
    stale.work_state = "done"  # as somebody read it a moment ago
    services.look_at(stale, now=now + 5 * SECOND)
    services.refresh_execution(claimed, now)

    assert Execution.objects.get().history_fetched_at == now


def test_an_end_that_is_heard_of_meanwhile_is_not_overwritten(sfn, now):
    one = told()
    [row] = mirrored(sfn, one, now=now)
    services.look_at(row, now=now)
    [claimed] = work.claim(Execution, limit=5, now=now, lease_s=60)

    def while_aws_answers():
        sfn.after.clear()
        hear(one.ends("SUCCEEDED", END).status_event(), now=now)

    sfn.after["DescribeExecution"] = while_aws_answers
    with pytest.raises(work.LeaseLost):
        services.refresh_execution(claimed, now)
    assert Execution.objects.get().status == "SUCCEEDED"
    work_off(now=now)

    row = Execution.objects.get()
    assert (row.status, row.history_is_current) == ("SUCCEEDED", True)


def test_a_redrive_reopens_the_row_and_its_end_is_told_again(sfn, now, finished):
    one = told().ends("FAILED", END)
    [row] = mirrored(sfn, one, now=now)

    hear(one.redriven(END + SECOND).status_event(at=END + SECOND), now=now)
    work_off(now=now)
    row.refresh_from_db()
    assert (row.status, row.stopped_at, row.error) == ("RUNNING", None, "")
    assert (row.redrive_count, row.history_is_current) == (1, False)
    hear(one.ends("SUCCEEDED", END + 9 * SECOND).status_event(), now=now)
    work_off(now=now)

    row.refresh_from_db()
    assert (row.status, row.output, row.redrive_count) == ("SUCCEEDED", '{"stored": true}', 1)
    assert finished == [(one.name, "FAILED"), (one.name, "SUCCEEDED")]


def test_a_history_that_lags_behind_is_read_again_until_it_has_the_end(sfn, now):
    one = told().ends("FAILED", now - SECOND)
    withheld = [one.events.pop()]

    [row] = mirrored(sfn, one, now=now)
    assert (row.status, row.history_is_current, row.is_being_read) == ("FAILED", False, True)
    one.events.extend(withheld)
    work_off(now=now + 3 * SECOND)

    row.refresh_from_db()
    assert (row.history_is_current, row.is_being_read) == (True, False)


def test_a_history_that_never_gets_its_end_is_not_waited_for(sfn, now):
    one = told().ends("FAILED", now - timedelta(minutes=3))
    one.events.pop()

    [row] = mirrored(sfn, one, now=now)
    services.look_at(row, now=now)

    row.refresh_from_db()
    assert (row.status, row.history_is_current, row.is_being_read) == ("FAILED", False, False)


def test_the_status_is_shown_even_where_the_history_cannot_be_had(sfn, now, finished):
    sfn.faults["GetExecutionHistory"] = Refused("AccessDeniedException", "no GetExecutionHistory")
    one = told().ends("FAILED", END)

    [row] = mirrored(sfn, one, now=now)
    assert (row.status, row.error, row.is_being_read) == ("FAILED", "GitHubUnavailable", True)
    assert "no GetExecutionHistory" in row.last_error
    sfn.faults.clear()
    work_off(now=now + timedelta(minutes=2))

    row.refresh_from_db()
    assert (row.history_is_current, row.is_being_read, row.last_error) == (True, False, "")
    assert finished == [(one.name, "FAILED")]


def test_what_aws_has_forgotten_stays_as_it_was_last_heard_of(sfn, now):
    running, ended = told(), told().ends("FAILED", END)
    rows = mirrored(sfn, running, ended, now=now)
    sfn.executions.clear()
    work.rearm(Execution.objects.all(), now=now)

    work_off(now=now)

    for row in rows:
        row.refresh_from_db()
    assert [(row.status, row.is_forgotten, row.is_being_read) for row in rows] == [
        ("RUNNING", True, False),
        ("FAILED", False, False),
    ]


def test_unknown_events_are_kept_and_named(sfn, now):
    one = told().ends("FAILED", END)
    one.add("OracleConsulted", END)

    [row] = mirrored(sfn, one, now=now)

    assert row.unknown_event_types == ["OracleConsulted"]
    assert selectors.events_by_id(row, [6])[6]["type"] == "OracleConsulted"


def test_a_long_history_is_stored_in_pages_and_replaced_as_a_whole(sfn, now):
    one = told()
    for number in range(170):
        one.enters("Pass", f"State{number}", END)
        one.add("PassStateExited", END, {"name": f"State{number}", "output": "{}"})
    [row] = mirrored(sfn, one, now=now)
    services.look_at(row, now=now)
    work_off(now=now)
    one.ends("FAILED", END)
    hear(one.status_event(), now=now)
    work_off(now=now)

    row.refresh_from_db()
    assert row.history_event_count == len(one.events) == 345
    assert selectors.step_count(row) == Step.objects.count() == 171
    assert HistoryPage.objects.count() == 4
    anything = selectors.EventFilter()
    kept = selectors.find_events(row, anything, after=0, limit=1_000)
    assert [event.id for event in kept] == list(range(1, 346))
    few = selectors.find_events(row, anything, after=99, limit=3)
    assert [event.id for event in few] == [100, 101, 102]
    assert set(selectors.events_by_id(row, [1, 250, 345, 999])) == {1, 250, 345}


def test_half_a_history_of_a_worker_that_died_is_never_shown_and_is_dropped(sfn, now, monkeypatch):
    one = told().ends("FAILED", END)
    sfn.add(one)
    hear(one.status_event(), now=now)
    [claimed] = work.claim(Execution, limit=5, now=now, lease_s=60)
    with monkeypatch.context() as dying:
        dying.setattr(refreshing, "_save", lambda *_args, **_kwargs: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            services.refresh_execution(claimed, now)
    assert (Step.objects.count(), selectors.step_count(Execution.objects.get())) == (1, 0)

    work_off(now=now + timedelta(minutes=2))

    row = Execution.objects.get()
    assert (Step.objects.count(), selectors.step_count(row)) == (1, 1)
    assert HistoryPage.objects.count() == 1


def test_read_through_has_the_history_at_once(sfn, now):
    [row] = mirrored(sfn, told().ends("SUCCEEDED", END), now=now)

    found = services.read_through(row, now=now)

    assert (found.history_event_count, found.is_being_read) == (5, False)
    assert services.read_through(found, now=now).history_event_count == 5
    assert [sfn.calls.count(one) for one in ("DescribeExecution", "GetExecutionHistory")] == [1, 1]


def test_read_through_reads_again_what_has_ended_since(sfn, now):
    one = told()
    [row] = mirrored(sfn, one, now=now)
    assert services.read_through(row, now=now).history_event_count == 1
    hear(one.ends("SUCCEEDED", now).status_event(), now=now + timedelta(seconds=1))
    row.refresh_from_db()

    found = services.read_through(row, now=now + timedelta(seconds=1))

    assert (found.history_event_count, found.history_is_current) == (5, True)


def test_read_through_reads_again_what_was_resumed_in_bulk_and_succeeded(sfn, now):
    one = told().ends("FAILED", END)
    [row] = mirrored(sfn, one, now=now)
    assert (row.history_event_count, row.history_is_current) == (5, True)
    services.request_retry(execution=row, user=None, now=now, in_bulk=True)
    work_off(now=now)
    hear(one.ends("SUCCEEDED", now).status_event(), now=now + timedelta(seconds=1))
    work_off(now=now + timedelta(seconds=1))
    row.refresh_from_db()

    found = services.read_through(row, now=now + timedelta(seconds=1))

    assert found.history_event_count == len(one.events) > 5
    assert selectors.steps(found).last().status == "succeeded"


def test_read_through_waits_for_a_worker_that_reads_already(sfn, now, monkeypatch):
    [row] = mirrored(sfn, told().ends("SUCCEEDED", END), now=now)
    services.look_at(row, now=now)
    [claimed] = work.claim(Execution, limit=5, now=now, lease_s=60)
    # The worker gets on while the other sleeps.
    monkeypatch.setattr(
        refreshing.time, "sleep", lambda _s: services.refresh_execution(claimed, now)
    )

    found = services.read_through(row, now=now)

    assert found.history_event_count == 5


def test_read_through_says_when_aws_gives_nothing(sfn, now):
    [row] = mirrored(sfn, told().ends("SUCCEEDED", END), now=now)
    sfn.faults["DescribeExecution"] = Refused("AccessDeniedException", "not allowed")

    with pytest.raises(AwsRejected, match="not allowed"):
        services.read_through(row, now=now)

    row.refresh_from_db()
    assert (row.is_being_read, row.strikes) == (True, 0)


def test_look_up_makes_the_row_that_the_mirror_has_missed(sfn, now):
    one = sfn.add(told(7).ends("FAILED", END))

    row = services.look_up(one.arn, now=now)
    work_off(now=now)

    row.refresh_from_db()
    assert (row.name, row.status, row.subject) == (one.name, "FAILED", "octo-org/octo-repo")


@pytest.mark.parametrize("arn", ["", "nonsense", "arn:aws:states:us-east-1:1:execution:a:b"])
def test_look_up_knows_only_executions_of_this_stack(sfn, now, arn):
    with pytest.raises(services.ExecutionUnknown):
        services.look_up(arn, now=now)

    assert not Execution.objects.exists()


def test_look_up_leaves_executions_of_others_alone(sfn, now):
    foreign = sfn.add(told(7, machine="arn:aws:states:us-east-1:1:stateMachine:other"))

    with pytest.raises(services.ExecutionUnknown):
        services.look_up(foreign.arn, now=now)

    assert not Execution.objects.exists()
