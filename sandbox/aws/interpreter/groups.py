"""Several pieces of work at once, of which the first failure ends all."""

import contextvars
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any

from sandbox.aws.interpreter.tokens import Cancelled, Token

# Gets the group's token and what its predecessor on the same thread returned (None for the first).
Job = Callable[[Token, Any], Any]


class FirstFailure(Exception):
    """A job failed.

    Attributes:
        index: Which one.
        failure: What it raised.
    """

    def __init__(self, index: int, failure: Exception) -> None:
        super().__init__(index)
        self.index = index
        self.failure = failure


def run_all(jobs: list[Job], *, at_once: int, token: Token) -> None:
    """Run jobs on threads and return when all are done.

    Does not wait for the others when one fails: a thread in a long Lambda call finds out by its
    token when the call returns.

    Raises:
        FirstFailure: As soon as a job fails; the others are cancelled.
        Cancelled: As soon as `token` is.
    """
    group = Token(token)
    outcomes: SimpleQueue[FirstFailure | Cancelled | None] = SimpleQueue()
    group.on_cancel(lambda: outcomes.put(Cancelled()))
    waiting = iter(range(len(jobs)))
    next_job = threading.Lock()

    def work() -> None:
        returned = None
        while True:
            with next_job:
                index = next(waiting, None)
            if index is None or group.is_cancelled:
                return
            try:
                returned = jobs[index](group, returned)
            except Cancelled:
                return
            except Exception as failure:  # noqa: BLE001 -- whoever waits for the group raises it
                outcomes.put(FirstFailure(index, failure))
                return
            outcomes.put(None)

    for _ in range(min(at_once, len(jobs))):
        context = contextvars.copy_context()
        threading.Thread(target=context.run, args=(work,), daemon=True).start()
    try:
        for _ in jobs:
            outcome = outcomes.get()
            if outcome is not None:
                raise outcome
    finally:
        group.cancel()
        group.close()
