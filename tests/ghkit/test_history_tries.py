"""The tries of each step, and histories that come in parts or in another order."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghkit.history import fold
from tests.factories.recorded_histories import FAILED_FAN, FAN, NOON, RECORDED, history, recorded


def spans(step):
    """The tries of a step, as seconds after noon."""
    return [
        (
            (one.started_at - NOON).total_seconds(),
            None if one.ended_at is None else (one.ended_at - NOON).total_seconds(),
            one.status,
            one.error,
        )
        for one in step.tries
    ]


CALL = {"resource": "putItem", "resourceType": "dynamodb"}
TWICE = (
    (0, "ExecutionStarted"),
    (0, "TaskStateEntered", {"name": "Store"}),
    (2, "TaskScheduled", CALL),
    (3, "TaskStarted", CALL),
    (4, "TaskFailed", CALL | {"error": "Busy"}),
    (5, "TaskScheduled", CALL),
    (6, "TaskStarted", CALL),
)


@pytest.mark.parametrize(
    ("then", "latest"),
    [
        ((), (6, None, "running", None)),
        (
            ((7, "TaskTimedOut", CALL | {"error": "States.Timeout"}),),
            (6, 8, "timed_out", "States.Timeout"),
        ),
        (
            ((7, "TaskSucceeded", CALL), (8, "TaskStateExited", {"name": "Store"})),
            (6, 9, "succeeded", None),
        ),
        (((7, "ExecutionAborted"),), (6, 8, "aborted", None)),
        (
            (
                (7, "TaskFailed", CALL | {"error": "Full"}),
                (8, "TaskStateExited", {"name": "Store"}),
            ),
            (6, 8, "failed", "Full"),
        ),
    ],
)
def test_fold_tells_each_try_with_its_time_and_its_error(then, latest):
    folded = fold(history(*TWICE, *then))

    [step] = folded.steps
    assert spans(step) == [(3, 5, "failed", "Busy"), latest]
    assert step.resource == "dynamodb:putItem"


def test_fold_tells_when_a_redrive_tried_again():
    folded = fold(
        history(
            *TWICE,
            (7, "TaskFailed", CALL | {"error": "Full"}),
            (8, "ExecutionFailed", {"error": "Full"}),
            (9, "ExecutionRedriven", {"redriveCount": 1}),
            (10, "TaskScheduled", CALL),
        )
    )

    assert folded.redriven_at == (NOON + timedelta(seconds=10),)
    assert spans(folded.steps[0])[1:] == [(6, 8, "failed", "Full"), (11, None, "running", None)]


@pytest.mark.parametrize("name", sorted(RECORDED))
def test_fold_gives_every_event_of_a_step_to_the_step(name):
    events = RECORDED[name]

    folded = fold(events)

    for event in events:
        if event["type"].endswith(("StateEntered", "StateExited")):
            [details] = [event[key] for key in event if key.endswith("EventDetails")]
            assert folded.steps[folded.owners[event["id"]]].state == details["name"]
    for step in folded.steps:
        assert len(step.tries) == (step.attempt if step.type in ("Task", "Map", "Parallel") else 0)
        for one in step.tries:
            assert step.entered_at <= one.started_at
            assert one.ended_at is None or one.started_at <= one.ended_at <= step.ended_at


@given(data=st.data())
def test_fold_does_not_care_in_which_order_or_how_often_events_come(data):
    events = data.draw(st.sampled_from([FAILED_FAN, recorded("test_map_state")]))
    shuffled = data.draw(st.permutations([*events, *data.draw(st.lists(st.sampled_from(events)))]))

    assert fold(shuffled) == fold(events)


@given(data=st.data())
def test_fold_reads_any_part_of_a_history(data):
    events = RECORDED[data.draw(st.sampled_from(sorted(RECORDED)))]
    part = data.draw(st.lists(st.sampled_from(events), unique_by=lambda event: event["id"]))

    folded = fold(part)

    entered = [e["id"] for e in part if e["type"].endswith("StateEntered")]
    assert [step.entered_event_id for step in folded.steps] == sorted(entered)


@pytest.mark.parametrize("start", range(len(FAILED_FAN)))
def test_fold_reads_the_rest_of_a_history_that_lost_its_beginning(start):
    folded = fold(FAILED_FAN[start:])

    assert (folded.status, folded.error) == ("FAILED", "Boom")
    assert all(step.status != "running" for step in folded.steps)


def test_fold_places_an_iteration_whose_map_is_missing_from_the_history():
    folded = fold(FAN[3:])

    assert folded.steps[0].path == "Fan/0/Both"
    assert folded.steps[1].iteration == 1
