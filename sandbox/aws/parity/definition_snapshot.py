"""Gap: ministack's DescribeStateMachineForExecution answers with today's definition.

AWS: it answers with the definition, role and revision that the execution was started with, which
is also what a redrive runs (DescribeStateMachineForExecution, Step Functions API reference).

Closed by answering from the copy that the interpreter keeps in the execution's record.
"""

import json
from typing import Any

from ministack.core.responses import json_response
from ministack.services import stepfunctions as asl

from sandbox.aws.interpreter import runs
from sandbox.aws.patching import replace

NEEDS = ("interpreter",)

KEPT = ("definition", "roleArn", "revisionId")


def apply() -> None:
    describe = replace(asl, "_describe_state_machine_for_execution", None)

    def describe_as_started(data: dict[str, Any]) -> Any:
        status, headers, body = describe(data)
        if status != 200:
            return status, headers, body
        record = asl._executions[data["executionArn"]]
        runs.complete(record)
        return json_response(json.loads(body) | {name: record[name] for name in KEPT})

    replace(asl, "_describe_state_machine_for_execution", describe_as_started)
