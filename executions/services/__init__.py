"""What changes the mirror: events, answers of AWS, sweeps, and retries."""

from executions.services.intake import note_progress, our_machines, record_events, take_in
from executions.services.rebuilding import RebuildStalled, rebuild
from executions.services.refreshing import (
    ExecutionUnknown,
    look_at,
    look_up,
    read_through,
    record_started,
    refresh_due_executions,
    refresh_execution,
)
from executions.services.retries import (
    NothingToRetry,
    carry_out_due_retries,
    carry_out_retry,
    request_retry,
)
from executions.services.successes import ARCHIVE_EVERY, archive_successes
from executions.services.sweeping import Sweep, sweep

__all__ = [
    "ARCHIVE_EVERY",
    "ExecutionUnknown",
    "NothingToRetry",
    "RebuildStalled",
    "Sweep",
    "archive_successes",
    "carry_out_due_retries",
    "carry_out_retry",
    "look_at",
    "look_up",
    "note_progress",
    "our_machines",
    "read_through",
    "rebuild",
    "record_events",
    "record_started",
    "refresh_due_executions",
    "refresh_execution",
    "request_retry",
    "sweep",
    "take_in",
]
