"""GitHub's limits for reading: 5,000 requests an hour and 900 points a minute.

Pure: the moment comes in as seconds since 1970. Nothing is counted until the limits are switched
on, so that a forgotten limit never disturbs a demo.
Source: Rate limits for the REST API, docs.github.com, read 2026-08-22.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

HOUR_S = 3600
MINUTE_S = 60

PER_HOUR = 5000
PER_HOUR_WITHOUT_TOKEN = 60
POINTS_PER_MINUTE = 900

READS = ("GET", "HEAD", "OPTIONS")
POINTS_TO_READ = 1
POINTS_TO_WRITE = 5

ANYBODY = "anybody"
"""Whoever asks without credentials; GitHub counts them by address, and here is only one."""


@dataclass
class Window:
    """What was used since a moment; a new window begins with the first use after its end."""

    length_s: int
    began_at: int = 0
    used: int = 0

    def renewed(self, now: float) -> "Window":
        if now >= self.began_at + self.length_s:
            self.began_at, self.used = math.floor(now), 0
        return self

    @property
    def ends_at(self) -> int:
        return self.began_at + self.length_s


@dataclass(frozen=True)
class Refusal:
    """A request over a limit: whether it was the minute's, and when to come again."""

    secondary: bool
    retry_after_s: int


class Limits:
    """Counts what every caller uses, while switched on."""

    def __init__(self) -> None:
        self.enforced = False
        self._hours: dict[str, Window] = {}
        self._minutes: dict[str, Window] = {}

    def switch(self, *, on: bool) -> None:
        """Enforce the limits from now on, all counters at zero, or no longer."""
        self.enforced = on
        self._hours.clear()
        self._minutes.clear()

    def charge(self, caller: str, method: str, now: float) -> Refusal | None:
        """Count a request, or refuse it; a refused one is not counted."""
        if not self.enforced:
            return None
        hour, minute = self._hour(caller, now), self._minute(caller, now)
        points = POINTS_TO_READ if method in READS else POINTS_TO_WRITE
        if minute.used + points > POINTS_PER_MINUTE:
            return Refusal(True, math.ceil(minute.ends_at - now))
        if hour.used >= per_hour(caller):
            return Refusal(False, math.ceil(hour.ends_at - now))
        hour.used += 1
        minute.used += points
        return None

    def give_back(self, caller: str, now: float) -> None:
        """Take back from the hour what a 304 was charged: GitHub does not count those."""
        if self.enforced:
            hour = self._hour(caller, now)
            hour.used = max(0, hour.used - 1)

    def headers(self, caller: str, now: float) -> dict[str, str]:
        """The `x-ratelimit-*` headers that every answer carries."""
        rate = self.rate(caller, now)
        return {f"x-ratelimit-{name}": str(value) for name, value in rate.items()} | {
            "x-ratelimit-resource": "core"
        }

    def rate(self, caller: str, now: float) -> dict[str, int]:
        """GitHub's `rate-limit` of the caller's hour."""
        hour = self._hour(caller, now)
        limit = per_hour(caller)
        return {
            "limit": limit,
            "remaining": limit - hour.used,
            "reset": hour.ends_at,
            "used": hour.used,
        }

    def _hour(self, caller: str, now: float) -> Window:
        return window_of(self._hours, caller, lambda: Window(HOUR_S), now)

    def _minute(self, caller: str, now: float) -> Window:
        return window_of(self._minutes, caller, lambda: Window(MINUTE_S), now)


def window_of(
    windows: dict[str, Window], caller: str, fresh: Callable[[], Window], now: float
) -> Window:
    """The caller's window at this moment."""
    if caller not in windows:
        windows[caller] = fresh()
    return windows[caller].renewed(now)


def per_hour(caller: str) -> int:
    """How many requests an hour the caller has."""
    return PER_HOUR_WITHOUT_TOKEN if caller == ANYBODY else PER_HOUR
