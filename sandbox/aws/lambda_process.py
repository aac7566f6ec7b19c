"""Runs inside every Lambda's process, before ministack's own script there.

`lambda_worker` puts this file's text in front of that script, so it may use nothing but the
standard library, and nothing here runs in the emulator itself.
"""

import json
import os
import threading
import time
import traceback
from collections.abc import Callable
from typing import Any

# A function that is busy when the emulator dies outlives it by at most this much.
_LOOK_FOR_PARENT_EVERY_S = 0.5


def follow_parent() -> None:
    """Die with the process that started this one, even if that was killed."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_LOOK_FOR_PARENT_EVERY_S)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def init_failure(error: Exception, module_name: str, handler_name: str) -> str:
    """What Lambda answers when a function cannot be loaded, as JSON."""
    kind, message = type(error).__name__, str(error)
    if isinstance(error, ImportError):
        kind = "Runtime.ImportModuleError"
        message = f"Unable to import module '{module_name}': {error}"
    elif isinstance(error, SyntaxError):
        kind = "Runtime.UserCodeSyntaxError"
        message = f"Syntax error in module '{module_name}': {error}"
    elif isinstance(error, AttributeError) and handler_name in message:
        kind = "Runtime.HandlerNotFound"
        message = f"Handler '{handler_name}' missing on module '{module_name}'"
    return json.dumps({"errorMessage": message, "errorType": kind, "stackTrace": []})


def answer(handler: Callable[[Any, Any], Any], event: Any, context: Any, code_dir: str) -> str:
    """Call the function, and put its result or its exception in one line for the emulator."""
    try:
        result = handler(event, context)
    except Exception as error:  # noqa: BLE001 -- whatever a function raises is its answer
        frames = traceback.format_list(traceback.extract_tb(error.__traceback__)[1:])
        failure = {
            "errorMessage": str(error),
            "errorType": type(error).__name__,
            "requestId": context.aws_request_id,
            "stackTrace": [frame.replace(code_dir, "/var/task") for frame in frames],
        }
        return _failed(failure, traceback.format_exc())
    try:
        return json.dumps({"status": "ok", "result": result})
    except (TypeError, ValueError) as error:
        failure = {
            "errorMessage": f"Unable to marshal response: {error}",
            "errorType": "Runtime.MarshalError",
            "requestId": context.aws_request_id,
            "stackTrace": [],
        }
        return _failed(failure, str(error))


def _failed(failure: dict[str, Any], trace: str) -> str:
    # Not ministack's status "error", on which it throws the process away: an exception leaves a
    # function's environment warm.
    return json.dumps({"status": "ok", "failure": failure, "trace": trace})
