"""How fast an execution's history is folded into steps: 25,000 events, Step Functions' limit."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from bench.timing import best_seconds
from ghkit.history import fold

_EVENTS = 25_000


def figures() -> Iterator[dict[str, object]]:
    """Yield the figures."""
    events = list(_events())
    seconds = best_seconds(lambda: fold(events), rounds=3)
    yield {
        "figure": "fold a history of 25,000 events",
        "value": round(len(events) / seconds),
        "unit": "events/s",
    }


def _events() -> Iterator[dict[str, Any]]:
    """One state after another, each a Lambda that succeeds: five events a state."""
    at = datetime(2026, 11, 2, tzinfo=UTC)
    number = 1
    yield {"id": 1, "previousEventId": 0, "type": "ExecutionStarted", "timestamp": at}
    while number < _EVENTS:
        name = {"name": f"State {number // 5}"}
        for kind, details in (
            ("TaskStateEntered", {"stateEnteredEventDetails": name | {"input": "{}"}}),
            ("LambdaFunctionScheduled", {}),
            ("LambdaFunctionStarted", {}),
            ("LambdaFunctionSucceeded", {}),
            ("TaskStateExited", {"stateExitedEventDetails": name | {"output": "{}"}}),
        ):
            number += 1
            at += timedelta(milliseconds=10)
            yield {
                "id": number,
                "previousEventId": number - 1,
                "type": kind,
                "timestamp": at,
                **details,
            }
