"""What a folded history holds, and how events become it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

from ghkit.history.reading import Reading
from ghkit.history.visits import Visit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ghkit.history.visits import Event, ExecutionStatus, StepStatus

# Epoch numbers above this are milliseconds: as seconds it is the year 5138.
_EPOCH_MS_FROM: Final = 1e11


@dataclass(frozen=True, slots=True)
class Try:
    """One try of a step: what lies between two of them is the wait of its Retry, or a redrive's.

    Attributes:
        started_at: When the task was scheduled, the Map or Parallel started.
        ended_at: When it succeeded, failed or was stopped; None while it runs.
        status: As a step's; a failure that was caught is `failed`.
        error: Name of its error.
    """

    started_at: datetime
    ended_at: datetime | None
    status: StepStatus
    error: str | None


@dataclass(frozen=True, slots=True)
class Step:
    """One visit of a state.

    Attributes:
        state: The state's name.
        type: ASL's type: Task, Pass, Choice, Wait, Succeed, Fail, Map, Parallel.
        path: The names of the enclosing states from the outside in, each followed by the index of
            the iteration (Map) or the number of the branch (Parallel, in order of entry), and the
            state's own name: `Fan/0/Work`.
        iteration: Index of the innermost enclosing Map iteration; None outside of any.
        attempt: How often its task was scheduled (its Map or Parallel started); 1 for the other
            types, which are tried once by nature.
        status: `running`; `succeeded`; `caught` (it failed and a Catch took the failure);
            `failed`; `timed_out` (its last try did, or the execution while it ran); `aborted`
            (stopped because something else failed or someone stopped the execution).
        entered_at: When it was entered.
        exited_at: When it was left towards another state or the end; None when it was not.
        ended_at: When it was left, failed or stopped for good; None while it runs.
        error: Name of the last try's error, where that failed.
        cause: The error's text as AWS has it; for a Lambda a JSON object.
        child_execution_arn: The execution that it started.
        entered_event_id: The event that holds its input.
        exited_event_id: The event that holds its output.
        resource: What its task called, as the event names it: `dynamodb:putItem`, `lambda:invoke`, or
            the ARN of a function or an activity; None where nothing was called.
        tries: Each try, in order.
    """

    state: str
    type: str
    path: str
    iteration: int | None
    attempt: int
    status: StepStatus
    entered_at: datetime
    exited_at: datetime | None
    ended_at: datetime | None
    error: str | None
    cause: str | None
    child_execution_arn: str | None
    entered_event_id: int
    exited_event_id: int | None
    resource: str | None
    tries: tuple[Try, ...]


@dataclass(frozen=True, slots=True)
class FoldedHistory:
    """What the events of one execution say.

    Attributes:
        status: AWS's word for the execution's state; RUNNING when no event ends it.
        error: Why it failed, by name.
        cause: Why it failed, in AWS's words.
        started_at: None when the history's beginning is missing.
        stopped_at: When it last ended; None while it runs.
        steps: Every visit, in order of entry.
        culprit: Index in `steps` of the innermost step that failed the execution.
        redrive_count: How often it was redriven.
        redriven_at: When; fewer than `redrive_count` where the history is not whole.
        owners: By event id, the index in `steps` of the step that the event belongs to; events of the
            execution itself and of iterations belong to none.
        event_count: Events read, without repeated ones.
        unknown_event_types: Types that this code does not know, in order of appearance.
    """

    status: ExecutionStatus
    error: str | None
    cause: str | None
    started_at: datetime | None
    stopped_at: datetime | None
    steps: tuple[Step, ...]
    culprit: int | None
    redrive_count: int
    redriven_at: tuple[datetime, ...]
    owners: Mapping[int, int]
    event_count: int
    unknown_event_types: tuple[str, ...]

    @property
    def ended_in_fail_state(self) -> bool:
        """Whether a Fail state ended it: a redrive would enter that state and fail again."""
        return self.culprit is not None and self.steps[self.culprit].type == "Fail"


def fold(events: Iterable[Event]) -> FoldedHistory:
    """Fold the events of one execution, in any order, whole or in part.

    Args:
        events: As GetExecutionHistory answers them. Timestamps may be datetimes, ISO texts or
            epoch numbers; a repeated event counts once.
    """
    reading = Reading()
    for event in sorted(events, key=itemgetter("id")):
        reading.read(event)
    reading.settle()
    place = {visit: index for index, visit in enumerate(reading.visits)}
    return FoldedHistory(
        status=reading.status,
        error=reading.error,
        cause=reading.cause,
        started_at=_time(reading.started_at),
        stopped_at=_time(reading.stopped_at),
        steps=tuple(map(_finished, reading.visits)),
        culprit=None if reading.culprit is None else place[reading.culprit],
        redrive_count=reading.redrive_count,
        redriven_at=tuple(map(parse_time, reading.redriven_at)),
        owners={
            event_id: place[node]
            for event_id, node in reading.nodes.items()
            if isinstance(node, Visit)
        },
        event_count=reading.event_count,
        unknown_event_types=tuple(reading.unknown),
    )


def parse_time(value: datetime | str | float) -> datetime:
    """Read a timestamp as boto3, the AWS CLI or the wire write it; naive ones are UTC."""
    if isinstance(value, datetime):
        moment = value
    elif isinstance(value, str):
        moment = datetime.fromisoformat(value)
    else:
        seconds = value / 1000 if value > _EPOCH_MS_FROM else value
        return datetime.fromtimestamp(seconds, UTC)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _finished(visit: Visit) -> Step:
    return Step(
        state=visit.state,
        type=visit.type,
        path=visit.path,
        iteration=visit.scope.iteration,
        attempt=len(visit.trials) if visit.type in ("Task", "Map", "Parallel") else 1,
        status=visit.status,
        entered_at=parse_time(visit.entered_at),
        exited_at=_time(visit.exited_at),
        ended_at=_time(visit.ended_at),
        error=visit.error,
        cause=visit.cause,
        child_execution_arn=visit.child_execution_arn,
        entered_event_id=visit.entered_event_id,
        exited_event_id=visit.exited_event_id,
        resource=(
            f"{visit.resource_type}:{visit.resource}" if visit.resource_type else visit.resource
        ),
        tries=tuple(
            Try(parse_time(one.started_at), _time(one.ended_at), one.status, one.error)
            for one in visit.trials
        ),
    )


def _time(value: Any) -> datetime | None:
    return None if value is None else parse_time(value)
