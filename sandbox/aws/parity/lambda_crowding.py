"""Gap: ministack starts a process for each invocation that finds no idle one, however many.

AWS: so does Lambda, on as many machines as it takes ("Understanding Lambda function scaling",
Lambda Developer Guide). On one machine, sixty cold starts at once keep each other from ever ending,
and the functions' timeouts run out.

Closed by letting SANDBOX_AWS_LAMBDAS_AT_ONCE invocations in at a time: the others wait before their
time is taken, as if they had been asked for a little later. A function that waited for another one
could wait for ever; none of ours does.
"""

import threading
from typing import Any

from ministack.services import lambda_svc

from sandbox.aws.patching import replace
from sandbox.aws.settings import current


def apply() -> None:
    room = threading.BoundedSemaphore(current().lambdas_at_once)
    execute = replace(lambda_svc, "_execute_function_warm", None)

    def execute_when_there_is_room(function: Any, event: Any, request_id: str) -> Any:
        with room:
            return execute(function, event, request_id)

    replace(lambda_svc, "_execute_function_warm", execute_when_there_is_room)
