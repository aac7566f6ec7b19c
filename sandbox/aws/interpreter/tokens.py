"""Telling work on other threads that nobody waits for it any more."""

import threading
from collections.abc import Callable
from typing import Self

from sandbox.aws.interpreter import turns


class Cancelled(Exception):
    """This work is no longer wanted: leave without a trace."""


class Token:
    """Held by a piece of work; cancelling it cancels everything below it.

    A thread that sits in a Lambda call cannot be interrupted. It finds out afterwards, by `check`,
    and its result goes nowhere, as on AWS.
    """

    def __init__(self, parent: Self | None = None) -> None:
        self._parent = parent
        self._cancelled = threading.Event()
        self._callbacks: list[Callable[[], None]] = []
        self._lock = threading.Lock()
        if parent is not None:
            parent.on_cancel(self.cancel)

    @property
    def is_cancelled(self) -> bool:
        return self._cancelled.is_set()

    def cancel(self) -> None:
        with self._lock:
            self._cancelled.set()
            callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback()

    def on_cancel(self, callback: Callable[[], None]) -> None:
        with self._lock:
            if not self._cancelled.is_set():
                self._callbacks.append(callback)
                return
        callback()

    def check(self) -> None:
        """Go on only while wanted.

        Raises:
            Cancelled: It is not.
        """
        if self.is_cancelled:
            raise Cancelled

    def sleep(self, seconds: float) -> None:
        """Sleep, and wake early to leave.

        Raises:
            Cancelled: As soon as the token is cancelled.
        """
        with turns.of_executions.given_up():
            is_cancelled = self._cancelled.wait(max(0.0, seconds))
        if is_cancelled:
            raise Cancelled

    def close(self) -> None:
        """Forget the parent: the work is done, and a long run must not collect finished parts."""
        if self._parent is not None:
            self._parent.forget(self.cancel)

    def forget(self, callback: Callable[[], None]) -> None:
        with self._lock:
            if callback in self._callbacks:
                self._callbacks.remove(callback)
