"""Gap: when ministack restarts, executions that ran come back FAILED without any status event.

AWS: nothing of the kind exists there; executions outlive the machines that run them.

Closed by taking running executions up again where the last save left them. The state at hand is
tried anew, as tasks may be on AWS. What cannot be taken up (StartSyncExecution, whose caller is
gone, and children of a distributed Map) fails with States.ServiceRestart, and says so by an event.
"""

from typing import Any

from ministack.core.responses import now_iso, request_scope
from ministack.services import stepfunctions as asl

from sandbox.aws import lifecycle
from sandbox.aws.interpreter import history, runs
from sandbox.aws.patching import replace

NEEDS = ("interpreter",)


def apply() -> None:
    restore = replace(asl, "_restore_state", None)

    def restore_without_failing(data: dict[str, Any] | None) -> None:
        executions = (data or {}).pop("executions", {})
        restore(data)
        asl._executions.update(executions)

    replace(asl, "_restore_state", restore_without_failing)
    lifecycle.on_ready.append(resume_all)


def resume_all() -> None:
    """Go on with every execution that was running when the last process ended.

    And tell of those of which it had no time left to do so.
    """
    for record in list(asl._executions.all_values()):
        if record.get("untold"):
            with request_scope(*_place_of(record)):
                runs.tell(record)
        if record["status"] != "RUNNING":
            continue
        if record.get("sync") or record.get("mapRunArn"):
            fail(record)
        else:
            runs.start(record)


def fail(record: dict[str, Any]) -> None:
    cause = "Execution was running when service restarted"
    details = history.failed("States.ServiceRestart", cause)
    with runs.lock:
        record.update({"status": "FAILED", "stopDate": now_iso(), "untold": True} | details)
        history.append(record, "ExecutionFailed", details, previous=len(record["events"]))
        runs.changed.add(record["executionArn"])
    with request_scope(*_place_of(record)):
        runs.tell(record)


def _place_of(record: dict[str, Any]) -> tuple[str, str]:
    _, _, _, region, account, *_ = record["executionArn"].split(":")
    return account, region
