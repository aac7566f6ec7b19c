"""The token buckets of the Step Functions API, enforced when they are switched on.

Sizes and refills: "Service quotas", Step Functions Developer Guide, "Quotas related to API action
throttling", read 2026-11-23. StateTransition is not enforced.
"""

import time
from collections.abc import Callable

_LARGE_REGIONS = frozenset({"us-east-1", "us-west-2", "eu-west-1"})

# Operation: (size, refill a second) in the large regions, and elsewhere.
_QUOTAS = {
    "StartExecution": ((1_300, 300), (800, 150)),
    "RedriveExecution": ((1_300, 300), (800, 150)),
    "DescribeExecution": ((300, 15), (250, 10)),
    "GetExecutionHistory": ((400, 20), (400, 20)),
    "ListExecutions": ((200, 5), (100, 2)),
    "StopExecution": ((1_000, 200), (500, 25)),
    "DescribeStateMachineForExecution": ((200, 1), (200, 1)),
    "ListMapRuns": ((100, 1), (100, 1)),
    "DescribeMapRun": ((200, 1), (200, 1)),
    "TestState": ((50, 10), (50, 10)),
}

_TARGET = "AWSStepFunctions."


class Buckets:
    """Full when switched on; unlimited while off."""

    def __init__(self, region: str, clock: Callable[[], float] = time.monotonic) -> None:
        column = 0 if region in _LARGE_REGIONS else 1
        self._quotas = {name: quotas[column] for name, quotas in _QUOTAS.items()}
        self._clock = clock
        self._enabled = False
        self._filled: dict[str, tuple[float, float]] = {}

    def switch(self, *, on: bool) -> None:
        self._enabled = on
        self._filled.clear()

    def admit(self, operation: str | None) -> bool:
        """Take a token for an operation; False when there is none."""
        if not self._enabled or operation is None or not operation.startswith(_TARGET):
            return True
        quota = self._quotas.get(operation.removeprefix(_TARGET))
        if quota is None:
            return True
        size, refill = quota
        now = self._clock()
        tokens, at = self._filled.get(operation, (float(size), now))
        tokens = min(float(size), tokens + (now - at) * refill)
        admitted = tokens >= 1
        self._filled[operation] = (tokens - 1 if admitted else tokens, now)
        return admitted
