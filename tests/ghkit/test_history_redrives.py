"""What a redrive does to the steps of a history."""

from ghkit.history import fold
from tests.factories.recorded_histories import FAILED_FAN, history, picture


def test_fold_resumes_the_failed_task_when_a_redrive_schedules_it_again():
    events = history(
        (0, "ExecutionStarted"),
        (0, "PassStateEntered", {"name": "Prepare"}),
        (2, "PassStateExited", {"name": "Prepare"}),
        (3, "TaskStateEntered", {"name": "Work"}),
        (4, "TaskScheduled", {"resource": "invoke"}),
        (5, "TaskFailed", {"resource": "invoke", "error": "Boom"}),
        (6, "ExecutionFailed", {"error": "Boom"}),
        (7, "ExecutionRedriven", {"redriveCount": 1}),
        (8, "TaskScheduled", {"resource": "invoke"}),
        (9, "TaskSucceeded", {"resource": "invoke", "output": "{}"}),
        (10, "TaskStateExited", {"name": "Work", "output": "{}"}),
        (11, "ExecutionSucceeded"),
    )

    folded = fold(events)

    assert picture(fold(events[:9])) == [
        ("Prepare", "Pass", 1, "succeeded", None),
        ("Work", "Task", 2, "running", None),
    ]
    assert picture(folded) == [
        ("Prepare", "Pass", 1, "succeeded", None),
        ("Work", "Task", 2, "succeeded", None),
    ]
    assert (folded.status, folded.error, folded.redrive_count) == ("SUCCEEDED", None, 1)


def test_fold_counts_a_new_visit_when_a_redrive_enters_the_state_again():
    events = history(
        (0, "ExecutionStarted"),
        (0, "TaskStateEntered", {"name": "Work"}),
        (2, "TaskScheduled", {"resource": "invoke"}),
        (3, "TaskFailed", {"resource": "invoke", "error": "Boom"}),
        (4, "ExecutionFailed", {"error": "Boom"}),
        (5, "ExecutionRedriven", {"redriveCount": 1}),
        (6, "TaskStateEntered", {"name": "Work"}),
        (7, "TaskScheduled", {"resource": "invoke"}),
        (8, "TaskSucceeded", {"resource": "invoke", "output": "{}"}),
        (9, "TaskStateExited", {"name": "Work", "output": "{}"}),
        (10, "ExecutionSucceeded"),
    )

    assert picture(fold(events)) == [
        ("Work", "Task", 1, "failed", "Boom"),
        ("Work", "Task", 1, "succeeded", None),
    ]


def test_fold_resumes_inside_the_iteration_that_a_redrive_runs_again():
    events = [
        *FAILED_FAN,
        *history(
            *[(0, "Skipped")] * 23,
            (23, "ExecutionRedriven", {"redriveCount": 1}),
            (24, "TaskScheduled", {"resource": "invoke"}),
            (25, "TaskSucceeded", {"resource": "invoke", "output": "{}"}),
            (26, "TaskStateExited", {"name": "Left", "output": "{}"}),
            (24, "WaitStateExited", {"name": "Right", "output": "{}"}),
        )[23:],
    ]

    folded = fold(events)

    assert [(s.path, s.status) for s in folded.steps] == [
        ("Fan", "running"),
        ("Fan/0/Both", "aborted"),
        ("Fan/1/Both", "running"),
        ("Fan/1/Both/0/Left", "succeeded"),
        ("Fan/0/Both/0/Left", "succeeded"),
        ("Fan/1/Both/1/Right", "succeeded"),
        ("Fan/0/Both/1/Right", "aborted"),
    ]


