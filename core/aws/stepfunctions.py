"""Step Functions, as far as the dashboard uses it. Answers are plain JSON-able values.

Times come as ISO 8601 text in UTC (`2026-11-23T17:00:00.123000+00:00`), so that an answer can be
stored, compared and shown to `ghkit.history` as it is. All calls raise `core.aws.errors`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from core.aws import client
from core.aws.errors import translated

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# The most that AWS allows a page.
PAGE_SIZE = 1_000


@dataclass(frozen=True, slots=True)
class Started:
    """An execution that runs from now on, or already ran under the same name and input."""

    arn: str
    started_at: datetime


def start_execution(*, state_machine_arn: str, name: str, input_json: str) -> Started:
    """Start an execution; the same name and input while it runs returns the one that runs.

    Raises:
        ExecutionAlreadyExists: The name was used within 90 days, and the execution has closed or has
            another input.
        InvalidExecutionInput, StateMachineDoesNotExist, AwsThrottled, AwsUnavailable, AwsRejected:
            As their names say.
    """
    with translated():
        answer = client.stepfunctions().start_execution(
            stateMachineArn=state_machine_arn, name=name, input=input_json
        )
        return Started(arn=answer["executionArn"], started_at=answer["startDate"].astimezone(UTC))


def execution_arn(state_machine_arn: str, name: str) -> str:
    """Return the ARN that an execution of this name has, whether it exists or not."""
    return f"{state_machine_arn.replace(':stateMachine:', ':execution:', 1)}:{name}"


def describe_execution(arn: str) -> dict[str, Any]:
    """Return DescribeExecution's answer: status, input, output, error, cause, redriveCount, ….

    Raises:
        ExecutionDoesNotExist: AWS does not know it (any more).
    """
    with translated():
        answer = client.stepfunctions().describe_execution(executionArn=arn)
        return _plain_dict(answer) | {"executionArn": answer["executionArn"]}


def describe_state_machine(arn: str) -> dict[str, Any]:
    """Return a machine as it is now: its definition and, once it was updated, its revisionId.

    Throttled far less than `describe_state_machine_for_execution`.
    """
    with translated():
        answer = client.stepfunctions().describe_state_machine(stateMachineArn=arn)
    return _plain_dict(answer)


def describe_state_machine_for_execution(arn: str) -> dict[str, Any]:
    """Return the definition that this execution runs; refills at 1 a second, so keep the answer."""
    with translated():
        answer = client.stepfunctions().describe_state_machine_for_execution(executionArn=arn)
        return _plain_dict(answer) | {"definition": answer["definition"]}


def execution_history(arn: str, *, with_data: bool = True) -> Iterator[list[dict[str, Any]]]:
    """Yield the execution's events, oldest first, in pages of up to 1,000 as AWS sends them.

    Args:
        arn: The execution.
        with_data: False leaves out inputs and outputs, for a light copy.
    """
    token = ""
    while True:
        more: Any = {"nextToken": token} if token else {}
        with translated():
            answer = client.stepfunctions().get_execution_history(
                executionArn=arn, maxResults=PAGE_SIZE, includeExecutionData=with_data, **more
            )
            events = [_plain_dict(event) for event in answer["events"]]
        yield events
        token = answer.get("nextToken", "")
        if not token:
            return


def list_executions(
    state_machine_arn: str, *, status: str = "", page_size: int = PAGE_SIZE
) -> Iterator[list[dict[str, Any]]]:
    """Yield pages of a machine's executions: running ones by start, others by stop, newest first.

    Eventually consistent, and without redriveStatus, input or output.

    Args:
        state_machine_arn: Whose executions.
        status: One of AWS's status names; all when empty.
        page_size: Up to 1,000.
    """
    wanted: Any = {"statusFilter": status} if status else {}
    while True:
        with translated():
            answer = client.stepfunctions().list_executions(
                stateMachineArn=state_machine_arn, maxResults=page_size, **wanted
            )
            executions = [_plain_dict(one) for one in answer["executions"]]
        yield executions
        if not answer.get("nextToken"):
            return
        wanted = wanted | {"nextToken": answer["nextToken"]}


def redrive_execution(arn: str, *, client_token: str) -> datetime:
    """Resume a failed execution at the state that failed, under its own ARN.

    Args:
        arn: The execution.
        client_token: The same token within 15 minutes redrives once.

    Raises:
        ExecutionNotRedrivable: It runs, succeeded, or is too old or too long.
        ExecutionDoesNotExist: AWS does not know it (any more).
    """
    with translated():
        answer = client.stepfunctions().redrive_execution(
            executionArn=arn, clientToken=client_token
        )
        return answer["redriveDate"].astimezone(UTC)


def stop_execution(arn: str, *, error: str, cause: str) -> datetime:
    """Abort a running execution; AWS cuts `error` at 256 and `cause` at 32,768 characters.

    Raises:
        ExecutionDoesNotExist: AWS does not know it (any more).
    """
    with translated():
        answer = client.stepfunctions().stop_execution(
            executionArn=arn, error=error[:256], cause=cause[:32_768]
        )
        return answer["stopDate"].astimezone(UTC)


def _plain_dict(answer: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _plain(item) for key, item in answer.items() if key != "ResponseMetadata"}


def _plain(value: Any) -> Any:
    """Turn botocore's datetimes (in the machine's time zone) into UTC text, at any depth."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, dict):
        return _plain_dict(value)
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value
