"""Reading status events, and what they may change."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from executions.models import Execution
from executions.status_events import MalformedEvent, Verdict, judge, read_event
from tests.factories.executions import told
from tests.factories.step_functions import MACHINE, START

SECOND = timedelta(seconds=1)


def test_read_event_takes_all_that_an_event_tells():
    end = datetime(2026, 11, 23, 10, 5, 0, 123000, tzinfo=UTC)
    one = told(7).ends("SUCCEEDED", end)

    event = read_event(one.status_event())

    assert (event.arn, event.state_machine_arn, event.name) == (one.arn, MACHINE, one.name)
    assert (event.status, event.started_at, event.stopped_at) == ("SUCCEEDED", one.started_at, end)
    assert (event.input, event.output) == (one.input, '{"stored": true}')
    assert event.at == end.replace(microsecond=0)


def test_read_event_says_when_data_was_too_large_for_an_event():
    body = told(7).ends("SUCCEEDED", START).status_event(with_output=False, input=None)

    event = read_event(body)

    assert (event.input, event.output) == (None, None)


@pytest.mark.parametrize(
    "change",
    [
        {"status": "SOMETHING"},
        {"executionArn": None},
        {"executionArn": ""},
        {"name": 7},
        {"startDate": "yesterday"},
        {"startDate": 1e300},
        {"stopDate": 1763891000000},  # it runs: it cannot have stopped
    ],
)
def test_read_event_refuses_what_cannot_be_a_status_change(change):
    with pytest.raises(MalformedEvent):
        read_event(told(7).status_event(**change))


@pytest.mark.parametrize(
    "body", ["", "{", "[]", "null", '"text"', "{}", '{"detail-type": "Other"}']
)
def test_read_event_refuses_other_messages(body):
    with pytest.raises(MalformedEvent):
        read_event(body)


_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)


@given(
    key=st.sampled_from(["status", "startDate", "stopDate", "name", "input", "output"]),
    value=_JSON,
)
def test_read_event_either_reads_or_refuses_whatever_stands_in_a_field(key, value):
    event = json.loads(told(7).status_event())
    event["detail"][key] = value

    try:
        found = read_event(json.dumps(event))
    except MalformedEvent:
        return
    assert found.started_at.tzinfo is UTC


def row(status="RUNNING", *, stopped_at=None, told_at=None, redrives=0):
    return Execution(
        status=status, stopped_at=stopped_at, finish_told_at=told_at, redrive_count=redrives
    )


def event(status, at, **fields):
    one = told(7)
    if status != "RUNNING":
        one.ends(status, at)
    return read_event(one.status_event(at=at, **fields))


END = START + timedelta(minutes=5)


@pytest.mark.parametrize(
    ("known", "heard", "verdict"),
    [
        # What a success tells is whole, once.
        (row(), event("SUCCEEDED", END), Verdict.FINISH),
        (row(), event("SUCCEEDED", END, with_output=False), Verdict.LOOK),
        (row(redrives=1), event("SUCCEEDED", END), Verdict.LOOK),
        (row(told_at=END), event("SUCCEEDED", END + SECOND), Verdict.LOOK),
        # A failure's error is told by DescribeExecution alone.
        (row(), event("FAILED", END), Verdict.LOOK),
        (row(), event("TIMED_OUT", END), Verdict.LOOK),
        (row(), event("ABORTED", END), Verdict.LOOK),
        # Repetitions.
        (row(), event("RUNNING", START), Verdict.IGNORE),
        (row("FAILED", stopped_at=END, told_at=END), event("FAILED", END), Verdict.IGNORE),
        # Late: the end before the one that is known, or before the redrive that is.
        (
            row("FAILED", stopped_at=END, told_at=END),
            event("FAILED", END - SECOND),
            Verdict.IGNORE,
        ),
        (row(told_at=END, redrives=1), event("FAILED", END), Verdict.IGNORE),
        (row("FAILED", stopped_at=END, told_at=END), event("RUNNING", START), Verdict.IGNORE),
        # A redrive, or its end.
        (row("FAILED", stopped_at=END, told_at=END), event("RUNNING", END), Verdict.LOOK),
        (row("FAILED", stopped_at=END, told_at=END), event("RUNNING", END + SECOND), Verdict.LOOK),
        (row("FAILED", stopped_at=END, told_at=END), event("FAILED", END + SECOND), Verdict.LOOK),
        # Nothing follows a success.
        (
            row("SUCCEEDED", stopped_at=END, told_at=END),
            event("RUNNING", END + SECOND),
            Verdict.IGNORE,
        ),
        (
            row("SUCCEEDED", stopped_at=END, told_at=END),
            event("FAILED", END + SECOND),
            Verdict.IGNORE,
        ),
    ],
)
def test_judge_takes_what_is_certain_and_asks_about_the_rest(known, heard, verdict):
    assert judge(known, heard) is verdict
