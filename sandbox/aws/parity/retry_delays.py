"""Gap: ministack ignores a retrier's `MaxDelaySeconds` and `JitterStrategy`.

AWS: the delay before the nth retry is IntervalSeconds x BackoffRate^(n-1), at most MaxDelaySeconds,
and with JitterStrategy FULL anything between zero and that ("Error handling: Retrying after an
error", Step Functions Developer Guide).

Closed by handing ministack's caller a retrier whose interval is already the delay.
"""

import random
from typing import Any

from ministack.services import stepfunctions as asl

from sandbox.aws.patching import replace

Retrier = dict[str, Any]


def apply() -> None:
    find = replace(asl, "_find_matching_retrier", None)

    def find_with_delay(
        retriers: list[Retrier], error: str, used: dict[int, int]
    ) -> tuple[Retrier | None, int]:
        retrier, index = find(retriers, error, used)
        if retrier is None:
            return None, index
        delay = delay_s(retrier, used.get(index, 0))
        return {**retrier, "IntervalSeconds": delay, "BackoffRate": 1.0}, index

    replace(asl, "_find_matching_retrier", find_with_delay)


def delay_s(retrier: Retrier, used: int) -> float:
    delay = float(retrier.get("IntervalSeconds", 1) * retrier.get("BackoffRate", 2.0) ** used)
    delay = min(delay, float(retrier.get("MaxDelaySeconds", delay)))
    if retrier.get("JitterStrategy") == "FULL":
        return random.uniform(0, delay)  # noqa: S311 -- spreads retries, hides nothing
    return delay
