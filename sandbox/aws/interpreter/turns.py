"""How many executions are interpreted at a time; the others wait for their turn without a thread."""

import contextvars
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Job = Callable[[], None]


class Turns:
    """Runs jobs on the threads that bring them, or later on ones of their own.

    While a job waits, as many are busy as may be.

    Attributes:
        at_once: How many may be busy; None for any number.
    """

    def __init__(self, at_once: int | None = None) -> None:
        self.at_once = at_once
        self._busy = 0
        # With whose account and region it runs.
        self._waiting: deque[tuple[contextvars.Context, Job]] = deque()
        self._lock = threading.Lock()

    def take(self, job: Job) -> None:
        """Run a job now, or return and have it run when its turn comes."""
        with self._lock:
            if self.at_once is not None and self._busy >= self.at_once:
                self._waiting.append((contextvars.copy_context(), job))
                return
            self._busy += 1
        self._run(job)

    @contextmanager
    def given_up(self) -> Iterator[None]:
        """Let another job in while this one only waits: for a clock, a token or a child.

        Who comes back goes on at once, be it one too many: others may be waiting for it.
        """
        self._leave()
        try:
            yield
        finally:
            with self._lock:
                self._busy += 1

    def _run(self, job: Job) -> None:
        try:
            job()
        finally:
            self._leave()

    def _leave(self) -> None:
        with self._lock:
            self._busy -= 1
            if not self._waiting or (self.at_once is not None and self._busy >= self.at_once):
                return
            self._busy += 1
            context, job = self._waiting.popleft()
        threading.Thread(target=context.run, args=(self._run, job), daemon=True).start()


of_executions = Turns()
