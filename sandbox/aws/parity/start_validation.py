"""Gap: ministack starts executions with any name and any input.

AWS: a name has 1 to 80 characters, none of them blank, a bracket, a wildcard or special, else
InvalidName; the input is JSON, else InvalidExecutionInput, and at most 262,144 bytes of UTF-8, else
ValidationException (StartExecution, Step Functions API reference; "Service quotas").

Closed by checking both before ministack sees the request.
"""

import json
import re
from typing import Any

from ministack.core.responses import error_response_json
from ministack.services import stepfunctions as asl

from sandbox.aws.patching import replace

LONGEST_NAME = 80
LARGEST_INPUT_BYTES = 256 * 1024

_FORBIDDEN = re.compile(r"""[\s<>{}\[\]?*"#%\\^|~`$&,;:/'\u0000-\u001f\u007f-\u009f]""")


def apply() -> None:
    start = replace(asl, "_start_execution", None)

    def start_if_valid(data: dict[str, Any]) -> Any:
        return problem(data) or start(data)

    replace(asl, "_start_execution", start_if_valid)


def problem(data: dict[str, Any]) -> Any:
    """The error response for a request that AWS refuses, or None."""
    name = data.get("name")
    if name is not None and (not 1 <= len(name) <= LONGEST_NAME or _FORBIDDEN.search(name)):
        return error_response_json("InvalidName", f"Invalid Name: '{name}'", 400)
    text = data.get("input", "{}")
    if len(text.encode()) > LARGEST_INPUT_BYTES:
        message = (
            "1 validation error detected: Value at 'input' failed to satisfy constraint: Member "
            f"must have length less than or equal to {LARGEST_INPUT_BYTES}"
        )
        return error_response_json("ValidationException", message, 400)
    try:
        json.loads(text)
    except ValueError as error:
        message = f"Invalid State Machine Execution Input: '{error}'"
        return error_response_json("InvalidExecutionInput", message, 400)
    return None
