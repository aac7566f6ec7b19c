"""The adviser: what a retry would do, said before the click."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from executions.advice import Ending, advise
from executions.enums import ExecutionStatus, RetryAction

START = datetime(2026, 11, 1, 9, tzinfo=UTC)
END = START + timedelta(minutes=3)
FAILURES = ("FAILED", "TIMED_OUT", "ABORTED")


def ending(**fields):
    return Ending(
        **{
            "status": "FAILED",
            "started_at": START,
            "stopped_at": END,
            "error": "GitHubUnavailable",
            "event_count": 20,
            "failed_step": "FetchJobs",
            "redrive_status": "REDRIVABLE",
        }
        | fields
    )


def test_advise_resumes_a_failure_where_it_failed_for_fourteen_days():
    advice = advise(ending(), now=END)

    assert advice.action == RetryAction.REDRIVE
    assert advice.reason == (
        "It resumes at FetchJobs, which failed with GitHubUnavailable."
        " What succeeded before is kept and does not run again."
    )
    assert advice.until == END + timedelta(days=14)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        (
            {"status": "ABORTED", "error": ""},
            "It resumes at FetchJobs, which was running when it was stopped.",
        ),
        (
            {"status": "TIMED_OUT", "error": "States.Timeout"},
            "It resumes at FetchJobs, which ran out of time.",
        ),
        ({"failed_step": ""}, "It resumes where it ended."),
        ({"error": ""}, "It resumes at FetchJobs."),
    ],
)
def test_advise_says_in_plain_words_where_it_resumes(fields, reason):
    advice = advise(ending(**fields), now=END)

    assert advice.action == RetryAction.REDRIVE
    assert advice.reason.startswith(reason)


def test_advise_promises_nothing_of_a_map_whose_data_was_too_much():
    advice = advise(ending(error="States.DataLimitExceeded"), now=END)

    assert advice.action == RetryAction.REDRIVE
    assert "of a Map or Parallel state, all runs again" in advice.reason
    assert "does not run again" not in advice.reason


@pytest.mark.parametrize(
    ("now", "action"),
    [
        (END + timedelta(days=14) - timedelta(microseconds=1), RetryAction.REDRIVE),
        (END + timedelta(days=14), RetryAction.RESTART),
    ],
)
def test_advise_starts_anew_from_the_fourteenth_day_on(now, action):
    assert advise(ending(), now=now).action == action


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"ended_in_fail_state": True}, "Fail state"),
        ({"event_count": 24_999}, "24,999 events"),
        ({"error": "TeamMissing"}, "what it had read before (TeamMissing)"),
        ({"redrive_status": "NOT_REDRIVABLE", "redrive_status_reason": "Too old."}, "(Too old)"),
        ({"redrive_status": "NOT_REDRIVABLE"}, "AWS does not resume it."),
        ({"started_at": END - timedelta(days=365)}, "a year ago"),
    ],
)
def test_advise_starts_anew_what_cannot_be_resumed_and_says_why(fields, word):
    advice = advise(ending(**fields), now=END + timedelta(hours=1))

    assert advice.action == RetryAction.RESTART
    assert word in advice.reason
    assert advice.reason.endswith("It starts anew, from the beginning, with the same input.")
    assert advice.until is None


@pytest.mark.parametrize(
    ("error", "is_changed", "action"),
    [
        ("States.Runtime", True, RetryAction.RESTART),
        ("States.Runtime", False, RetryAction.REDRIVE),
        ("GitHubUnavailable", True, RetryAction.REDRIVE),
    ],
)
def test_advise_starts_anew_what_the_workflow_got_wrong_once_it_was_changed(
    error, is_changed, action
):
    advice = advise(ending(error=error, definition_changed=is_changed), now=END)

    assert advice.action == action
    assert ("The workflow itself failed" in advice.reason) is (action == RetryAction.RESTART)


def test_advise_still_resumes_one_event_below_the_limit():
    assert advise(ending(event_count=24_998), now=END).action == RetryAction.REDRIVE


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"status": "RUNNING", "stopped_at": None}, "still running"),
        ({"status": "PENDING_REDRIVE", "stopped_at": None}, "about to resume"),
        ({"status": "SUCCEEDED"}, "nothing to retry"),
        ({"retry_is_open": True}, "already under way"),
        ({"started_anew_as": "workflow_run-x-2"}, "workflow_run-x-2"),
        ({"error": "InvalidPayload"}, "have the sender correct it"),
        ({"redrive_status": "REDRIVABLE_BY_MAP_RUN"}, "Map Run"),
    ],
)
def test_advise_offers_nothing_where_nothing_would_help_and_says_why(fields, word):
    advice = advise(ending(**fields), now=END)

    assert advice.action == RetryAction.NONE
    assert not advice.is_possible
    assert word in advice.reason
    assert advice.until is None


ENDINGS = st.builds(
    Ending,
    status=st.sampled_from(ExecutionStatus.values),
    started_at=st.just(START),
    stopped_at=st.timedeltas(timedelta(), timedelta(days=400)).map(lambda after: START + after),
    error=st.sampled_from(["", "GitHubUnavailable", "InvalidPayload"]),
    event_count=st.integers(0, 25_000),
    ended_in_fail_state=st.booleans(),
    failed_step=st.sampled_from(["", "FetchJobs", "Fan/0/Work"]),
    redrive_status=st.sampled_from(["", "REDRIVABLE", "NOT_REDRIVABLE", "REDRIVABLE_BY_MAP_RUN"]),
    redrive_status_reason=st.sampled_from(["", "No."]),
    retry_is_open=st.booleans(),
    started_anew_as=st.sampled_from(["", "other"]),
)
NOWS = st.timedeltas(timedelta(), timedelta(days=500)).map(lambda after: START + after)


@given(one=ENDINGS, now=NOWS)
def test_advise_never_resumes_what_aws_would_refuse(one, now):
    advice = advise(one, now=now)

    if advice.action == RetryAction.REDRIVE:
        assert one.status in FAILURES
        assert one.event_count < 24_999
        assert now < one.stopped_at + timedelta(days=14)
        assert one.redrive_status in ("", "REDRIVABLE")
        assert not one.ended_in_fail_state


@given(one=ENDINGS, now=NOWS)
def test_advise_always_has_a_reason_and_keeps_its_word_until_it_said(one, now):
    advice = advise(one, now=now)

    assert advice.reason.endswith(".")
    assert ".." not in advice.reason
    if advice.until is not None:
        assert now < advice.until
        just_before = advice.until - timedelta(microseconds=1)
        assert advise(one, now=just_before).action == advice.action
        assert advise(one, now=advice.until).action != advice.action


@given(one=ENDINGS, now=NOWS)
def test_advise_touches_nothing_that_runs_succeeded_or_is_being_retried(one, now):
    if one.status not in FAILURES or one.retry_is_open or one.started_anew_as:
        assert advise(one, now=now).action == RetryAction.NONE
