"""Tasks that start something and wait for its end: resources that end in `.sync`."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.aws.interpreter import turns
from sandbox.aws.interpreter.errors import ExecutionError

if TYPE_CHECKING:
    from sandbox.aws.interpreter.history import TaskEvents
    from sandbox.aws.interpreter.scopes import Scope


@dataclass(frozen=True)
class Kind:
    """What a resource starts.

    Attributes:
        submit: Starts a job with a task's parameters; returns its id and what is told about it.
        when_over: Calls back when the job is over, or at once when it is.
        result: The task's result, once the job is over; raises an ExecutionError where it failed.
        stop: Ends a job that nobody waits for any more.
    """

    submit: Callable[[Any], tuple[str, Any]]
    when_over: Callable[[str, Callable[[], None]], None]
    result: Callable[[str], Any]
    stop: Callable[[str], None]


# By resource; parity modules add theirs.
kinds: dict[str, Kind] = {}


def run(
    scope: "Scope", kind: Kind, events: "TaskEvents", parameters: Any, timeout_s: float | None
) -> Any:
    """Submit a job and wait for its result, or wait on for the one that the position names.

    A task that is aborted or takes too long stops its job ("Run a Job (.sync)", Step Functions
    Developer Guide; of timeouts it says nothing).

    Raises:
        ExecutionError: The job failed or took longer than `timeout_s`.
        Cancelled: Nobody waits for this walk any more.
    """
    position = scope.position
    answer = None
    if position.get("job") is None:
        position["job"], answer = kind.submit(parameters)
    job = position["job"]
    over = threading.Event()

    def abandon() -> None:
        if not scope.run.is_suspended:
            position["job"] = None
            kind.stop(job)
        over.set()

    # Before anything that may find out that the token is cancelled: a job is never left alone.
    scope.token.on_cancel(abandon)
    try:
        if answer is not None:
            scope.append(*events.submitted(answer))
        kind.when_over(job, over.set)
        with turns.of_executions.given_up():
            is_over = over.wait(timeout_s)
        if not is_over:
            kind.stop(job)
            raise ExecutionError("States.Timeout", None)
        scope.token.check()
        return kind.result(job)
    finally:
        scope.token.forget(abandon)
