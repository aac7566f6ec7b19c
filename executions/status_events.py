"""EventBridge's "Step Functions Execution Status Change": reading one, and what it may change.

Delivery is best effort, at least once and in any order; an event carries neither error nor cause nor
redriveCount (facts: Step Functions Developer Guide, "EventBridge integration", read 2026-11-23).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Any

import orjson

from executions.enums import OPEN_STATUSES, ExecutionStatus

if TYPE_CHECKING:
    from executions.models import Execution

DETAIL_TYPE = "Step Functions Execution Status Change"

# An event's own time has whole seconds; its dates have milliseconds, as DescribeExecution's have.
_EVENT_TIME_STEP = timedelta(seconds=1)
_SAME_MOMENT = timedelta(milliseconds=1)


class MalformedEvent(ValueError):
    """A message that is no status event: for a person to look at, in the dead-letter queue."""


class Verdict(Enum):
    """What an event does to the row that we have."""

    IGNORE = "it says nothing new"
    FINISH = "it is recorded as it is"
    LOOK = "DescribeExecution decides"


@dataclass(frozen=True, slots=True)
class StatusEvent:
    """One status change.

    Attributes:
        at: When EventBridge took it, in whole seconds.
        input: None where it was too large for an event.
        output: None where it was too large, or the execution has none.
    """

    arn: str
    state_machine_arn: str
    name: str
    status: str
    at: datetime
    started_at: datetime
    stopped_at: datetime | None
    input: str | None
    output: str | None


def read_event(body: str) -> StatusEvent:
    """Read a message of the status queue.

    Raises:
        MalformedEvent: It is something else.
    """
    try:
        event = orjson.loads(body)
        if event["detail-type"] != DETAIL_TYPE:
            message = f"its detail-type is {str(event['detail-type'])[:80]!r}"
            raise MalformedEvent(message)
        return _read_detail(event["detail"], at=datetime.fromisoformat(event["time"]))
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as exc:
        if isinstance(exc, MalformedEvent):
            raise
        message = f"not a status event: {type(exc).__name__}: {exc}"
        raise MalformedEvent(message) from exc


def _read_detail(detail: dict[str, Any], *, at: datetime) -> StatusEvent:
    status = ExecutionStatus(detail["status"])
    stopped_at = detail.get("stopDate")
    if (stopped_at is None) != (status in OPEN_STATUSES):
        message = f"status {status} with stopDate {stopped_at!r}"
        raise MalformedEvent(message)
    return StatusEvent(
        arn=_text(detail, "executionArn"),
        state_machine_arn=_text(detail, "stateMachineArn"),
        name=_text(detail, "name"),
        status=status.value,
        at=at.astimezone(UTC),
        started_at=_moment(detail["startDate"]),
        stopped_at=None if stopped_at is None else _moment(stopped_at),
        input=_included(detail, "input"),
        output=_included(detail, "output"),
    )


def _text(detail: dict[str, Any], key: str) -> str:
    value = detail[key]
    if not isinstance(value, str) or not value:
        message = f"{key} is not a text"
        raise MalformedEvent(message)
    return value


def _included(detail: dict[str, Any], key: str) -> str | None:
    value = detail.get(key)
    return value if isinstance(value, str) else None


def _moment(epoch_ms: float) -> datetime:
    return datetime.fromtimestamp(epoch_ms / 1000, UTC)


def is_same_finish(known: datetime | None, stopped_at: datetime | None) -> bool:
    """Say whether two stop dates are the same end: a redriven execution ends again, later."""
    if known is None or stopped_at is None:
        return False
    return abs(known - stopped_at) <= _SAME_MOMENT


def judge(row: Execution, event: StatusEvent) -> Verdict:
    """Say what an event does to a row.

    Only what cannot be wrong is taken from the event alone: the success, with its output, of a row
    that never ended. A failure is recorded with its error, which only DescribeExecution knows. All
    else is either stale for certain or left to DescribeExecution, because a redrive turns an ended
    execution into a running one under the same ARN.
    """
    if row.status == ExecutionStatus.SUCCEEDED:
        return Verdict.IGNORE  # AWS never redrives a success
    if event.stopped_at is None:
        return _judge_start(row, event)
    if row.finish_told_at and event.stopped_at <= row.finish_told_at + _SAME_MOMENT:
        return Verdict.IGNORE  # the end that we know, or one before it
    never_ended = row.finish_told_at is None and row.redrive_count == 0
    if event.status == ExecutionStatus.SUCCEEDED and event.output is not None and never_ended:
        return Verdict.FINISH
    return Verdict.LOOK


def _judge_start(row: Execution, event: StatusEvent) -> Verdict:
    if row.status == event.status:
        return Verdict.IGNORE
    if row.stopped_at and event.at + _EVENT_TIME_STEP <= row.stopped_at:
        return Verdict.IGNORE  # older than the end that we know
    return Verdict.LOOK
