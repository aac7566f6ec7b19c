"""Gap: ministack ignores a state machine's `TimeoutSeconds`.

AWS: an execution that runs longer ends as TIMED_OUT with an ExecutionTimedOut event, and a redrive
starts the time anew ("State machine structure" and "Redriving executions", Step Functions
Developer Guide).

Closed by a timer for each run. It measures real time, whatever SFN_WAIT_SCALE says.
"""

import contextvars
import threading

from sandbox.aws.interpreter import history, runs

NEEDS = ("interpreter",)


def apply() -> None:
    runs.on_begin.append(arm)


def arm(run: runs.Run) -> None:
    seconds = run.definition.get("TimeoutSeconds")
    if seconds is None:
        return
    # A timer's thread has no account and region unless it is given this thread's.
    context = contextvars.copy_context()
    timer = threading.Timer(float(seconds), context.run, args=(expire, run))
    timer.daemon = True
    run.token.on_cancel(timer.cancel)
    timer.start()


def expire(run: runs.Run) -> None:
    details = history.failed("States.Timeout", None)
    run.close("TIMED_OUT", "ExecutionTimedOut", details, fields=details)
