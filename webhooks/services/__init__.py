"""What happens to deliveries: stored once, started once, missed ones recovered, old ones removed."""

from webhooks.services.backfills import (
    SpanUnusable,
    carry_out_backfill,
    carry_out_backfills,
    request_backfill,
)
from webhooks.services.dispatch import (
    NotRetryable,
    dispatch_deliveries,
    retry_delivery,
    start_execution,
)
from webhooks.services.filters import save_filter
from webhooks.services.insertion import NotInserted, TimedOut
from webhooks.services.intake import (
    Answer,
    Arrival,
    answers_of,
    check,
    compress_ahead,
    ingest,
    record_delivery,
    refusal,
    rows_of,
    take_in,
    unavailable,
)
from webhooks.services.replays import (
    NotReplayable,
    carry_out_replay,
    carry_out_replays,
    replay_delivery,
    request_replay,
)
from webhooks.services.routines import run_now, run_routine, run_routines, start_routines
from webhooks.services.set_up import check_all

__all__ = [
    "Answer",
    "Arrival",
    "NotInserted",
    "NotReplayable",
    "NotRetryable",
    "SpanUnusable",
    "TimedOut",
    "answers_of",
    "carry_out_backfill",
    "carry_out_backfills",
    "carry_out_replay",
    "carry_out_replays",
    "check",
    "check_all",
    "compress_ahead",
    "dispatch_deliveries",
    "ingest",
    "record_delivery",
    "refusal",
    "replay_delivery",
    "request_backfill",
    "request_replay",
    "retry_delivery",
    "rows_of",
    "run_now",
    "run_routine",
    "run_routines",
    "save_filter",
    "start_execution",
    "start_routines",
    "take_in",
    "unavailable",
]
