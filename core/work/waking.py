"""Messages that wake workers: sent after the commit, allowed to get lost."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

import structlog
from celery import current_app
from django.db import router, transaction

if TYPE_CHECKING:
    from core.work.rows import LeasedWork

log = structlog.get_logger(__name__)

# A message older than this wakes nobody: the sweeper has sent newer ones.
EXPIRES_S = 60
# While the broker is away, do not let each request find out by a timeout of its own.
BROKER_PAUSE_S = 10.0

_broker_back_at = 0.0


def wake(model: type[LeasedWork]) -> None:
    """Tell a worker, once the current transaction commits, that rows of this model are due.

    Never raises and never waits long: when the broker is away the sweepers find the rows, and for
    the next `BROKER_PAUSE_S` seconds this process does not even try.
    """
    transaction.on_commit(
        partial(_send, model.work_task), using=router.db_for_write(model), robust=True
    )


def _send(task: str) -> None:
    global _broker_back_at  # noqa: PLW0603 -- one broker a process; a lost update costs one timeout
    if time.monotonic() < _broker_back_at:
        return
    try:
        current_app.send_task(task, expires=EXPIRES_S, ignore_result=True, retry=False)
    except Exception as exc:  # noqa: BLE001 -- every transport has its own errors; the row is safe
        _broker_back_at = time.monotonic() + BROKER_PAUSE_S
        log.warning("work.broker_unavailable", task=task, error=repr(exc))
