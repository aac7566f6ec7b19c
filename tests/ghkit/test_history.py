"""The fold of an execution's events, against what AWS recorded and against what it may send."""

from collections import Counter
from datetime import UTC, datetime

import pytest

from ghkit.history import fold, parse_time
from tests.factories.recorded_histories import (
    FAILED_FAN,
    FAN,
    RECORDED,
    history,
    picture,
    recorded,
)


def test_all_recorded_histories_are_there():
    assert len(RECORDED) == 357


@pytest.mark.parametrize("name", sorted(RECORDED))
def test_fold_reads_every_recorded_history_into_sane_steps(name):
    events = RECORDED[name]

    folded = fold(events)

    types = Counter(event["type"] for event in events)
    entered = [event for event in events if event["type"].endswith("StateEntered")]
    assert folded.unknown_event_types == ()
    assert folded.event_count == len(events)
    assert [(step.entered_event_id, step.state) for step in folded.steps] == [
        (event["id"], event["stateEnteredEventDetails"]["name"]) for event in entered
    ]
    exits = {event["id"]: event for event in events if event["type"].endswith("StateExited")}
    assert {step.exited_event_id for step in folded.steps} - {None} == set(exits)
    for step in folded.steps:
        assert (step.exited_at is None) == (step.exited_event_id is None)
        assert (step.ended_at is None) == (step.status == "running")
        assert step.entered_at <= (step.ended_at or step.entered_at)
        if step.exited_event_id is not None:
            assert step.status in ("succeeded", "caught")
            assert exits[step.exited_event_id]["stateExitedEventDetails"]["name"] == step.state
        else:
            assert step.status in ("running", "failed", "timed_out", "aborted")
        if step.status in ("succeeded", "running", "aborted"):
            assert step.error is None
    tries = sum(step.attempt for step in folded.steps if step.type == "Task")
    assert tries == sum(count for kind, count in types.items() if kind.endswith("Scheduled"))
    starts = sum(step.attempt for step in folded.steps if step.type in ("Map", "Parallel"))
    assert starts == types["MapStateStarted"] + types["ParallelStateStarted"]
    if folded.status == "RUNNING":
        assert not any(
            kind.startswith("Execution") and kind != "ExecutionStarted" for kind in types
        )
    else:
        assert not any(step.status == "running" for step in folded.steps)
    if folded.status == "FAILED":
        culprit = folded.steps[folded.culprit]
        assert culprit.status in ("failed", "timed_out")
        assert (culprit.error, culprit.cause) == (folded.error, folded.cause)


