"""Histories that AWS recorded, and short ones written by hand, as GetExecutionHistory has them."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import zstandard

FIXTURES = Path(__file__).parent.parent / "fixtures/stepfunctions"
RECORDED = {
    record["name"]: record["events"]
    for record in map(
        json.loads,
        zstandard.ZstdDecompressor()
        .decompress((FIXTURES / "aws-recorded-histories.jsonl.zst").read_bytes())
        .splitlines(),
    )
}
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def recorded(test):
    return next(events for name, events in RECORDED.items() if f"::{test}#" in name)


def history(*events):
    """Events from (previousEventId, type, details…); ids count from 1, a second apart."""
    rows = []
    for event_id, (previous, kind, *details) in enumerate(events, start=1):
        row = {
            "id": event_id,
            "previousEventId": previous,
            "type": kind,
            "timestamp": NOON + timedelta(seconds=event_id),
        }
        if kind.endswith(("StateEntered", "StateExited")):
            key = (
                "stateEnteredEventDetails"
                if kind.endswith("Entered")
                else "stateExitedEventDetails"
            )
        else:
            key = f"{kind[0].lower()}{kind[1:]}EventDetails"
        if details:
            row[key] = details[0]
        rows.append(row)
    return rows


def picture(folded):
    return [(s.path, s.type, s.attempt, s.status, s.error) for s in folded.steps]


FAN = history(
    (0, "ExecutionStarted"),
    (0, "MapStateEntered", {"name": "Fan"}),
    (2, "MapStateStarted", {"length": 2}),
    (3, "MapIterationStarted", {"name": "Fan", "index": 0}),
    (3, "MapIterationStarted", {"name": "Fan", "index": 1}),
    (4, "ParallelStateEntered", {"name": "Both"}),
    (5, "ParallelStateEntered", {"name": "Both"}),
    (7, "ParallelStateStarted"),
    (6, "ParallelStateStarted"),
    (8, "TaskStateEntered", {"name": "Left"}),  # iteration 1, branch 0
    (9, "TaskStateEntered", {"name": "Left"}),  # iteration 0, branch 0
    (8, "WaitStateEntered", {"name": "Right"}),  # iteration 1, branch 1
    (9, "WaitStateEntered", {"name": "Right"}),  # iteration 0, branch 1
    (10, "TaskScheduled", {"resource": "invoke"}),
    (11, "TaskScheduled", {"resource": "invoke"}),
    (14, "TaskFailed", {"resource": "invoke", "error": "Boom", "cause": "it broke"}),
    (15, "TaskSucceeded", {"resource": "invoke", "output": "{}"}),
    (17, "TaskStateExited", {"name": "Left", "output": "{}"}),
)

FAILED_FAN = [
    *FAN,
    *history(
        *[(0, "Skipped")] * 18,
        (16, "ParallelStateFailed"),
        (16, "MapIterationFailed", {"name": "Fan", "index": 1}),
        (16, "MapIterationAborted", {"name": "Fan", "index": 0}),
        (19, "MapStateFailed"),
        (22, "ExecutionFailed", {"error": "Boom", "cause": "it broke"}),
    )[18:],
]
