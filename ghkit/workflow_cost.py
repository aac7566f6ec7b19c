"""The pure half of the state machine `workflow-cost`: from an event and its jobs to stored items."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from ghkit.errors import RunTooLarge
from ghkit.jobs import parse_job
from ghkit.pricing import price_run
from ghkit.run_items import to_item
from ghkit.timestamps import parse_timestamp

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ghkit.contracts import FetchedJob, RunAttributes, WorkflowRunCompleted

ITEM_MAX_BYTES: Final = 240 * 1024
"""Bound of a run's item as JSON; what the state machine adds to it fits into 256 KiB with it."""

NUMBERS: Final = frozenset(
    {
        "run_id",
        "run_attempt",
        "repository_id",
        "run_number",
        "billable_minutes",
        "self_hosted_minutes",
        "unknown_sku_minutes",
        "cost_usd",
        "billed_usd",
    }
)
"""Attributes that DynamoDB holds as numbers."""


def price(
    event: WorkflowRunCompleted, jobs: Sequence[FetchedJob], *, execution_arn: str
) -> RunAttributes:
    """Price one attempt of a run and write down all that the table keeps of it.

    Args:
        event: The run, as `ReadRunEvent` passed it on.
        jobs: All its jobs, completed.
        execution_arn: Whose result this is.

    Raises:
        InvalidPayload: A job is not what `FetchJobs` hands on.
    """
    repository, run = event["repository"], event["run"]
    priced = price_run(
        [parse_job(job, field=f"jobs[{index}]") for index, job in enumerate(jobs)],
        visibility=repository["visibility"],
        run_attempt=run["run_attempt"],
        run_started_at=parse_timestamp(run["run_started_at"], field="run.run_started_at"),
        run_updated_at=parse_timestamp(run["updated_at"], field="run.updated_at"),
    )
    return {
        "run_id": str(run["id"]),
        "run_attempt": str(run["run_attempt"]),
        "repository_id": str(repository["id"]),
        "repository": repository["full_name"],
        "organization": event["organization"] or "",
        "private": repository["private"],
        "visibility": repository["visibility"],
        "workflow": run["name"] or run["path"],
        "workflow_path": run["path"],
        "run_number": str(run["run_number"]),
        "event": run["event"],
        "conclusion": run["conclusion"] or "",
        "head_branch": run["head_branch"] or "",
        "actor": run["actor"] or "",
        "delivery": event["delivery"],
        "execution_arn": execution_arn,
        **to_item(priced),
    }


def to_dynamodb(attributes: RunAttributes) -> dict[str, Mapping[str, str | bool]]:
    """Write attributes with their DynamoDB types, as Step Functions' SDK integration spells them.

    That is `Bool`, where DynamoDB's own API and the optimised integrations say `BOOL`.

    Raises:
        RunTooLarge: The state machine cannot carry so many jobs.
    """
    item = {name: _typed(name, value) for name, value in attributes.items()}
    size = len(json.dumps(item))
    if size > ITEM_MAX_BYTES:
        message = f"the priced jobs take {size} bytes; one execution carries {ITEM_MAX_BYTES}"
        raise RunTooLarge(message)
    return item


def _typed(name: str, value: object) -> Mapping[str, str | bool]:
    if isinstance(value, bool):
        return {"Bool": value}
    return {"N" if name in NUMBERS else "S": str(value)}
