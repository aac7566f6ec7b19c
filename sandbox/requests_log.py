"""What a sandbox service was asked, in order of arrival."""

from collections import deque
from dataclasses import asdict, dataclass
from typing import Any

REQUESTS_KEPT = 100_000
"""The newest; enough for a large test, and about 30 MB."""


@dataclass(slots=True)
class AskedFor:
    """One request; `status` is None until it was answered."""

    method: str
    path: str
    query: str
    at: str
    status: int | None = None


class RequestLog:
    """The newest requests."""

    def __init__(self) -> None:
        self._requests: deque[AskedFor] = deque(maxlen=REQUESTS_KEPT)

    def add(self, request: AskedFor) -> None:
        self._requests.append(request)

    def clear(self) -> None:
        self._requests.clear()

    def as_dicts(self) -> list[dict[str, Any]]:
        return [asdict(request) for request in self._requests]