@pytest.mark.parametrize(
    ("name", "status", "steps"),
    [
        ("test_activity_task", "SUCCEEDED", [("ActivityTask", "Task", 1, "succeeded", None)]),
        (
            "test_activity_task_start_timeout",
            "FAILED",
            [("ActivityTask", "Task", 1, "timed_out", "States.Timeout")],
        ),
        (
            # Scheduling itself was impossible: no try was made.
            "test_activity_task_on_deleted",
            "FAILED",
            [("ActivityTask", "Task", 0, "failed", "States.Runtime")],
        ),
        (
            "test_retry_interval_features",
            "FAILED",
            [("LambdaTask", "Task", 3, "failed", "Exception")],
        ),
        ("test_stop_execution", "ABORTED", [("State_1", "Wait", 1, "aborted", None)]),
        (
            "test_parallel_state_fail",
            "FAILED",
            [
                ("ParallelState", "Parallel", 1, "failed", "FailureType"),
                ("ParallelState/0/Branch1", "Fail", 1, "failed", "FailureType"),
            ],
        ),
        (
            # The error stands only in what the Catch put out.
            "test_parallel_state_catch",
            "SUCCEEDED",
            [
                ("ParallelState", "Parallel", 1, "caught", "FailureType"),
                ("ParallelState/0/Branch1", "Fail", 1, "failed", "FailureType"),
                ("FinalCaught", "Pass", 1, "succeeded", None),
            ],
        ),
        (
            # A retried Map starts again without saying that it had failed.
            "test_map_state_retry_multiple_retriers",
            "FAILED",
            [
                ("StartState", "Pass", 1, "succeeded", None),
                ("MapState", "Map", 4, "failed", "HandleItemFailError"),
                ("MapState/0/HandleItemFail", "Fail", 1, "failed", None),
                ("MapState/0/HandleItemFail", "Fail", 1, "failed", None),
                ("MapState/0/HandleItemFail", "Fail", 1, "failed", None),
                ("MapState/0/HandleItemFail", "Fail", 1, "failed", "HandleItemFailError"),
            ],
        ),
        (
            # Iterations 1 to 3 timed out too before iteration 0 took the Map down.
            "test_service_lambda_map_timeout",
            "FAILED",
            [
                ("MapWait", "Map", 1, "failed", "States.Timeout"),
                ("MapWait/0/LambdaInvoke", "Task", 1, "timed_out", "States.Timeout"),
                ("MapWait/1/LambdaInvoke", "Task", 1, "timed_out", "States.Timeout"),
                ("MapWait/2/LambdaInvoke", "Task", 1, "timed_out", "States.Timeout"),
                ("MapWait/3/LambdaInvoke", "Task", 1, "timed_out", "States.Timeout"),
            ],
        ),
        (
            # Two tries, caught; then the state that the Catch leads to cannot be evaluated.
            "test_map_catch_error[MAP_CATCH_ERROR_OUTPUT_WITH_RETRY]",
            "FAILED",
            [
                ("ProcessItems", "Map", 1, "failed", "States.QueryEvaluationError"),
                ("ProcessItems/0/ProcessItem", "Task", 2, "caught", "Exception"),
                ("ProcessItems/0/Fallback", "Pass", 1, "failed", "States.QueryEvaluationError"),
            ],
        ),
        (
            "test_map_state_items_eval_jsonata_fail[null]",
            "FAILED",
            [("MapIterateState", "Map", 0, "failed", "States.QueryEvaluationError")],
        ),
        (
            "test_map_state_config_distributed_reentrant_lambda",
            "SUCCEEDED",
            [
                ("StartState", "Pass", 1, "succeeded", None),
                ("BeforeIteration", "Pass", 1, "succeeded", None),
                ("IterationBody", "Map", 1, "succeeded", None),
                ("CheckIteration", "Choice", 1, "succeeded", None),
                ("BeforeIteration", "Pass", 1, "succeeded", None),
                ("IterationBody", "Map", 1, "succeeded", None),
                ("CheckIteration", "Choice", 1, "succeeded", None),
                ("Terminate", "Succeed", 1, "succeeded", None),
            ],
        ),
        (
            # SendTaskFailure without an error name: failed all the same.
            "test_sqs_failure_in_wait_for_task_tok_no_error_field[SQS_PARALLEL_WAIT_FOR_TASK_TOKEN]",
            "SUCCEEDED",
            [
                ("ParallelJob", "Parallel", 1, "caught", None),
                ("ParallelJob/0/SendMessageWithWait", "Task", 1, "failed", None),
                ("CaughtStatesALL", "Pass", 1, "succeeded", None),
            ],
        ),
    ],
)
def test_fold_agrees_with_histories_read_by_hand(name, status, steps):
    folded = fold(recorded(name))

    assert (folded.status, picture(folded)) == (status, steps)


def test_fold_numbers_iterations_and_keeps_the_events_of_input_and_output():
    folded = fold(recorded("test_base_cases[BASE_SCOPE_MAP]"))

    assert [
        (s.path, s.iteration, s.entered_event_id, s.exited_event_id) for s in folded.steps
    ] == [
        ("State0", None, 2, 3),
        ("State1", None, 4, 19),
        ("State1/0/Inner", 0, 7, 8),
        ("State1/1/Inner", 1, 11, 12),
        ("State1/2/Inner", 2, 15, 16),
        ("State2", None, 20, 21),
    ]


def test_fold_names_the_execution_that_a_task_started():
    folded = fold(recorded("test_start_execution_sync_delegate_failure"))

    assert [s.child_execution_arn for s in folded.steps] == [
        "arn:<partition>:states:<region>:111111111111:execution:<ArnPart_0idx>:TestStartTarget"
    ]


def test_fold_takes_times_from_the_events():
    step = fold(recorded("test_activity_task")).steps[0]

    assert step.entered_at == datetime(2026, 3, 1, 0, 0, 0, 137000, tzinfo=UTC)
    assert step.exited_at == datetime(2026, 3, 1, 0, 0, 0, 685000, tzinfo=UTC)


def test_fold_follows_interleaved_branches_by_their_threads():
    folded = fold(FAN)

    assert [(s.path, s.iteration, s.status) for s in folded.steps] == [
        ("Fan", None, "running"),
        ("Fan/0/Both", 0, "running"),
        ("Fan/1/Both", 1, "running"),
        ("Fan/1/Both/0/Left", 1, "running"),  # between two tries, as far as anyone can tell
        ("Fan/0/Both/0/Left", 0, "succeeded"),
        ("Fan/1/Both/1/Right", 1, "running"),
        ("Fan/0/Both/1/Right", 0, "running"),
    ]
    assert folded.steps[3].error == "Boom"


