"""The retry adviser: what a retry would do, said before the click, from what the mirror knows.

Rules of AWS (Step Functions Developer Guide, "Redriving state machine executions", read
2026-11-23): a Standard execution that did not succeed may be resumed at the state that failed while
it closed less than 14 days ago, has fewer than 24,999 events and is younger than a year. A redriven
Fail state fails again. ListExecutions does not tell any of this, so it is worked out here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from executions.enums import FAILURES, ExecutionStatus, RetryAction

if TYPE_CHECKING:
    from datetime import datetime

REDRIVABLE_FOR = timedelta(days=14)
REDRIVABLE_BELOW_EVENTS = 24_999
# AWS counts from the start, all redrives included.
OPEN_FOR_AT_MOST = timedelta(days=365)

# More than 256 KiB between two states. A resumed Map runs its finished iterations again after it.
DATA_LIMIT = "States.DataLimitExceeded"
# Names of errors (ghkit.errors) that the same input will meet for ever.
HOPELESS_ERRORS = frozenset({"InvalidPayload"})
# Errors of the definition, or of its data: resuming runs the definition that the execution began with.
DEFINITION_ERRORS = frozenset(
    {
        DATA_LIMIT,
        "States.IntrinsicFailure",
        "States.NoChoiceMatched",
        "States.ParameterPathFailure",
        "States.QueryEvaluationError",
        "States.ResultPathMatchFailure",
        "States.Runtime",
    }
)

# Names of errors that follow from what the execution read earlier: only from the beginning is it
# read again.
STALE_ERRORS = frozenset({"TeamMissing", "RulesMissing", "MemberGone"})


@dataclass(frozen=True, slots=True)
class Ending:
    """What decides about a retry.

    Attributes:
        status: AWS's word.
        started_at: When it started.
        stopped_at: When it last ended; None while it is open.
        error: Why it failed, by name.
        event_count: Events of its history; 0 where it has not been read.
        ended_in_fail_state: Whether a Fail state ended it.
        failed_step: Path of the step that failed it; empty where that is not known.
        redrive_status: DescribeExecution's word; empty where it was not asked.
        redrive_status_reason: AWS's sentence about it.
        retry_is_open: Whether a retry was asked for and AWS has yet to be told.
        started_anew_as: Name of the execution that was started in its place.
        definition_changed: Whether its machine has another definition by now.
    """

    status: str
    started_at: datetime
    stopped_at: datetime | None
    error: str = ""
    event_count: int = 0
    ended_in_fail_state: bool = False
    failed_step: str = ""
    redrive_status: str = ""
    redrive_status_reason: str = ""
    retry_is_open: bool = False
    started_anew_as: str = ""
    definition_changed: bool = False


@dataclass(frozen=True, slots=True)
class RetryAdvice:
    """What a retry would do.

    Attributes:
        action: `redrive` (resumes where it failed), `restart` (runs from the beginning), `none`.
        reason: Why, in words for whoever presses the button.
        until: When this stops being true; None where it holds for good.
    """

    action: RetryAction
    reason: str
    until: datetime | None = None

    @property
    def is_possible(self) -> bool:
        """Whether there is anything to press."""
        return self.action != RetryAction.NONE


def advise(ending: Ending, *, now: datetime) -> RetryAdvice:
    """Say what a retry at `now` would do, why, and until when."""
    if nothing := _why_nothing(ending):
        return RetryAdvice(RetryAction.NONE, nothing)
    if not_resumable := _why_not_resumable(ending, now):
        reason = f"{not_resumable} It starts anew, from the beginning, with the same input."
        return RetryAdvice(RetryAction.RESTART, reason)
    return RetryAdvice(RetryAction.REDRIVE, _what_resumes(ending), _deadline(ending))


def advise_with_edited_input(ending: Ending) -> RetryAdvice:
    """Say what starting anew with a corrected input would do, and why it cannot be done."""
    if nothing := _why_not_anew(ending):
        return RetryAdvice(RetryAction.NONE, nothing)
    return RetryAdvice(
        RetryAction.RESTART, "It starts anew, from the beginning, with the corrected input."
    )


def _why_not_anew(ending: Ending) -> str:
    if ending.retry_is_open:
        return "A retry is already under way."
    if ending.status == ExecutionStatus.SUCCEEDED:
        return "It succeeded: there is nothing to retry."
    if ending.status == ExecutionStatus.PENDING_REDRIVE:
        return "AWS is about to resume it."
    if ending.status not in FAILURES:
        return "It is still running."
    if ending.started_anew_as:
        return f"It was started anew as {ending.started_anew_as}: follow that one."
    return ""


def _why_nothing(ending: Ending) -> str:
    if nothing := _why_not_anew(ending):
        return nothing
    if ending.error in HOPELESS_ERRORS:
        return (
            f"Its input was refused ({ending.error}): the same input would be refused again."
            " Start it anew with a corrected input, or have the sender correct it."
        )
    if ending.redrive_status == "REDRIVABLE_BY_MAP_RUN":
        return "It is part of a Map Run: retry the execution that started it."
    return ""


def _why_not_resumable(ending: Ending, now: datetime) -> str:
    if ending.ended_in_fail_state:
        where = f" {ending.failed_step}" if ending.failed_step else ""
        return f"It ended in the Fail state{where}, where resuming it would only fail again."
    if ending.error in STALE_ERRORS:
        return f"It failed because of what it had read before ({ending.error}), which may be outdated."
    if ending.event_count >= REDRIVABLE_BELOW_EVENTS:
        return f"Its history is full ({ending.event_count:,} events), so AWS cannot resume it."
    if now >= _deadline(ending):
        if _deadline(ending) == ending.started_at + OPEN_FOR_AT_MOST:
            return "It began a year ago, which is as long as AWS keeps an execution going."
        return "It ended over 14 days ago, so AWS no longer resumes it."
    if ending.definition_changed and ending.error in DEFINITION_ERRORS:
        return (
            f"The workflow itself failed ({ending.error}) and has been changed since; resuming would"
            " run it as it was."
        )
    if ending.redrive_status == "NOT_REDRIVABLE":
        said = ending.redrive_status_reason.strip().rstrip(".")
        return f"AWS does not resume it ({said})." if said else "AWS does not resume it."
    return ""


def _deadline(ending: Ending) -> datetime:
    year = ending.started_at + OPEN_FOR_AT_MOST
    if ending.stopped_at is None:
        return year
    return min(ending.stopped_at + REDRIVABLE_FOR, year)


def _what_resumes(ending: Ending) -> str:
    where = f"at {ending.failed_step}" if ending.failed_step else "where it ended"
    why = {
        ExecutionStatus.ABORTED.value: "which was running when it was stopped",
        ExecutionStatus.TIMED_OUT.value: "which ran out of time",
    }.get(ending.status, f"which failed with {ending.error}" if ending.error else "")
    what = f"It resumes {where}" + (f", {why}" if why and ending.failed_step else "")
    kept = "What succeeded before is kept and does not run again."
    if ending.error == DATA_LIMIT:
        kept = (
            "It succeeds only if less data comes this time; of a Map or Parallel state, all runs"
            " again."
        )
    if ending.definition_changed:
        kept += " It goes on by the definition it began with; the workflow has been changed since."
    return f"{what}. {kept}"
