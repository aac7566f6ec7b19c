"""Messages that wake workers: sent after the commit, allowed to get lost."""

from __future__ import annotations

import time
from dataclasses import dataclass
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
    the next `BROKER_PAUSE_S` seconds this process does not even try. One commit sends one message,
    however many rows of the model it made due: whoever is woken takes them all.
    """
    connection = transaction.get_connection(router.db_for_write(model))
    promised = (hook for _, hook, *_ in connection.run_on_commit)
    known = (hook for hook in promised if isinstance(hook, _Send) and hook.task == model.work_task)
    send = next(known, None) or _Send(model.work_task)
    send.is_sent = False
    # Promised again nevertheless: a savepoint that rolls back takes its own promises with it.
    transaction.on_commit(send, using=connection.alias, robust=True)


@dataclass(eq=False)
class _Send:
    """What the hooks of one commit share, so that the first of them sends for all."""

    task: str
    is_sent: bool = False

    def __call__(self) -> None:
        if not self.is_sent:
            self.is_sent = True
            _send(self.task)


def _send(task: str) -> None:
    global _broker_back_at  # noqa: PLW0603 -- one broker a process; a lost update costs one timeout
    if time.monotonic() < _broker_back_at:
        return
    try:
        current_app.send_task(task, expires=EXPIRES_S, ignore_result=True, retry=False)
    except Exception as exc:  # noqa: BLE001 -- every transport has its own errors; the row is safe
        _broker_back_at = time.monotonic() + BROKER_PAUSE_S
        log.warning("work.broker_unavailable", task=task, error=repr(exc))