def test_fold_enters_the_fail_state_again_where_a_redrive_does():
    events = history(
        (0, "ExecutionStarted"),
        (0, "MapStateEntered", {"name": "Fan"}),
        (2, "MapStateStarted", {"length": 1}),
        (3, "MapIterationStarted", {"name": "Fan", "index": 0}),
        (4, "FailStateEntered", {"name": "Refuse"}),
        (5, "MapIterationFailed", {"name": "Fan", "index": 0}),
        (5, "MapStateFailed"),
        (7, "ExecutionFailed", {"error": "Refused"}),
        (8, "ExecutionRedriven", {"redriveCount": 1}),
        (9, "FailStateEntered", {"name": "Refuse"}),
        (10, "MapStateFailed"),
        (11, "ExecutionFailed", {"error": "Refused"}),
    )

    folded = fold(events)

    assert picture(folded) == [
        ("Fan", "Map", 1, "failed", "Refused"),
        ("Fan/0/Refuse", "Fail", 1, "failed", "Refused"),
        ("Fan/0/Refuse", "Fail", 1, "failed", "Refused"),
    ]
    assert (folded.culprit, folded.ended_in_fail_state) == (2, True)


def test_fold_starts_an_iteration_again_where_a_redrive_does():
    events = [
        *FAILED_FAN,
        *history(
            *[(0, "Skipped")] * 23,
            (23, "ExecutionRedriven", {"redriveCount": 1}),
            (24, "MapIterationStarted", {"name": "Fan", "index": 1}),
            (25, "PassStateEntered", {"name": "Detour"}),
            (24, "PassStateEntered", {"name": "Elsewhere"}),
        )[23:],
    ]

    folded = fold(events)

    assert [(s.path, s.status) for s in folded.steps if s.status == "running"] == [
        ("Fan", "running"),
        ("Fan/1/Detour", "running"),
        ("Elsewhere", "running"),
    ]


def test_fold_ends_the_steps_of_a_try_that_a_map_has_left_behind():
    events = history(
        (0, "ExecutionStarted"),
        (0, "MapStateEntered", {"name": "Fan"}),
        (2, "MapStateStarted", {"length": 2}),
        (3, "MapIterationStarted", {"name": "Fan", "index": 0}),
        (3, "MapIterationStarted", {"name": "Fan", "index": 1}),
        (5, "WaitStateEntered", {"name": "Pause"}),
        (4, "FailStateEntered", {"name": "Refuse"}),
        (7, "MapIterationFailed", {"name": "Fan", "index": 0}),
        (7, "MapStateStarted", {"length": 2}),
    )

    assert picture(fold(events)) == [
        ("Fan", "Map", 2, "running", None),
        ("Fan/1/Pause", "Wait", 1, "aborted", None),
        ("Fan/0/Refuse", "Fail", 1, "failed", None),
    ]


def test_fold_tries_the_outer_of_two_parallels_again_when_the_inner_has_failed():
    """Found by a random machine: the inner one looked as if it were tried again itself."""
    once = (
        ("ParallelStateEntered", {"name": "Inner", "input": "{}"}),
        ("ParallelStateStarted",),
        ("TaskStateEntered", {"name": "Work", "input": "{}"}),
        ("LambdaFunctionScheduled",),
        ("LambdaFunctionFailed", {"error": "Busy"}),
        ("ParallelStateFailed",),
    )
    kinds = [
        ("ExecutionStarted",),
        ("ParallelStateEntered", {"name": "Outer", "input": "{}"}),
        *(("ParallelStateStarted",), *once),
        *(("ParallelStateStarted",), *once),
        ("ParallelStateFailed",),
        ("ParallelStateExited", {"name": "Outer", "output": "{}"}),
        ("ExecutionSucceeded",),
    ]

    folded = fold(history(*((number, *kind) for number, kind in enumerate(kinds))))

    once_read = [
        ("Outer/0/Inner", "Parallel", 1, "failed", "Busy"),
        ("Outer/0/Inner/0/Work", "Task", 1, "failed", "Busy"),
    ]
    assert picture(folded) == [("Outer", "Parallel", 2, "caught", "Busy"), *once_read, *once_read]
