"""Making and finishing rows of the mirror: what every way in has in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from core import work
from executions.enums import OPEN_STATUSES, ExecutionStatus, Took
from executions.models import Execution
from executions.packing import pack_text
from executions.signals import execution_finished
from executions.status_events import is_same_finish
from ghkit.routing import delivery_guid

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

_PARENT_KEY = "AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID"


def new_row(
    *,
    arn: str,
    name: str,
    state_machine: str,
    started_at: datetime,
    input_json: str | None,
    now: datetime,
) -> Execution:
    """Make an unsaved row of an execution that runs as far as we know, with nothing left to do."""
    row = Execution(
        arn=arn,
        name=name,
        state_machine=state_machine,
        status=ExecutionStatus.RUNNING,
        started_at=started_at,
        updated_at=now,
        delivery=delivery_guid(name),
        work_state=work.WorkState.DONE,
        not_before=None,
    )
    for field, value in input_fields(input_json).items():
        setattr(row, field, value)
    return row


def input_fields(input_json: str | None) -> dict[str, Any]:
    """Return the columns that follow from an input: itself, whom it is about, who started it."""
    if input_json is None:
        return {}
    fields: dict[str, Any] = {"packed_input": pack_text(input_json)}
    try:
        given = orjson.loads(input_json)
    except orjson.JSONDecodeError:
        return fields
    if not isinstance(given, dict):
        return fields
    if subject := _subject(given):
        fields["subject"] = subject[:255]
    if isinstance(given.get(_PARENT_KEY), str):
        fields["parent_arn"] = given[_PARENT_KEY][:512]
    return fields


# Of what an input names, the first that it has is whom or what the execution is about.
_SUBJECTS = (
    ("repository", "full_name"),
    ("member", "login"),
    ("invitation", "login"),
    ("invitation", "email"),
)


def _subject(given: dict[str, Any]) -> str:
    for key, name in _SUBJECTS:
        thing = given.get(key)
        if isinstance(thing, dict) and isinstance(thing.get(name), str) and thing[name]:
            return str(thing[name])
    return ""


def took(started_at: datetime, stopped_at: datetime | None) -> Took | None:
    """Return the class of how long an execution took; None while it is open."""
    return None if stopped_at is None else Took.of(stopped_at - started_at)


def ask_aws(pks: Collection[int], *, now: datetime, **fields: Any) -> None:
    """Have a worker ask DescribeExecution about these rows; call it inside a transaction."""
    if pks:
        work.rearm(Execution.objects.filter(pk__in=pks), now=now, **fields)
        work.wake(Execution)


def tell_finish(row: Execution) -> dict[str, Any]:
    """Return the column that marks a new finish, or nothing where it is open or was told before.

    The caller saves it and sends `execution_finished` in the same transaction.
    """
    if row.status in OPEN_STATUSES or is_same_finish(row.finish_told_at, row.stopped_at):
        return {}
    return {"finish_told_at": row.stopped_at}


def send_finished(row: Execution) -> None:
    """Tell the apps above; what a receiver raises undoes the transaction."""
    execution_finished.send(sender=Execution, execution=row)
