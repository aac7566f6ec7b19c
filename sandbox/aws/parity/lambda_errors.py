"""Gap: in ministack every Python exception of a Lambda is called Runtime.HandlerError.

So Retry and Catch by name never match. It also ends the process of a function that raised.

AWS: errorType is the exception's class name alone, with message, request id and stack trace; a
function that cannot be loaded, exits, or returns what is no JSON has a Runtime.* name ("Lambda
function errors in Python", Lambda Developer Guide; histories recorded from AWS); one that is too
slow Sandbox.Timedout. Step Functions takes errorType as the error, and calls a throttled
invocation Lambda.TooManyRequestsException ("Handle Lambda service exceptions", Step Functions
Developer Guide). For a killed process that guide says Lambda.Unknown; Lambda's own answer, and so
the error, is Runtime.ExitError: retry both.

Closed in the function's process, and where ministack reads its answer.
"""

import json
import threading
from typing import Any

from ministack.core import lambda_runtime
from ministack.services import lambda_svc
from ministack.services import stepfunctions as asl

from sandbox.aws import lambda_worker
from sandbox.aws.interpreter.errors import ExecutionError
from sandbox.aws.patching import replace

_LOADING = r"""
        _real_stdout.write(json.dumps({"status": "error", "error": str(e)}) + "\n")
"""
_LOADING_NAMED = r"""
        _real_stdout.write(json.dumps({"status": "error",
            "error": init_failure(e, module_name, handler_name)}) + "\n")
"""
_CALLING = r"""
            result = handler_fn(event, context)
            _real_stdout.write(json.dumps({"status": "ok", "result": result}) + "\n")
"""
_CALLING_NAMED = r"""
            _real_stdout.write(answer(handler_fn, event, context, code_dir) + "\n")
"""

_INIT_FAILED = "Worker init failed: "

# The answer of the process to the invocation on this thread, from which ministack keeps too little.
_answered = threading.local()


def apply() -> None:
    lambda_worker.edit(_LOADING, _LOADING_NAMED)
    lambda_worker.edit(_CALLING, _CALLING_NAMED)
    invoke = replace(lambda_runtime.Worker, "invoke", None)
    execute = replace(lambda_svc, "_execute_function_warm", None)
    call = replace(asl, "_call_lambda", None)

    def invoke_and_keep(worker: Any, *args: Any, **kwargs: Any) -> Any:
        _answered.result = invoke(worker, *args, **kwargs)
        return _answered.result

    def execute_and_name(function: Any, event: Any, request_id: str) -> Any:
        _answered.result = {}
        return named(execute(function, event, request_id), _answered.result, request_id)

    def call_and_name_throttling(reference: str, event: Any) -> Any:
        try:
            return call(reference, event)
        except ExecutionError as failure:
            throttled = "TooManyRequestsException"
            if failure.error == "Lambda.Unknown" and throttled in str(failure.cause):
                raise ExecutionError(f"Lambda.{throttled}", failure.cause) from None
            raise

    replace(lambda_runtime.Worker, "invoke", invoke_and_keep)
    replace(lambda_svc, "_execute_function_warm", execute_and_name)
    replace(asl, "_call_lambda", call_and_name_throttling)


def named(outcome: dict[str, Any], answer: dict[str, Any], request_id: str) -> dict[str, Any]:
    """Give a failed invocation's outcome the payload that AWS answers with."""
    if "failure" in answer:
        log = "\n".join(filter(None, [answer.get("log"), answer["trace"]]))
        return {"body": answer["failure"], "error": True, "log": log}
    if not outcome.get("error") or outcome.get("throttle"):
        return outcome
    message = str(outcome["body"].get("errorMessage", ""))
    if message.startswith(_INIT_FAILED + "{"):
        failure = json.loads(message.removeprefix(_INIT_FAILED))
        return outcome | {"body": failure | {"requestId": request_id}}
    kind = outcome["body"].get("errorType")
    if kind != "Sandbox.Timedout":
        kind, message = "Runtime.ExitError", "Runtime exited without providing a reason"
    return outcome | {
        "body": {"errorType": kind, "errorMessage": f"RequestId: {request_id} Error: {message}"}
    }
