"""Gap: ministack's status events say more than AWS's, and too much at once.

ministack's carry error, cause and redrive fields on which nobody may rely, always say that an
execution was never redriven, and weigh input and output one by one.

AWS: the detail has the execution's ARN, machine, name, status, dates in epoch milliseconds, input
and output; where the escaped input and output together exceed 248 KiB, the input is left out, then
the output, and `included` says so; a redrive sends RUNNING again ("Automating Step Functions event
delivery with EventBridge", Step Functions Developer Guide).

Closed by sending our own detail over ministack's EventBridge.
"""

import json
import logging
from typing import Any

from ministack.services import eventbridge
from ministack.services import stepfunctions as asl

from sandbox.aws.patching import replace

LARGEST_PAYLOAD_BYTES = 248 * 1024

log = logging.getLogger("sandbox.aws")


def apply() -> None:
    replace(asl, "_emit_execution_status_event", publish)


def publish(record: dict[str, Any]) -> None:
    """Tell EventBridge the status of an execution; StartSyncExecution's tell nothing."""
    if record.get("sync"):
        return
    entry = {
        "Source": "aws.states",
        "DetailType": "Step Functions Execution Status Change",
        "Detail": json.dumps(detail(record)),
        "Resources": [record["executionArn"]],
    }
    try:
        eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)
    except Exception:
        # Delivery is best effort on AWS, and must not fail an execution here either.
        log.exception("no status event for %s", record["executionArn"])


def detail(record: dict[str, Any]) -> dict[str, Any]:
    output = record.get("output") if record["status"] == "SUCCEEDED" else None
    included = {"input": True, "output": True}
    payload_bytes = {"input": _escaped_bytes(record["input"]), "output": _escaped_bytes(output)}
    for name in ("input", "output"):
        if sum(payload_bytes.values()) > LARGEST_PAYLOAD_BYTES:
            included[name] = False
            payload_bytes[name] = 0
    return {
        "executionArn": record["executionArn"],
        "stateMachineArn": record["stateMachineArn"],
        "name": record["name"],
        "status": record["status"],
        "startDate": asl._iso_to_epoch_ms(record["startDate"]),
        "stopDate": asl._iso_to_epoch_ms(record.get("stopDate")),
        "input": record["input"] if included["input"] else None,
        "inputDetails": {"included": included["input"]},
        "output": output if included["output"] else None,
        "outputDetails": None if output is None else {"included": included["output"]},
    }


def _escaped_bytes(text: str | None) -> int:
    return 0 if text is None else len(json.dumps(text, ensure_ascii=False).encode())
