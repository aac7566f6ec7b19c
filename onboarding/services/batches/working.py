"""The queues of an onboarding by hand, as tasks work them off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core import work
from onboarding.enums import BatchState
from onboarding.models.batches import Batch, Part, Row
from onboarding.services.batches import following, preflight, releasing

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime


def advance_due_batches(*, clock: Callable[[], datetime]) -> int:
    """Check and release whatever is due; returns how many batches were looked at."""
    # One at a time: a long check must not hold the lease of another batch.
    return work.work_off(Batch, advance_batch, clock=clock, batch=1)


def work_off_due_parts(*, clock: Callable[[], datetime]) -> int:
    """Start parts and record their ends; returns how many were looked at."""
    due = Part.objects.select_related("batch")
    return work.work_off(due, following.work_off_part, clock=clock, batch=1)


def follow_due_rows(*, clock: Callable[[], datetime]) -> int:
    """Record the ends of children; returns how many people were looked at."""
    return work.work_off(Row, following.follow_row, clock=clock)


def advance_batch(batch: Batch, now: datetime) -> None:
    """Do what is next for a batch; a handler of `work_off`."""
    if batch.state == BatchState.CHECKING:
        preflight.check_batch(batch, now)
    elif batch.state == BatchState.RUNNING:
        releasing.release_part(batch, now)
    else:  # it was paused, cancelled or ended before its turn came
        work.finish(batch)
