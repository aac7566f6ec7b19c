"""Gap: ministack lets results and outputs of any size through.

AWS: the input or output of a task, state or execution is at most 256 KiB of UTF-8; a larger one
fails with States.DataLimitExceeded ("Service quotas", Step Functions Developer Guide; message as
in histories recorded from AWS).

Closed by a check of every task's result and every state's output.
"""

from typing import Any

from sandbox.aws.interpreter import scopes
from sandbox.aws.interpreter.errors import ExecutionError
from sandbox.aws.interpreter.history import dumps

NEEDS = ("interpreter",)

LARGEST_BYTES = 256 * 1024


def apply() -> None:
    scopes.checks.append(refuse_large)


def refuse_large(source: str, value: Any) -> None:
    if len(dumps(value).encode()) > LARGEST_BYTES:
        raise ExecutionError(
            "States.DataLimitExceeded",
            f"The state/task '{source}' returned a result with a size exceeding the maximum "
            "number of bytes service limit.",
        )
