"""The types of events in a history, parted by what they say (HistoryEvent, AWS Step Functions API Reference)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ghkit.history.visits import ExecutionStatus

TRY_SCHEDULED: Final = ("ActivityScheduled", "LambdaFunctionScheduled", "TaskScheduled")
TRY_FAILED: Final = (
    "ActivityFailed",
    "ActivityScheduleFailed",
    "LambdaFunctionFailed",
    "LambdaFunctionScheduleFailed",
    "LambdaFunctionStartFailed",
    "MapRunFailed",
    "TaskFailed",
    "TaskStartFailed",
    "TaskSubmitFailed",
)
TRY_TIMED_OUT: Final = ("ActivityTimedOut", "LambdaFunctionTimedOut", "TaskTimedOut")
CHILD_NAMED: Final = ("TaskSubmitted", "TaskSucceeded")
SILENT: Final = (
    "ActivityStarted",
    "ActivitySucceeded",
    "LambdaFunctionStarted",
    "LambdaFunctionSucceeded",
    "MapRunAborted",
    "MapRunRedriven",
    "MapRunStarted",
    "MapRunSucceeded",
    "MapStateSucceeded",
    "ParallelStateSucceeded",
    "TaskStarted",
)
STATE_TYPES: Final = ("Choice", "Fail", "Map", "Parallel", "Pass", "Succeed", "Task", "Wait")
ENDS: Final[dict[str, ExecutionStatus]] = {
    "ExecutionSucceeded": "SUCCEEDED",
    "ExecutionFailed": "FAILED",
    "ExecutionTimedOut": "TIMED_OUT",
    "ExecutionAborted": "ABORTED",
}


def details_key(kind: str) -> str:
    """Return under which key an event of this type has its details."""
    if kind.endswith("StateEntered"):
        return "stateEnteredEventDetails"
    if kind.endswith("StateExited"):
        return "stateExitedEventDetails"
    return f"{kind[0].lower()}{kind[1:]}EventDetails"
