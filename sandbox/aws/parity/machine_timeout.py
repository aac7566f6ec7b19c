"""Gap: ministack ignores a state machine's `TimeoutSeconds`.

AWS: an execution that runs longer ends as TIMED_OUT with an ExecutionTimedOut event, and a redrive
starts the time anew ("State machine structure" and "Redriving executions", Step Functions
Developer Guide).

Closed by a timer for each run, on the event loop. It measures real time, whatever SFN_WAIT_SCALE
says.
"""

import contextvars
import threading

from ministack import app

from sandbox.aws.interpreter import history, runs

NEEDS = ("interpreter",)


def apply() -> None:
    runs.on_begin.append(arm)


def arm(run: runs.Run) -> None:
    seconds = run.definition.get("TimeoutSeconds")
    if seconds is None:
        return
    loop = app._MAIN_LOOP
    # Another thread has no account and region unless it is given this one's.
    context = contextvars.copy_context()

    def expire_beside_the_loop() -> None:
        threading.Thread(target=context.run, args=(expire, run), daemon=True).start()

    def start() -> None:
        timer = loop.call_later(float(seconds), expire_beside_the_loop)
        run.token.on_cancel(lambda: loop.call_soon_threadsafe(timer.cancel))

    loop.call_soon_threadsafe(start)


def expire(run: runs.Run) -> None:
    details = history.failed("States.Timeout", None)
    run.close("TIMED_OUT", "ExecutionTimedOut", details, fields=details)
