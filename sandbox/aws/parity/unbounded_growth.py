"""Gap: ministack keeps every execution, every status event and every line of log for ever.

AWS: forgets closed executions after 90 days ("Service quotas", Step Functions Developer Guide),
which no sandbox lives to see; a benchmark or a long demo would fill the memory first.

Closed by forgetting the oldest beyond a bound: closed executions beyond
SANDBOX_AWS_KEEP_EXECUTIONS, and of what only ministack's own pages show, all but the newest.
"""

import asyncio

from ministack.services import cloudwatch_logs, eventbridge
from ministack.services import stepfunctions as asl

from sandbox.aws import lifecycle
from sandbox.aws.settings import current

# Looks at all executions, which may be tens of thousands.
PRUNE_EVERY_S = 2.0
EVENTS_KEPT = 1_000
# ministack gives every invocation a log stream of its own, and each save writes all of them.
LOG_STREAMS_KEPT = 100


def apply() -> None:
    lifecycle.background.append(prune_periodically)


async def prune_periodically() -> None:
    """On the event loop, as everything that changes these but the executions' own threads."""
    while True:
        await asyncio.sleep(PRUNE_EVERY_S)
        forget_executions(keep=current().keep_executions)
        for entries in list(eventbridge._events_log._data.values()):
            del entries[:-EVENTS_KEPT]
        for group in list(cloudwatch_logs._log_groups._data.values()):
            for name in list(group["streams"])[:-LOG_STREAMS_KEPT]:
                group["streams"].pop(name, None)


def forget_executions(*, keep: int) -> None:
    executions = asl._executions._data
    if len(executions) <= keep:
        return
    closed = [
        (record["stopDate"], key)
        for key, record in list(executions.items())
        if record["status"] != "RUNNING" and record.get("stopDate")
    ]
    closed.sort()
    for _, key in closed[: max(0, len(closed) - keep)]:
        executions.pop(key, None)
