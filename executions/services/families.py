"""Sorting failures into families, and taking note of a family."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import structlog
from django.db import transaction
from django.db.models import Q

from core.errors import Conflict
from executions.enums import FAILURES
from executions.families import kind_of
from executions.models import Execution, Family

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from django.contrib.auth.models import User

log = structlog.get_logger(__name__)

# Rows a transaction: SQLite's one writer must not wait long.
_ROWS_AT_ONCE = 500
NOTE_MAX_CHARS = 2_000


class AlreadyAcknowledged(Conflict):
    """Somebody has taken note of the family, and it has not come back since."""

    code = "already_acknowledged"


def family_fields(row: Execution, fields: Mapping[str, Any], *, now: datetime) -> dict[str, Any]:
    """Return the columns that say what kind of failure this is and whether it wants attention.

    Call it in the transaction that records `fields`. A failure that ended after its family was
    acknowledged brings the family back.

    Args:
        row: The execution as it is stored.
        fields: What is about to be recorded of it.
        now: The moment.
    """
    if fields["status"] not in FAILURES:
        return {"needs_attention": False}
    kind = kind_of(
        state_machine=row.state_machine,
        status=fields["status"],
        failed_step=fields.get("failed_step", row.failed_step),
        error=fields["error"],
        cause=fields["cause"],
        subject=row.subject,
    )
    stopped_at: datetime = fields["stopped_at"]
    # Locked, so that who takes note of the family meanwhile sees this failure, or it sees the note.
    family, is_new = Family.objects.select_for_update(no_key=True).get_or_create(
        key=kind.key,
        defaults={
            "state_machine": kind.state_machine,
            "state": kind.state,
            "error": kind.error,
            "cause": kind.cause,
            "first_seen_at": stopped_at,
            "latest_seen_at": stopped_at,
        },
    )
    if not is_new:
        _note_sighting(family, stopped_at, now=now)
    retry = row.latest_retry if row.latest_retry_id is not None else None
    was_replaced = retry is not None and retry.new_execution_id is not None
    acknowledged_at = family.acknowledged_at
    is_noted = acknowledged_at is not None and stopped_at <= acknowledged_at
    if row.family_id == family.pk and not row.needs_attention and row.stopped_at == stopped_at:
        is_noted = True  # noted before, though the family has come back since
    return {"family_id": family.pk, "needs_attention": not (was_replaced or is_noted)}


def _note_sighting(family: Family, stopped_at: datetime, *, now: datetime) -> None:
    itself = Family.objects.filter(pk=family.pk)
    itself.filter(latest_seen_at__lt=stopped_at).update(latest_seen_at=stopped_at)
    itself.filter(first_seen_at__gt=stopped_at).update(first_seen_at=stopped_at)
    if itself.filter(acknowledged_at__lt=stopped_at).update(acknowledged_at=None, recurred_at=now):
        family.acknowledged_at = None
        log.info("executions.family_recurred", family_id=family.pk, error=family.error)


def acknowledge(*, family: Family, user: User | None, note: str, now: datetime) -> int:
    """Take note of a family: it leaves the list until it comes back; returns how many were open.

    Args:
        family: The kind of failure.
        user: Who takes note; None for a program.
        note: Why, for whoever sees it come back.
        now: Failures that end later bring the family back.

    Raises:
        AlreadyAcknowledged: Somebody was faster.
    """
    taken = Family.objects.filter(pk=family.pk, acknowledged_at__isnull=True).update(
        acknowledged_at=now, acknowledged_by=user, note=note.strip()[:NOTE_MAX_CHARS]
    )
    if not taken:
        message = "Somebody has taken note of it already."
        raise AlreadyAcknowledged(message)
    count = _close(Q(family_id=family.pk, stopped_at__lte=now))
    log.info("executions.family_acknowledged", family_id=family.pk, executions=count)
    return count


def note_replaced(*, arns: Collection[str], now: datetime) -> None:
    """Note that other executions take these up: what becomes of the matter is theirs to tell."""
    Execution.objects.filter(arn__in=arns, needs_attention=True).update(
        needs_attention=False, updated_at=now
    )


def _close(which: Q) -> int:
    count = 0
    rows = Execution.objects.filter(which, needs_attention=True).order_by("pk")
    while True:
        with transaction.atomic():
            pks = list(rows.values_list("pk", flat=True)[:_ROWS_AT_ONCE])
            count += Execution.objects.filter(pk__in=pks).update(needs_attention=False)
        if len(pks) < _ROWS_AT_ONCE:
            return count
