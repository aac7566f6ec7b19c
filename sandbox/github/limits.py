"""GitHub's limits: 5,000 requests an hour, 900 points and 80 new things a minute.

Pure: the moment comes in as seconds since 1970. Nothing is counted until the limits are switched
on, so that a forgotten limit never disturbs a demo.
Source: Rate limits for the REST API, docs.github.com, read 2026-08-22.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

HOUR_S = 3600
MINUTE_S = 60

PER_HOUR = 5000
PER_HOUR_WITHOUT_TOKEN = 60
POINTS_PER_MINUTE = 900
CONTENT_PER_MINUTE = 80
CONTENT_PER_HOUR = 500

READS = ("GET", "HEAD", "OPTIONS")
POINTS_TO_READ = 1
POINTS_TO_WRITE = 5

CONTENT = re.compile(r"/orgs/[^/]+/(memberships|invitations|teams)(/|$)")
"""Where a POST or PUT creates content: each sends or may send somebody a message."""

CREATING = ("POST", "PUT")

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
    """A request over a limit: whether a secondary one, and when to come again."""

    secondary: bool
    retry_after_s: int


class Limits:
    """Counts what every caller uses, while switched on."""

    def __init__(self) -> None:
        self.enforced = False
        self._hours: dict[str, Window] = {}
        self._minutes: dict[str, Window] = {}
        self._content_minutes: dict[str, Window] = {}
        self._content_hours: dict[str, Window] = {}

    def switch(self, *, on: bool) -> None:
        """Enforce the limits from now on, all counters at zero, or no longer."""
        self.enforced = on
        for windows in (self._hours, self._minutes, self._content_minutes, self._content_hours):
            windows.clear()

    def charge(self, caller: str, method: str, path: str, now: float) -> Refusal | None:
        """Count a request, or refuse it; a refused one is not counted."""
        if not self.enforced:
            return None
        hour, minute = self._hour(caller, now), self._minute(caller, now)
        points = POINTS_TO_READ if method in READS else POINTS_TO_WRITE
        content = self._content(caller, now) if creates_content(method, path) else []
        # The one that lasts longest, so that whoever waits as told is not refused again.
        full = [minute] if minute.used + points > POINTS_PER_MINUTE else []
        full += [window for window, most in content if window.used >= most]
        if full:
            ends_at = max(window.ends_at for window in full)
            return Refusal(secondary=True, retry_after_s=math.ceil(ends_at - now))
        if hour.used >= per_hour(caller):
            return Refusal(secondary=False, retry_after_s=math.ceil(hour.ends_at - now))
        hour.used += 1
        minute.used += points
        for window, _ in content:
            window.used += 1
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

    def _content(self, caller: str, now: float) -> list[tuple[Window, int]]:
        """The windows that count new content, each with how much of it fits."""
        minutes, hours = self._content_minutes, self._content_hours
        return [
            (window_of(minutes, caller, lambda: Window(MINUTE_S), now), CONTENT_PER_MINUTE),
            (window_of(hours, caller, lambda: Window(HOUR_S), now), CONTENT_PER_HOUR),
        ]


def creates_content(method: str, path: str) -> bool:
    """Whether GitHub counts a request against the limits for new content."""
    return method in CREATING and CONTENT.match(path) is not None


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
