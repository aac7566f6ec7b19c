"""From the status queue into rows."""

from datetime import timedelta

import pytest

from executions import services
from executions.models import Execution
from executions.signals import execution_finished
from tests.factories.executions import guid, hear, message, told
from tests.factories.step_functions import FOREIGN_MACHINE, START

pytestmark = pytest.mark.django_db
END = START + timedelta(minutes=5)


def rows(*fields):
    return list(Execution.objects.order_by("started_at").values_list(*fields))


def test_a_start_makes_a_row_that_says_whom_it_is_about(now):
    one = told(7, repository="octo-org/octo-repo")

    hear(one.status_event(), now=now)

    [row] = Execution.objects.all()
    assert (row.arn, row.name, row.state_machine) == (one.arn, one.name, "workflow-cost")
    assert (row.status, row.started_at, row.stopped_at) == ("RUNNING", one.started_at, None)
    assert (row.delivery, row.subject, row.input) == (guid(7), "octo-org/octo-repo", one.input)
    assert not row.is_being_read


def test_a_success_is_recorded_from_its_event_alone(now, finished, sfn):
    one = told(7)
    hear(one.status_event(), now=now)

    hear(one.ends("SUCCEEDED", END).status_event(), now=now)

    [row] = Execution.objects.all()
    assert (row.status, row.stopped_at, row.output) == ("SUCCEEDED", END, '{"stored": true}')
    assert not row.is_being_read
    assert finished == [(one.name, "SUCCEEDED")]
    assert sfn.calls == []


def test_a_failure_waits_for_its_error(now, finished):
    one = told(7).ends("FAILED", END)

    hear(one.status_event(), now=now)

    [row] = Execution.objects.all()
    assert (row.status, row.is_being_read) == ("RUNNING", True)
    assert finished == []


def test_events_of_one_batch_count_in_their_order(now, finished):
    one = told(7)
    start = one.status_event()
    end = one.ends("SUCCEEDED", END).status_event()

    hear(start, end, end, start, now=now)

    assert rows("status", "stopped_at") == [("SUCCEEDED", END)]
    assert finished == [(one.name, "SUCCEEDED")]


def test_an_event_without_input_has_it_looked_up(now):
    hear(told(7).status_event(input=None), now=now)

    assert rows("packed_input", "work_state") == [(None, "waiting")]


def test_an_input_that_comes_later_is_filled_in(now):
    one = told(7)
    hear(one.status_event(input=None), now=now)

    hear(one.status_event(), now=now)

    [row] = Execution.objects.all()
    assert (row.input, row.subject) == (one.input, "octo-org/octo-repo")


@pytest.mark.parametrize(
    "given",
    ["not json", "[]", "null", '{"repository": "o/r"}', '{"repository": {"full_name": 7}}'],
)
def test_an_input_of_another_shape_is_about_nobody(now, given):
    hear(told(7, input=given).status_event(), now=now)

    assert rows("subject", "parent_arn") == [("", "")]


@pytest.mark.parametrize(
    ("given", "subject"),
    [
        ('{"member": {"login": "octocat", "id": 7}, "team": {"slug": "web"}}', "octocat"),
        ('{"member": null, "invitation": {"login": "octocat", "email": ""}}', "octocat"),
        ('{"member": null, "invitation": {"login": "", "email": "a@b.example"}}', "a@b.example"),
        ('{"member": null, "invitation": null}', ""),
    ],
)
def test_an_execution_about_a_person_says_who(now, given, subject):
    hear(told(7, input=given).status_event(), now=now)

    assert rows("subject") == [(subject,)]


def test_a_child_names_the_execution_that_started_it(now):
    given = '{"AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID": "arn:aws:states:parent"}'

    hear(told(7, input=given).status_event(), now=now)

    assert rows("parent_arn") == [("arn:aws:states:parent",)]


def test_take_in_is_done_with_what_it_recorded_and_with_what_is_not_ours(now, sfn):
    ours = message(told(7).status_event())
    foreign = message(told(8, machine=FOREIGN_MACHINE).status_event())

    done = services.take_in([ours, foreign], now=now)

    assert sorted(one.message_id for one in done) == sorted([ours.message_id, foreign.message_id])
    assert rows("delivery") == [(guid(7),)]


@pytest.mark.parametrize("body", ["", "{}", '{"detail-type": "Something Else", "detail": {}}'])
def test_take_in_leaves_malformed_messages_and_records_the_others(now, sfn, body):
    bad, good = message(body), message(told(7).status_event())

    done = services.take_in([bad, good], now=now)

    assert done == [good]
    assert rows("delivery") == [(guid(7),)]


def test_take_in_lets_no_message_hold_up_the_others(now, sfn):
    poison, good = told(7).ends("SUCCEEDED", END), told(8).ends("SUCCEEDED", END)

    def refuse(execution, **_kwargs):
        if execution.name == poison.name:
            raise RuntimeError

    execution_finished.connect(refuse)
    try:
        messages = [message(poison.status_event()), message(good.status_event())]
        done = services.take_in(messages, now=now)
    finally:
        execution_finished.disconnect(refuse)

    assert done == [messages[1]]
    # What a receiver refuses is not recorded: it comes again, and is told again.
    assert rows("delivery", "status") == [(guid(8), "SUCCEEDED")]
