"""Gap: in ministack a second StartExecution with the same name always fails.

AWS: while the execution runs, the same name and input answer with that execution and its start
date; after it closed, or with another input, ExecutionAlreadyExists (StartExecution, Step Functions
API reference).

Closed by answering for the running execution before ministack looks for duplicates.
"""

from typing import Any

from ministack.core.responses import get_account_id, get_region, json_response
from ministack.services import stepfunctions as asl

from sandbox.aws.patching import replace


def apply() -> None:
    start = replace(asl, "_start_execution", None)

    def start_once(data: dict[str, Any]) -> Any:
        running = find_running(data)
        if running is None:
            return start(data)
        return json_response({name: running[name] for name in ("executionArn", "startDate")})

    replace(asl, "_start_execution", start_once)


def find_running(data: dict[str, Any]) -> dict[str, Any] | None:
    """The running execution with this name and input."""
    machine = asl._resolve_state_machine_arn(data.get("stateMachineArn", ""))
    if machine is None or not data.get("name"):
        return None
    name = f"{machine.split(':')[6]}:{data['name']}"
    arn = f"arn:aws:states:{get_region()}:{get_account_id()}:execution:{name}"
    record: dict[str, Any] | None = asl._executions.get(arn)
    if record is None or record["status"] != "RUNNING":
        return None
    return record if record["input"] == data.get("input", "{}") else None
