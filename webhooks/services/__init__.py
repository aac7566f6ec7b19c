"""What happens to a delivery: stored once, then its execution started once."""

from webhooks.services.dispatch import (
    NotRetryable,
    dispatch_deliveries,
    retry_delivery,
    start_execution,
)
from webhooks.services.intake import Answer, ingest, record_delivery, refusal

__all__ = [
    "Answer",
    "NotRetryable",
    "dispatch_deliveries",
    "ingest",
    "record_delivery",
    "refusal",
    "retry_delivery",
    "start_execution",
]
