"""Gap: ministack's `startExecution.sync` runs no real child.

Its child has no status events, takes the place of an execution that has the name already, runs on
when its parent is stopped, and fails the parent with its own error; there is no TaskSubmitted.

AWS: the child is an execution like any other, and the task's result its description, in which
`.sync:2` gives input and output as JSON and `.sync` as text. A child that does not succeed fails
the task with States.TaskFailed, with that description as cause. A refused start fails it with the
exception's name, StepFunctions.ExecutionAlreadyExistsException for a name that is taken. An
aborted task stops its child ("Start workflow executions from a task state", "Run a Job (.sync)",
Step Functions Developer Guide; histories recorded from AWS). A redrive starts a new child, as the
task is scheduled anew.

Closed by starting the child over StartExecution and waiting until it is closed. A restart of the
emulator, which AWS does not know, waits on for the child that was there.
"""

import json
from collections.abc import Callable
from typing import Any

from ministack.services import stepfunctions as asl

from sandbox.aws.interpreter import jobs, runs
from sandbox.aws.interpreter.errors import ExecutionError, refused_by, runtime_error
from sandbox.aws.interpreter.history import dumps
from sandbox.aws.interpreter.tokens import Cancelled
from sandbox.aws.parity.integration_metadata import metadata
from sandbox.aws.parity.service_races import on_the_loop
from sandbox.aws.patching import replace

NEEDS = ("interpreter", "redrive")

_RESOURCE = "arn:aws:states:::states:startExecution"

# What AWS says of the refusals of StartExecution, with the ARN that it was asked for.
_MESSAGES = {
    "ExecutionAlreadyExists": "Execution Already Exists: '{execution}'",
    "StateMachineDoesNotExist": "State Machine Does Not Exist: '{machine}'",
}


def apply() -> None:
    replace(asl, "_invoke_nested_start_execution", lambda _resource, parameters: start(parameters))
    for suffix, parse in ((".sync", str), (".sync:2", json.loads)):
        jobs.kinds[_RESOURCE + suffix] = jobs.Kind(
            submit=submit, when_over=when_over, result=result_by(parse), stop=stop
        )


def start(parameters: Any) -> dict[str, Any]:
    """Start an execution with a task's parameters.

    Raises:
        ExecutionError: It was refused.
    """
    order = asl._nested_start_execution_request(_with_input(parameters))
    # On the event loop, so that of two children that want one name only one gets it.
    status, _, body = on_the_loop(_start)(order)
    answer = json.loads(body)
    if status != 200:
        raise _refused(order, answer)
    content = dumps(answer)
    return {
        "ExecutionArn": answer["executionArn"],
        **metadata(content, "application/x-amz-json-1.0"),
        "StartDate": _epoch_ms(answer["startDate"]),
    }


def submit(parameters: Any) -> tuple[str, dict[str, Any]]:
    answer = start(parameters)
    return answer["ExecutionArn"], answer


def when_over(arn: str, callback: Callable[[], None]) -> None:
    with runs.lock:
        record = asl._executions[arn]
        if record["status"] == "RUNNING":
            runs.open_run(record).token.on_cancel(callback)
            return
    callback()


def result_by(parse: Callable[[str], Any]) -> Callable[[str], Any]:
    """Make a function that gives the result of a child whose input and output are parsed so."""

    def result(arn: str) -> dict[str, Any]:
        with runs.lock:
            description = describe(arn)
        if description["Status"] == "RUNNING":
            # The emulator is about to stop, and has not come to us yet.
            raise Cancelled
        if description["Status"] != "SUCCEEDED":
            raise ExecutionError("States.TaskFailed", dumps(description))
        for name in ("Input", "Output"):
            description[name] = parse(description[name])
        return description

    return result


def describe(arn: str) -> dict[str, Any]:
    """An execution's description as a task's result spells it: names in order, dates in ms."""
    _, _, body = asl._describe_execution({"executionArn": arn})
    described = json.loads(body)
    for name in ("inputDetails", "outputDetails"):
        if name in described:
            described[name] = {"Included": described[name]["included"]}
    for name in ("startDate", "stopDate", "redriveDate"):
        if name in described:
            described[name] = _epoch_ms(described[name])
    return {name[0].upper() + name[1:]: described[name] for name in sorted(described)}


def stop(arn: str) -> None:
    # Refused where it has closed by itself meanwhile, which is as well.
    asl._stop_execution({"executionArn": arn})


def _start(order: dict[str, Any]) -> Any:
    return asl._start_execution(order)


def _with_input(parameters: Any) -> dict[str, Any]:
    """The parameters with the input as text: a text is taken for JSON, none and null for {}."""
    if not isinstance(parameters, dict):
        raise runtime_error(
            f"The parameters of a nested execution must be an object: {parameters}"
        )
    given = parameters.get("Input")
    text = given if isinstance(given, str) else dumps({} if given is None else given)
    return parameters | {"Input": text}


def _refused(order: dict[str, Any], answer: dict[str, Any]) -> Exception:
    code = answer["__type"]
    machine = order["stateMachineArn"]
    execution = f"{machine.replace(':stateMachine:', ':execution:')}:{order.get('name')}"
    message = _MESSAGES.get(code, answer.get("message", ""))
    told = message.format(execution=execution, machine=machine)
    cause = refused_by("AWSStepFunctions", code, told)
    return ExecutionError(f"StepFunctions.{code}Exception", cause)  # type: ignore[no-any-return]


def _epoch_ms(stamp: str) -> int:
    return int(asl._iso_to_epoch_ms(stamp))
