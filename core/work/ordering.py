"""Work that is asked for again and again under one natural key: a row, made due each time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction

from core.work.rows import W, WorkState, queryset_of, rearm
from core.work.waking import wake

if TYPE_CHECKING:
    from datetime import datetime


@transaction.atomic
def order(model: type[W], *, now: datetime, **key: Any) -> None:
    """Have the row of this key worked off, once more if it was before, and wake a worker.

    Whoever is at it at this moment loses it: what is asked for may be news since it began.

    Args:
        model: A queue whose other columns have defaults.
        now: From when it is due.
        key: The columns that name it, unique together.
    """
    row, is_new = queryset_of(model).get_or_create(**key, defaults={"not_before": now})
    if not is_new:
        rearm(queryset_of(model).filter(pk=row.pk), now=now)
    wake(model)


@transaction.atomic
def retry_dead(model: type[W], *, now: datetime) -> int:
    """Have all rows that were given up tried again, and return how many those are."""
    count = rearm(queryset_of(model).filter(work_state=WorkState.DEAD), now=now)
    wake(model)
    return count
