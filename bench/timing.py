"""How a benchmark takes the time."""

import time
from collections.abc import Callable


def best_seconds(work: Callable[[], object], *, rounds: int = 7) -> float:
    """Seconds of the fastest round: what the work costs when nothing else is in the way."""
    best = float("inf")
    for _round in range(rounds):
        started = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - started)
    return best