def test_fold_tells_what_failed_from_what_was_only_stopped():
    folded = fold(FAILED_FAN)

    assert [(s.path, s.status, s.error) for s in folded.steps] == [
        ("Fan", "failed", "Boom"),
        ("Fan/0/Both", "aborted", None),
        ("Fan/1/Both", "failed", "Boom"),
        ("Fan/1/Both/0/Left", "failed", "Boom"),
        ("Fan/0/Both/0/Left", "succeeded", None),
        ("Fan/1/Both/1/Right", "aborted", None),
        ("Fan/0/Both/1/Right", "aborted", None),
    ]
    assert folded.culprit == 3
    assert not folded.ended_in_fail_state


def test_fold_ends_a_wait_that_says_itself_that_it_was_aborted():
    events = history(
        (0, "ExecutionStarted"),
        (0, "WaitStateEntered", {"name": "Pause"}),
        (2, "WaitStateAborted"),
    )

    assert picture(fold(events)) == [("Pause", "Wait", 1, "aborted", None)]


def test_fold_fails_a_map_that_gives_no_reason():
    events = history(
        (0, "ExecutionStarted"),
        (0, "MapStateEntered", {"name": "Fan"}),
        (2, "MapStateStarted"),
        (3, "MapStateFailed"),
        (4, "MapStateExited", {"name": "Fan", "output": '{"Error": "cut o'}),
    )

    assert picture(fold(events)) == [("Fan", "Map", 1, "caught", None)]


def test_fold_passes_over_what_it_cannot_place():
    events = history(
        (0, "ExecutionStarted"),
        (0, "EvaluationFailed", {"state": "Gone", "error": "States.QueryEvaluationError"}),
        (2, "TaskStateEntered", {"name": "Start"}),
        (3, "TaskScheduled", {"resource": "startExecution"}),
        (
            4,
            "TaskSucceeded",
            {"resource": "startExecution", "output": '{"ExecutionArn": "arn:cut'},
        ),
    )

    folded = fold(events)

    assert [(s.state, s.status, s.child_execution_arn) for s in folded.steps] == [
        ("Start", "running", None)
    ]


def test_fold_marks_what_ran_when_the_execution_timed_out():
    events = history(
        (0, "ExecutionStarted"),
        (0, "WaitStateEntered", {"name": "Pause"}),
        (0, "ExecutionTimedOut", {"error": "States.Timeout"}),
    )

    folded = fold(events)

    assert (folded.status, picture(folded)) == (
        "TIMED_OUT",
        [("Pause", "Wait", 1, "timed_out", None)],
    )


def test_fold_knows_a_fail_state_that_ended_the_execution():
    assert fold(recorded("test_parallel_state_fail")).ended_in_fail_state
    assert not fold(recorded("test_retry_interval_features")).ended_in_fail_state


def test_fold_blames_no_step_when_the_execution_itself_failed():
    events = history(
        (0, "ExecutionStarted"),
        (0, "PassStateEntered", {"name": "Loop"}),
        (2, "PassStateExited", {"name": "Loop"}),
        (3, "ExecutionFailed", {"error": "States.Runtime", "cause": "too many events"}),
    )

    folded = fold(events)

    assert (folded.culprit, folded.error) == (None, "States.Runtime")
    assert picture(folded) == [("Loop", "Pass", 1, "succeeded", None)]


def test_fold_keeps_unknown_types_and_reads_on():
    events = history(
        (0, "ExecutionStarted"),
        (0, "OracleStateEntered", {"name": "Ask"}),
        (2, "OracleConsulted", {"answer": "42"}),
        (3, "OracleStateExited", {"name": "Ask"}),
        (4, "ExecutionSucceeded"),
    )

    folded = fold(events)

    assert folded.unknown_event_types == (
        "OracleStateEntered",
        "OracleConsulted",
        "OracleStateExited",
    )
    assert picture(folded) == [("Ask", "Oracle", 1, "succeeded", None)]


@pytest.mark.parametrize(
    "value",
    [
        datetime(2026, 3, 1, 1, 0, 0, 137000, tzinfo=UTC),
        "2026-03-01T01:00:00.137Z",
        "2026-03-01T02:00:00.137+01:00",
        "2026-03-01 01:00:00.137000",
        1772326800.137,
        1772326800137,
    ],
)
def test_parse_time_reads_every_way_of_writing_a_moment(value):
    assert parse_time(value) == datetime(2026, 3, 1, 1, 0, 0, 137000, tzinfo=UTC)
