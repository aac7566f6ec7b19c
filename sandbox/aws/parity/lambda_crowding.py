"""Gap: ministack starts a process for each invocation that finds no idle one, however many.

AWS: so does Lambda, on as many machines as it takes ("Understanding Lambda function scaling",
Lambda Developer Guide). On one machine, sixty cold starts at once keep each other from ever ending,
and the functions' timeouts run out; fifty idle processes hold gigabytes.

Closed by letting SANDBOX_AWS_LAMBDAS_AT_ONCE invocations in at a time, and as many of one function
as there are processors: the others wait before their time is taken, as if they had been asked for a
little later. A function whose invocations sit and wait, for GitHub or for each other, gets one
process more whenever none of them has come or gone for PATIENCE_S while somebody waits: then it is
not the processors that are short.
"""

import os
import threading
import time
from typing import Any

from ministack.services import lambda_svc

from sandbox.aws.patching import replace
from sandbox.aws.settings import current

# Longer than a cold start takes on a busy machine.
PATIENCE_S = 2.0

_AT_FIRST = max(2, os.cpu_count() or 2)


def apply() -> None:
    room = threading.BoundedSemaphore(current().lambdas_at_once)
    pools = _Pools()
    execute = replace(lambda_svc, "_execute_function_warm", None)

    def execute_when_there_is_room(function: Any, event: Any, request_id: str) -> Any:
        pool = pools.of(function)
        pool.enter()
        try:
            with room:
                return execute(function, event, request_id)
        finally:
            pool.leave()

    replace(lambda_svc, "_execute_function_warm", execute_when_there_is_room)


class _Pool:
    """How many invocations of one function may still come in."""

    def __init__(self) -> None:
        self._free = threading.Semaphore(_AT_FIRST)
        self._moved_at = time.monotonic()

    def enter(self) -> None:
        """Wait for a process; who waits while nothing moves may start one more."""
        while not self._free.acquire(timeout=PATIENCE_S):
            now = time.monotonic()
            if now - self._moved_at >= PATIENCE_S:
                self._moved_at = now
                return

    def leave(self) -> None:
        """Make room, also after who had started one more: that process stays."""
        self._moved_at = time.monotonic()
        self._free.release()


class _Pools:
    def __init__(self) -> None:
        self._by_function: dict[str, _Pool] = {}
        self._lock = threading.Lock()

    def of(self, function: Any) -> _Pool:
        config = function.get("config") or function
        with self._lock:
            return self._by_function.setdefault(config.get("FunctionArn", ""), _Pool())
