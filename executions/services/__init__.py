"""What changes the mirror: events, answers of AWS, sweeps, and retries."""

from executions.services.buckets import draw
from executions.services.bulk import (
    PREVIEWED,
    BulkEnded,
    NothingMatches,
    advance,
    advance_due_bulk_retries,
    cancel_bulk_retry,
    preview,
    request_bulk_retry,
)
from executions.services.families import AlreadyAcknowledged, acknowledge, note_replaced
from executions.services.inputs import InvalidInput, parse_input
from executions.services.intake import note_progress, our_machines, record_events, take_in
from executions.services.pacing import start_execution
from executions.services.rebuilding import RebuildStalled, rebuild
from executions.services.refreshing import (
    ExecutionUnknown,
    look_at,
    look_up,
    note_started,
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
from executions.services.starts import (
    MachineUnknown,
    carry_out_due_starts,
    carry_out_start,
    request_start,
)
from executions.services.stops import (
    NothingToStop,
    carry_out_due_stops,
    carry_out_stop,
    request_stop,
)
from executions.services.successes import ARCHIVE_EVERY, archive_successes
from executions.services.sweeping import Sweep, sweep

__all__ = [
    "ARCHIVE_EVERY",
    "PREVIEWED",
    "AlreadyAcknowledged",
    "BulkEnded",
    "ExecutionUnknown",
    "InvalidInput",
    "MachineUnknown",
    "NothingMatches",
    "NothingToRetry",
    "NothingToStop",
    "RebuildStalled",
    "Sweep",
    "acknowledge",
    "advance",
    "advance_due_bulk_retries",
    "archive_successes",
    "cancel_bulk_retry",
    "carry_out_due_retries",
    "carry_out_due_starts",
    "carry_out_due_stops",
    "carry_out_retry",
    "carry_out_start",
    "carry_out_stop",
    "draw",
    "look_at",
    "look_up",
    "note_progress",
    "note_replaced",
    "note_started",
    "our_machines",
    "parse_input",
    "preview",
    "read_through",
    "rebuild",
    "record_events",
    "record_started",
    "refresh_due_executions",
    "refresh_execution",
    "request_bulk_retry",
    "request_retry",
    "request_start",
    "request_stop",
    "start_execution",
    "sweep",
    "take_in",
]
