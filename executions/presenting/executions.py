"""Rows made ready to print: no arithmetic is left to templates."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING
from uuid import UUID

from django.urls import reverse

from core import display
from core.templatetags import display as tags
from executions import selectors
from executions.enums import ExecutionStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from django.utils.safestring import SafeString

    from executions.models import Execution


@dataclass(frozen=True, slots=True)
class ExecutionRow:
    """A line of the list, flat and in words: a template takes 10 us for every look-up it makes.

    Attributes:
        title: The subject, else the name.
        name: Empty where it is the title.
        retry: What a retry would do; empty where it would do nothing.
        reason: Why, or why not.
        until: When that stops being true; None where it holds for good.
    """

    url: str
    title: str
    name: str
    workflow: str
    status: SafeString
    error: str
    started: SafeString | str
    took: str
    retry: str
    retry_is_open: bool
    reason: str
    until: datetime | None


def is_moving(execution: Execution) -> bool:
    """Say whether what is shown of an execution may change without anybody's doing."""
    retry = execution.latest_retry
    if retry is not None and retry.is_open:
        return True
    # One that AWS has forgotten stands still for good.
    return execution.is_being_read or (execution.is_open and not execution.is_forgotten)


def execution_rows(executions: Iterable[Execution], *, now: datetime) -> list[ExecutionRow]:
    """Make lines of a list; no query."""
    any_id = UUID(int=0)
    any_url = reverse("executions:detail", args=[any_id])  # resolved once, not for every line
    rows = []
    for one in executions:
        advice = selectors.advice_of(one, now=now)
        retry = one.latest_retry
        rows.append(
            ExecutionRow(
                url=any_url.replace(str(any_id), str(one.public_id)),
                title=one.subject or one.name,
                name=one.name if one.subject else "",
                workflow=one.state_machine,
                status=_status(one.status),
                error=one.error,
                started=tags.when(one.started_at),
                took=display.duration(one.duration_until(now)),
                retry=str(advice.action.label) if advice.is_possible else "",
                retry_is_open=retry is not None and retry.is_open,
                reason=advice.reason,
                until=advice.until,
            )
        )
    return rows


@cache  # as many as there are statuses
def _status(status: str) -> SafeString:
    drawn: SafeString = tags.status(status, ExecutionStatus(status).label)
    return drawn


def list_tag(executions: Sequence[Execution]) -> str:
    """Name the state of a list: equal tags, equal pages."""
    return _tag(_state(one) for one in executions)


def execution_tag(execution: Execution, *more: object) -> str:
    """Name the state of an execution's page; `more` is whatever else it shows that may change."""
    return _tag([_state(execution), more])


def _state(execution: Execution) -> tuple[object, ...]:
    retry = execution.latest_retry
    told = (retry.pk, retry.status, retry.last_error) if retry is not None else ()
    return (
        execution.public_id,
        execution.updated_at,
        execution.last_error,
        execution.history_fetched_at is None,
        is_moving(execution),
        *told,
    )


def _tag(states: Iterable[tuple[object, ...]]) -> str:
    return hashlib.sha256(repr(list(states)).encode()).hexdigest()[:16]
