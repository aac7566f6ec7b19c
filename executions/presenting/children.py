"""The executions that an execution started: a bar of how they stand, and the most urgent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.urls import reverse

from executions import selectors
from executions.enums import ExecutionStatus
from executions.presenting.executions import ExecutionRow, execution_rows
from executions.presenting.parts import Part, parts

if TYPE_CHECKING:
    from datetime import datetime

    from executions.models import Execution

_SHOWN = 10
_TONES = {
    str(status): (tone, str(status.label).lower())
    for status, tone in (
        (ExecutionStatus.SUCCEEDED, "ok"),
        (ExecutionStatus.RUNNING, "run"),
        (ExecutionStatus.PENDING_REDRIVE, "run"),
        (ExecutionStatus.ABORTED, "warn"),
        (ExecutionStatus.TIMED_OUT, "bad"),
        (ExecutionStatus.FAILED, "bad"),
    )
}


@dataclass(frozen=True, slots=True)
class ChildList:
    """The children of an execution.

    Attributes:
        rows: The most urgent of them.
        list_url: All of them, as a list.
        retry_url: Where those that need attention are retried together; empty where none does.
    """

    rows: list[ExecutionRow]
    total: int
    need_attention: int
    parts: list[Part]
    list_url: str
    retry_url: str


def child_list(
    execution: Execution, counts: selectors.ChildCounts, *, now: datetime
) -> ChildList | None:
    """Make the list of what an execution started; None where the mirror knows of nothing."""
    if not counts.total:
        return None
    parent = urlencode({"parent": execution.arn})
    retry_url = reverse("executions:bulk-new")
    return ChildList(
        rows=execution_rows(selectors.children(execution, limit=_SHOWN), now=now),
        total=counts.total,
        need_attention=counts.need_attention,
        parts=parts(counts.by_status, _TONES),
        list_url=f"{reverse('executions:list')}?{parent}",
        retry_url=f"{retry_url}?{parent}&attention=needed" if counts.need_attention else "",
    )
