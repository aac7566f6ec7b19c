"""What events missed is found by comparing lists."""

from datetime import timedelta

import pytest

from executions import services
from executions.models import Execution, MirrorState, SweepReport
from executions.services import sweeping
from tests.factories.executions import hear, mirrored, told, work_off
from tests.factories.step_functions import FOREIGN_MACHINE, START, Refused

pytestmark = pytest.mark.django_db
END = START + timedelta(minutes=5)


def statuses():
    return dict(Execution.objects.values_list("name", "status"))


def test_an_execution_that_no_event_told_of_is_found(sfn, now, finished):
    running = sfn.add(told(1))
    failed = sfn.add(told(2).ends("FAILED", END))
    succeeded = sfn.add(told(3).ends("SUCCEEDED", END))

    found = services.sweep(now=now)
    work_off(now=now)

    assert (found.listed, found.missing) == (3, 3)
    assert statuses() == {
        running.name: "RUNNING",
        failed.name: "FAILED",
        succeeded.name: "SUCCEEDED",
    }
    assert sorted(finished) == sorted([(failed.name, "FAILED"), (succeeded.name, "SUCCEEDED")])
    assert Execution.objects.get(name=succeeded.name).output == '{"stored": true}'


def test_a_crashed_engine_that_sends_no_event_is_noticed(sfn, now):
    one = told(1)
    mirrored(sfn, one, now=now)
    one.status, one.stopped_at, one.error = "FAILED", END, "States.ServiceRestart"

    found = services.sweep(now=now + timedelta(minutes=1))
    work_off(now=now + timedelta(minutes=1))

    row = Execution.objects.get()
    assert (found.different, found.silent) == (1, 0)
    assert (row.status, row.error) == ("FAILED", "States.ServiceRestart")


def test_an_open_row_that_is_on_no_list_is_asked_about(sfn, now, monkeypatch):
    one = told(1)
    mirrored(sfn, one, now=now)
    one.ends("SUCCEEDED", END)
    monkeypatch.setattr(sfn, "_list_executions", lambda _asked: {"executions": []})

    found = services.sweep(now=now + timedelta(minutes=1))
    work_off(now=now + timedelta(minutes=1))

    assert found.silent == 1
    assert statuses() == {one.name: "SUCCEEDED"}


def test_a_row_that_workers_gave_up_is_asked_about_again(sfn, now):
    one = told(1)
    mirrored(sfn, one, now=now)
    Execution.objects.update(work_state="dead", last_error="Given up: 5 attempts ended badly.")
    one.ends("SUCCEEDED", END)

    services.sweep(now=now + timedelta(minutes=1))
    work_off(now=now + timedelta(minutes=1))

    assert statuses() == {one.name: "SUCCEEDED"}


def test_what_aws_has_forgotten_is_not_asked_about_for_ever(sfn, now):
    mirrored(sfn, told(1), now=now)
    sfn.executions.clear()

    asked = []
    for minute in (1, 6, 11):
        moment = now + timedelta(minutes=minute)
        asked.append(services.sweep(now=moment).silent)
        work_off(now=moment)

    assert asked == [1, 0, 0]


def test_a_redrive_that_no_event_told_of_is_noticed(sfn, now):
    one = told(1).ends("FAILED", END)
    mirrored(sfn, one, now=now)
    one.redriven(now).ends("FAILED", now)

    services.sweep(now=now + timedelta(minutes=1))
    work_off(now=now + timedelta(minutes=1))

    row = Execution.objects.get()
    assert (row.redrive_count, row.stopped_at) == (1, now)


def test_what_moved_just_now_is_left_to_its_events(sfn, now):
    one = told(1)
    mirrored(sfn, one, now=now)
    one.ends("SUCCEEDED", END)

    found = services.sweep(now=now + timedelta(seconds=5))

    assert (found.different, found.silent) == (0, 0)


def test_a_mirror_that_is_right_is_left_as_it_is(sfn, now):
    mirrored(sfn, told(1), told(2).ends("FAILED", END), told(3).ends("SUCCEEDED", END), now=now)
    calls = len(sfn.calls)

    found = services.sweep(now=now + timedelta(minutes=10))
    work_off(now=now + timedelta(minutes=10))

    assert (found.missing, found.different, found.silent) == (0, 0, 0)
    assert sfn.calls[calls:] == ["ListExecutions", "ListExecutions"]


def test_executions_of_other_machines_are_not_looked_at(sfn, now):
    sfn.add(told(1, machine=FOREIGN_MACHINE))

    services.sweep(now=now)

    assert statuses() == {}


def test_with_more_open_executions_than_lists_hold_the_silent_ones_are_asked_once_in_a_while(
    sfn, now, monkeypatch
):
    monkeypatch.setattr(sweeping, "_OPEN_PAGES", 0)
    mirrored(sfn, told(1), now=now)

    asked = []
    for minute in (1, 5, 17):
        moment = now + timedelta(minutes=minute)
        asked.append(services.sweep(now=moment).silent)
        work_off(now=moment)

    assert asked == [1, 0, 1]


def test_a_mirror_counts_as_swept_when_every_machine_was(sfn, now):
    services.sweep(now=now)
    sfn.faults["ListExecutions"] = Refused("AccessDeniedException")
    services.sweep(now=now + timedelta(minutes=5))

    assert MirrorState.objects.get().swept_at == now


def test_events_and_sweeps_may_find_the_same_execution(sfn, now):
    one = sfn.add(told(1).ends("SUCCEEDED", END))

    services.sweep(now=now)
    hear(one.status_event(), now=now)
    work_off(now=now)

    assert statuses() == {one.name: "SUCCEEDED"}


def test_a_sweep_leaves_a_report_of_what_events_had_missed(sfn, now):
    mirrored(sfn, told(1), now=now)
    sfn.add(told(2).ends("FAILED", END))

    services.sweep(now=now)

    report = SweepReport.objects.get()
    assert (report.swept_at, report.listed, report.missing) == (now, 2, 1)
    assert report.found == 1
    assert report.problems == {}


def test_reports_are_kept_for_thirty_days(sfn, now):
    services.sweep(now=now - timedelta(days=31))
    services.sweep(now=now - timedelta(days=29))

    services.sweep(now=now)

    kept = SweepReport.objects.order_by("swept_at").values_list("swept_at", flat=True)
    assert list(kept) == [now - timedelta(days=29), now]


def test_a_machine_that_was_deleted_is_reported_and_ends_no_sweep(sfn, now):
    mirrored(sfn, told(1), now=now)
    sfn.faults["ListExecutions"] = Refused("StateMachineDoesNotExist", "it is gone")

    found = services.sweep(now=now)

    assert found.problems == {"workflow-cost": "it is gone"}
    assert SweepReport.objects.get().problems == {"workflow-cost": "it is gone"}
    assert statuses() == {told(1).name: "RUNNING"}
