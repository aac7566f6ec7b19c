"""Filling an empty mirror from what AWS still has."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import structlog

from core import work
from core.aws import stepfunctions
from core.errors import Unavailable
from executions.models import Execution
from executions.services.intake import our_machines
from executions.services.refreshing import refresh_due_executions
from executions.services.sweeping import Sweep, compare

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

log = structlog.get_logger(__name__)

_PAUSE_S = 0.5
# An outage longer than this is worth a person's attention; what was read by then stays.
_PATIENCE_S = 600.0


class RebuildStalled(Unavailable):
    """AWS has not answered for a long while: run the command again, it goes on where it stopped."""

    code = "rebuild_stalled"


def rebuild(*, clock: Callable[[], datetime], say: Callable[[str], None]) -> Sweep:
    """List all executions of all machines and read what the mirror lacks; twice changes nothing.

    Lists come at 1,000 a page; inputs, outputs and errors by DescribeExecution, one at a time
    (AWS refills 15 a second), and failures with their histories. What dies in between is finished by
    any worker, or by the next run.

    Args:
        clock: Tells the time.
        say: Told in words how far it is.

    Raises:
        AwsError: AWS did not list a machine.
        RebuildStalled: Rows wait, and for ten minutes AWS has answered about none of them.
    """
    found = Sweep()
    for arn, name in our_machines().items():
        for page in stepfunctions.list_executions(arn):
            compare(page, state_machine=name, found=found, now=clock())
        say(f"{name}: {found.listed} executions listed so far, {found.missing} of them new.")
    _read_what_is_due(clock=clock, say=say)
    log.info("executions.rebuilt", listed=found.listed, missing=found.missing)
    return found


def _read_what_is_due(*, clock: Callable[[], datetime], say: Callable[[str], None]) -> None:
    left = _left(clock())
    progress_at = time.monotonic()
    while left:
        say(f"{left} executions are still to be asked about.")
        refresh_due_executions(clock=clock)
        before, left = left, _left(clock())
        if left < before:
            progress_at = time.monotonic()
        elif time.monotonic() - progress_at > _PATIENCE_S:
            error = Execution.objects.exclude(last_error="").values_list("last_error", flat=True)
            message = (
                f"{left} executions are still to be asked about: {error.first() or 'unknown'}"
            )
            raise RebuildStalled(message)
        else:
            time.sleep(_PAUSE_S)


def _left(now: datetime) -> int:
    backlog = work.backlog(Execution, now=now)
    return backlog.waiting + backlog.leased
