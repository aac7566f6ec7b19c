"""Events as GetExecutionHistory gives them.

Shapes and `previousEventId` follow 357 histories recorded from AWS (LocalStack's validated
snapshots, 2024-2026) and botocore's model of `states` 2016-11-23.
"""

import json
import re
from typing import Any

from ministack.core.responses import get_region, now_iso

Record = dict[str, Any]
Details = dict[str, Any]

# Longest error and cause in characters, HistoryEvent details of the Step Functions API reference.
_LONGEST_ERROR = 256
_LONGEST_CAUSE = 32_768

_LAMBDA_ARN = re.compile(r"^arn:aws[\w-]*:lambda:")
_INTEGRATION_ARN = re.compile(
    r"^arn:aws[\w-]*:states:[^:]*:[^:]*:(?P<type>aws-sdk:[^:]+|[^:]+):(?P<action>.+)$"
)


def dumps(value: Any) -> str:
    """JSON as Step Functions writes it: compact and in UTF-8, which is what its limits count."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def append(
    record: Record, event_type: str, details: Details | None = None, *, previous: int
) -> int:
    """Add one event to an execution and return its id."""
    event_id = len(record["events"]) + 1
    event = {
        "id": event_id,
        "type": event_type,
        "timestamp": now_iso(),
        "previousEventId": previous,
    }
    if details is not None:
        event[_details_key(event_type)] = details
    record["events"].append(event)
    return event_id


def _details_key(event_type: str) -> str:
    for shared in ("StateEntered", "StateExited"):
        if event_type.endswith(shared):
            event_type = shared
    return f"{event_type[0].lower()}{event_type[1:]}EventDetails"


def entered(name: str, value: Any) -> Details:
    return {"name": name, "input": dumps(value), "inputDetails": {"truncated": False}}


def exited(name: str, value: Any) -> Details:
    return {"name": name, "output": dumps(value), "outputDetails": {"truncated": False}}


def failed(error: str | None, cause: str | None) -> Details:
    """Error and cause, each only where there is one."""
    details = {}
    if error:
        details["error"] = error[:_LONGEST_ERROR]
    if cause:
        details["cause"] = cause[:_LONGEST_CAUSE]
    return details


class TaskEvents:
    """Names and shapes of a task's events, which depend on what the task calls."""

    def __init__(self, resource: str) -> None:
        self._resource = resource
        self._prefix = "Task"
        integration = _INTEGRATION_ARN.match(resource)
        if _LAMBDA_ARN.match(resource):
            self._prefix = "LambdaFunction"
        elif ":activity:" in resource:
            self._prefix = "Activity"
        self._called: Details = {}
        if self._prefix == "Task" and integration:
            self._called = {
                "resourceType": integration["type"],
                "resource": integration["action"],
            }

    def scheduled(self, parameters: Any, *, timeout_s: float | None) -> tuple[str, Details]:
        details: Details
        if self._called:
            details = {**self._called, "region": get_region(), "parameters": dumps(parameters)}
        else:
            details = {"resource": self._resource, "input": dumps(parameters)}
            details["inputDetails"] = {"truncated": False}
        if timeout_s is not None:
            details["timeoutInSeconds"] = int(timeout_s)
        return f"{self._prefix}Scheduled", details

    def started(self) -> tuple[str, Details | None]:
        if self._prefix == "Activity":
            return "ActivityStarted", {}
        return f"{self._prefix}Started", self._called or None

    def submitted(self, answer: Any) -> tuple[str, Details]:
        output = {"output": dumps(answer), "outputDetails": {"truncated": False}}
        return f"{self._prefix}Submitted", {**self._called, **output}

    def succeeded(self, result: Any) -> tuple[str, Details]:
        output = {"output": dumps(result), "outputDetails": {"truncated": False}}
        return f"{self._prefix}Succeeded", {**self._called, **output}

    def failed(self, error: str, cause: str | None) -> tuple[str, Details]:
        outcome = "TimedOut" if error == "States.Timeout" else "Failed"
        return f"{self._prefix}{outcome}", {**self._called, **failed(error, cause)}

    def named_in_errors(self) -> str:
        """How AWS calls this task in its own error messages."""
        return str(self._called.get("resourceType", self._resource))
