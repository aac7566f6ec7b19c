"""The mirror: what AWS says of each execution, its history, its steps, and who retried it."""

from executions.models.bulk import Bucket, BulkItem, BulkRetry
from executions.models.definitions import Definition
from executions.models.executions import FORGOTTEN, Execution
from executions.models.families import Family
from executions.models.histories import PAGE_EVENTS, HistoryPage, Step
from executions.models.mirror import MirrorState, SweepReport
from executions.models.orders import Start, Stop
from executions.models.retries import Retry

__all__ = [
    "FORGOTTEN",
    "PAGE_EVENTS",
    "Bucket",
    "BulkItem",
    "BulkRetry",
    "Definition",
    "Execution",
    "Family",
    "HistoryPage",
    "MirrorState",
    "Retry",
    "Start",
    "Step",
    "Stop",
    "SweepReport",
]
