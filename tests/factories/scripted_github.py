"""A GitHub that says what the test wrote down, over real HTTP."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.factories import http_servers

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
TOKEN = (201, {}, {"token": "ghs_x", "expires_at": "2026-11-23T13:00:00Z"})
"""The answer to the first question of an installation; valid for an hour from `NOW`."""


@dataclass
class Script:
    """A server that gives answers in turn, whatever it is asked, and notes what that was."""

    url: str
    answers: list[tuple[int, dict[str, str], Any]] = field(default_factory=list)
    requests: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    bodies: list[str] = field(default_factory=list)


@contextmanager
def scripted() -> Iterator[Script]:
    """Serve until the block ends."""

    def answer(request: http_servers.Request) -> http_servers.Answer:
        script.requests.append((request.verb, request.path, dict(request.headers)))
        script.bodies.append(request.body.decode())
        return script.answers.pop(0)

    with http_servers.serving(answer) as url:
        script = Script(f"{url}/api/v3")
        yield script
