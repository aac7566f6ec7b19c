"""Gap: ministack runs executions unlike AWS, and tells less about it.

ministack's histories have no `previousEventId`, no TaskStarted, no Lambda, Map or Parallel events
and no event at all inside a Map or Parallel; a Parallel waits for all branches when one fails; a
Map may run more than 40 iterations at once; nothing can be taken up again where it stopped; a
stopped execution waits on; failed executions have an output.

AWS: GetExecutionHistory and DescribeExecution in the Step Functions API reference; "Parallel state"
and "Map state" in the Developer Guide; histories recorded from AWS (see `interpreter.history`).

Closed by running executions in our own interpreter, which keeps its position in the record.
"""

import json
from typing import Any

from ministack.core.responses import json_response
from ministack.services import stepfunctions as asl

from sandbox.aws.interpreter import history, runs
from sandbox.aws.patching import replace

Response = tuple[int, dict[str, str], Any]


def apply() -> None:
    stop_closed = replace(asl, "_stop_execution", None)
    describe = replace(asl, "_describe_execution", None)
    forget_all = replace(asl, "reset", None)

    def suspend_and_forget_all() -> None:
        runs.suspend_all()
        forget_all()

    replace(asl, "reset", suspend_and_forget_all)
    replace(asl, "_run_execution", run)
    replace(asl, "_stop_execution", lambda data: stop(data, stop_closed))
    replace(asl, "_describe_execution", lambda data: without_nulls(describe(data)))


def run(execution_arn: str) -> None:
    """Interpret an execution on this thread; ministack starts one for each."""
    record = asl._executions.get(execution_arn)
    if record is not None and record["status"] == "RUNNING":
        runs.open_run(record).interpret()


def stop(data: dict[str, Any], stop_closed: Any) -> Response:
    record = asl._executions.get(data.get("executionArn"))
    if record is not None and record["status"] == "RUNNING":
        details = history.failed(data.get("error"), data.get("cause"))
        runs.open_run(record).close("ABORTED", "ExecutionAborted", details, fields=details)
        return json_response({"stopDate": record["stopDate"]})  # type: ignore[no-any-return]
    return stop_closed(data)  # type: ignore[no-any-return]


def without_nulls(response: Response) -> Response:
    """AWS leaves out what an execution does not have."""
    status, _, body = response
    if status != 200:
        return response
    shown = {name: value for name, value in json.loads(body).items() if value is not None}
    if "output" not in shown:
        shown.pop("outputDetails", None)
    return json_response(shown)  # type: ignore[no-any-return]
