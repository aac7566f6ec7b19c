"""Gap: ministack waits 50 ms after each warm invocation of a Lambda that logs nothing.

AWS: a warm invocation adds a few milliseconds. Nothing depends on it, but a Map over a thousand
people does it thousands of times, and 50 ms each would be most of its time.

Closed by waiting 5 ms for a first line of log. A line that comes later belongs to the next
invocation's log.
"""

from ministack.core import lambda_runtime

FIRST_LINE_WAIT_S = 0.005
IDLE_CONFIRM_S = 0.003
LONGEST_WAIT_S = 0.250


def apply() -> None:
    drain = lambda_runtime.Worker._drain_stderr_bounded
    drain.__defaults__ = (FIRST_LINE_WAIT_S, IDLE_CONFIRM_S, LONGEST_WAIT_S)
