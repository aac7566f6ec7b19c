"""Task states: call something, with retries, timeout and the events of each attempt."""

import contextvars
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from ministack.core.responses import new_uuid
from ministack.services import stepfunctions as asl

from sandbox.aws.interpreter import jobs, recovery, turns
from sandbox.aws.interpreter.errors import ExecutionError, runtime_error
from sandbox.aws.interpreter.history import TaskEvents

if TYPE_CHECKING:
    from sandbox.aws.interpreter.scopes import Outcome, Scope, State

# Threads that are kept, for calls that may take too long; more than ever call at a time.
_callers = ThreadPoolExecutor(max_workers=100_000, thread_name_prefix="call")


def execute(scope: "Scope", state: "State") -> "Outcome":
    retries = recovery.Retries(scope, state)
    while True:
        retries.begin()
        try:
            result = _attempt(scope, state)
            return scope.output_of(state, result), asl._next_or_end(state)
        except ExecutionError as failure:
            reported = scope.report(failure)
            if retries.wait(reported):
                continue
            caught = recovery.catch(scope, state, reported)
            if caught is None:
                raise reported from None
            return caught


def _attempt(scope: "Scope", state: "State") -> Any:
    """Call the resource once, between its Scheduled and its Succeeded or Failed event."""
    events = TaskEvents(state["Resource"])
    timeout_s = _timeout_s(scope, state)
    parameters = None
    # A job that outlived a restart of the emulator was scheduled before it.
    if scope.position.get("job") is None:
        parameters = _schedule(scope, state, events, timeout_s)
    try:
        result = _call(scope, state, events, parameters, timeout_s)
        scope.check(events.named_in_errors(), result)
    except ExecutionError as failure:
        scope.append(*events.failed(failure.error, failure.cause))
        raise
    else:
        scope.append(*events.succeeded(result))
        return result
    finally:
        # Not before the event: what is saved between the two must not start a second job.
        if not scope.run.is_suspended:
            scope.position["job"] = None


def _schedule(scope: "Scope", state: "State", events: TaskEvents, timeout_s: float | None) -> Any:
    if ".waitForTaskToken" in state["Resource"]:
        scope.context["Task"] = {"Token": new_uuid()}
    parameters = scope.parameters(state)
    scope.append(*events.scheduled(parameters, timeout_s=timeout_s))
    scope.append(*events.started())
    return parameters


def _timeout_s(scope: "Scope", state: "State") -> float | None:
    if "TimeoutSecondsPath" in state:
        value = asl._apply_input_path(state, scope.position["input"], scope.context)
        path = state["TimeoutSecondsPath"]
        return float(asl._resolve_path_or_ctx(path, value, scope.context))
    if "TimeoutSeconds" in state:
        return float(state["TimeoutSeconds"])
    return None


def _call(
    scope: "Scope",
    state: "State",
    events: TaskEvents,
    parameters: Any,
    timeout_s: float | None,
) -> Any:
    resource = state["Resource"]
    if resource in jobs.kinds:
        return jobs.run(scope, jobs.kinds[resource], events, parameters, timeout_s)
    if ".waitForTaskToken" in resource:
        token = scope.context["Task"]["Token"]
        with turns.of_executions.given_up():
            return asl._invoke_with_callback(resource, parameters, token, state)
    # An activity's time starts when a worker takes it, so ministack keeps that one itself.
    if ":activity:" in resource:
        with turns.of_executions.given_up():
            return _invoke(resource, parameters)
    if timeout_s is None:
        return _invoke(resource, parameters)
    return _invoke_for_at_most(timeout_s, resource, parameters)


def _invoke(resource: str, parameters: Any) -> Any:
    try:
        return asl._invoke_resource(resource, parameters)
    except ExecutionError:
        raise
    except Exception as surprise:
        raise runtime_error(f"{type(surprise).__name__}: {surprise}") from surprise


def _invoke_for_at_most(timeout_s: float, resource: str, parameters: Any) -> Any:
    """Give up on a call that takes too long; it goes on behind our back, as on AWS."""
    context = contextvars.copy_context()
    answer = _callers.submit(context.run, _invoke, resource, parameters)
    try:
        return answer.result(timeout_s)
    except TimeoutError:
        raise ExecutionError("States.Timeout", None) from None
