"""The deployed stack: where its tables, queues and state machines are.

Everything is found by the stack's name (GHADMIN_STACK), so no ARN is ever configured by hand.
"""

from __future__ import annotations

import threading
import time

import structlog
from django.conf import settings

from core.aws import client
from core.aws.errors import AwsRejected, AwsUnavailable, translated

log = structlog.get_logger(__name__)

# Outputs change with a deployment; DescribeStacks has a small bucket that the whole account shares.
TTL_S = 300.0


class StackMissing(AwsUnavailable):
    """No stack of that name is deployed (yet): deploy it, and waiting work goes on by itself."""

    code = "stack_missing"


class OutputMissing(AwsUnavailable):
    """The deployed stack is older than this dashboard: deploy it anew."""

    code = "stack_output_missing"


_reading = threading.Lock()
_known: dict[tuple[str | None, str, str], tuple[float, dict[str, str]]] = {}


def outputs() -> dict[str, str]:
    """Return the stack's outputs by name, at most `TTL_S` seconds old while AWS answers.

    Raises:
        StackMissing: Nothing is deployed under GHADMIN_STACK.
        AwsUnavailable: AWS did not answer, and no earlier answer is known.
    """
    key = (settings.AWS_ENDPOINT_URL, settings.AWS_REGION, settings.GHADMIN_STACK)
    if (known := _known.get(key)) and time.monotonic() - known[0] < TTL_S:
        return known[1]
    with _reading:
        known = _known.get(key)
        if known and time.monotonic() - known[0] < TTL_S:  # another thread was first
            return known[1]
        try:
            found = _describe(settings.GHADMIN_STACK)
        except StackMissing:
            _known.pop(key, None)
            raise
        except AwsUnavailable:
            if not known:
                raise
            # Outputs hardly ever change: better old than none, and asked again at the next call.
            log.warning("aws.stack_outputs_stale", stack=settings.GHADMIN_STACK)
            return known[1]
        _known[key] = (time.monotonic(), found)
        return found


def output(name: str) -> str:
    """Return one output of the stack, for example `output("RunsTable")`.

    Raises:
        OutputMissing: The stack has no such output.
        StackMissing, AwsUnavailable: As `outputs`.
    """
    found = outputs()
    if name not in found:
        message = f"The stack {settings.GHADMIN_STACK!r} has no output {name!r}: deploy it anew."
        raise OutputMissing(message)
    return found[name]


def forget() -> None:
    """Read the outputs anew at the next call, for example because an ARN proved to be gone."""
    _known.clear()


def state_machine_arn(name: str) -> str:
    """Return the ARN of one of our machines, for example of `workflow-cost`.

    Raises:
        OutputMissing, StackMissing, AwsUnavailable: As `output`.
    """
    camel = "".join(part.title() for part in name.split("-"))
    return output(f"{camel}StateMachineArn")


def state_machine_name(arn: str) -> str:
    """Return our name of a machine, without the stack's prefix; takes an execution's ARN too."""
    # arn:aws:states:<region>:<account>:stateMachine:<name> or …:execution:<name>:<execution>
    parts = arn.split(":")
    name = parts[6] if len(parts) > 6 else arn
    return name.removeprefix(f"{settings.GHADMIN_STACK}-")


def _describe(stack: str) -> dict[str, str]:
    try:
        with translated():
            found = client.cloudformation().describe_stacks(StackName=stack)["Stacks"]
    except AwsRejected as exc:
        if exc.aws_code != "ValidationError":  # "Stack with id … does not exist"
            raise
        message = f"No stack named {stack!r} is deployed in {settings.AWS_REGION}."
        raise StackMissing(message, exc.aws_code) from exc
    return {
        one["OutputKey"]: one["OutputValue"]
        for stack_found in found
        for one in stack_found.get("Outputs", [])
    }
