"""Errors in plain words."""

import json

import pytest

from executions.words import plain_error

LAMBDA = json.dumps(
    {
        "errorMessage": "GET /repos/o/r answered 502",
        "errorType": "GitHubUnavailable",
        "stackTrace": ["  File …"],
    }
)


def test_plain_error_takes_a_lambdas_own_message_out_of_the_cause():
    error = plain_error("GitHubUnavailable", LAMBDA)

    assert error.name == "GitHubUnavailable"
    assert error.message == "GET /repos/o/r answered 502"
    assert error.meaning == "GitHub did not answer, or answered with an error of its own."
    assert error.detail == LAMBDA


def test_plain_error_looks_into_the_execution_that_failed_inside():
    cause = json.dumps({"ExecutionArn": "arn", "Error": "GitHubUnavailable", "Cause": LAMBDA})

    error = plain_error("States.TaskFailed", cause)

    assert (error.name, error.message) == ("GitHubUnavailable", "GET /repos/o/r answered 502")


def test_plain_error_says_when_a_function_ran_out_of_time():
    cause = json.dumps(
        {"errorMessage": "2026-11-23T10:00:00Z abc Task timed out after 3.00 seconds"}
    )

    assert (
        plain_error("Sandbox.Timedout", cause).meaning == "The function took longer than it may."
    )
    assert plain_error("Other", cause).meaning == "The function took longer than its 3 seconds."


@pytest.mark.parametrize("cause", ["plain text", "{not json", "{}", '{"errorMessage": 7}', "[1]"])
def test_plain_error_shows_an_unfamiliar_cause_as_it_is_and_once(cause):
    error = plain_error("Strange", cause)

    assert (error.name, error.meaning, error.message, error.detail) == ("Strange", "", cause, "")


@pytest.mark.parametrize(("error", "cause"), [(None, None), ("", "")])
def test_plain_error_is_none_where_nothing_went_wrong(error, cause):
    assert plain_error(error, cause) is None


def test_plain_error_ends_in_a_chain_of_executions_without_an_end():
    cause = "no"
    for _level in range(8):  # each level doubles the backslashes
        cause = json.dumps({"ExecutionArn": "arn", "Error": "Deep", "Cause": cause})

    assert plain_error("Deep", cause).name == "Deep"
