"""Rows of the mirror, made as the product makes them: by events and by asking AWS."""

import itertools
from contextlib import suppress
from datetime import timedelta
from uuid import UUID

from core import work
from core.aws.sqs import Message
from executions import services
from executions.models import Execution, Retry, Start, Stop
from executions.status_events import read_event
from tests.factories.step_functions import MACHINE, START, Told

MACHINES = {MACHINE: "workflow-cost"}
_numbers = itertools.count(1)


def guid(number):
    return UUID(int=number, version=4)


def told(number=None, *, repository="octo-org/octo-repo", **fields):
    """An execution of workflow-cost that AWS knows and that runs."""
    number = next(_numbers) if number is None else number
    given = f'{{"delivery": "{guid(number)}", "repository": {{"full_name": "{repository}"}}}}'
    fields = {"input": given, "started_at": START + timedelta(seconds=number % 3600)} | fields
    return Told(f"workflow_run-{guid(number)}", **fields).started()


def message(body, number=None):
    number = next(_numbers) if number is None else number
    return Message(message_id=f"m{number}", receipt=f"r{number}", body=body, receive_count=1)


def hear(*bodies, now):
    """Record status events, as the consumer does."""
    services.record_events([read_event(body) for body in bodies], machines=MACHINES, now=now)


def work_off(*, now):
    """Do all work that is due, as the workers do; the clock stands still."""
    for _round in range(50):
        handled = 0
        for row in work.claim(
            Retry.objects.select_related("execution"), limit=20, now=now, lease_s=60
        ):
            handled += _handle(row, services.carry_out_retry, now)
        for row in work.claim(
            Stop.objects.select_related("execution"), limit=20, now=now, lease_s=60
        ):
            handled += _handle(row, services.carry_out_stop, now)
        for row in work.claim(Start, limit=20, now=now, lease_s=60):
            handled += _handle(row, services.carry_out_start, now)
        for row in work.claim(Execution, limit=20, now=now, lease_s=60):
            handled += _handle(row, services.refresh_execution, now)
        if not handled:
            return
    raise AssertionError("there is no end of work")


def _handle(row, handle, now):
    try:
        handle(row, now)
    except work.LeaseLost:
        pass
    except work.TryLater as exc:
        with suppress(work.LeaseLost):
            work.postpone(row, not_before=work.retry_at(row, now=now), error=str(exc))
    return 1


def mirrored(aws, *everything, now):
    """Have the mirror know these executions as AWS has them; returns their rows in order."""
    for one in everything:
        aws.add(one)
        hear(one.status_event(), now=now)
    work_off(now=now)
    return [Execution.objects.get(arn=one.arn) for one in everything]
