"""Handing people to AWS no faster than GitHub's quotas allow.

What a part takes is written down with it, under the lock of its organisation's quotas: two workers
cannot both spend the same, and a worker that dies has spent either all of it or nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import structlog
from django.db import transaction
from django.db.models import Max

from core import github, work
from executions import services as executions
from ghkit.errors import GhkitError, GitHubUnavailable, RateLimited
from ghkit.github.limits import get_hourly_limit
from onboarding import pacing
from onboarding.enums import BatchState, PartState, RowState
from onboarding.models.batches import Batch, Part, Quota, Row
from onboarding.selectors import batches as selectors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ghkit.github.limits import HourlyLimit

log = structlog.get_logger(__name__)

_OPEN_PARTS: Final = (PartState.STARTING, PartState.RUNNING)
# Where nothing limits, the next part follows the end of the one before, which is told at once; this
# is for an end that nobody told.
_LOOK_AGAIN: Final = timedelta(minutes=5)


def release_part(batch: Batch, now: datetime) -> None:
    """Make the next part of a running batch, if the quotas allow one; a handler of `work_off`.

    Raises:
        TryLater: GitHub does not say how much it allows.
        LeaseLost: Another worker has the batch.
    """
    limit = _hourly_limit(batch)
    with transaction.atomic():
        key = batch.organization.lower()
        Quota.objects.bulk_create([Quota(organization_key=key)], ignore_conflicts=True)
        Quota.objects.select_for_update().get(pk=key)
        current = Batch.objects.select_for_update().get(pk=batch.pk)
        Quota.objects.filter(pk=key).update(is_limited=limit is not None, asked_at=now)
        waiting = selectors.waiting_rows(current)
        if current.state != BatchState.RUNNING or not waiting:
            work.finish(batch)
            return
        if limit is None:
            again_at = _release_unlimited(current, waiting, now=now)
        else:
            again_at = _release_limited(current, waiting, limit, now=now)
        if again_at is None:
            work.finish(batch)
        else:
            work.postpone(batch, not_before=again_at, error="")


def _hourly_limit(batch: Batch) -> HourlyLimit | None:
    try:
        return get_hourly_limit(
            github.app(),
            organization=batch.organization,
            installation_id=batch.installation_id,
        )
    except RateLimited as exc:
        raise work.TryLater(str(exc)) from exc
    except (GhkitError, github.GitHubNotConfigured) as exc:
        what = "did not answer" if isinstance(exc, GitHubUnavailable) else "was not asked"
        message = f"GitHub {what} how much it allows: {exc}"
        raise work.TryLater(message) from exc


def _release_unlimited(batch: Batch, waiting: Sequence[Row], *, now: datetime) -> datetime | None:
    """Hand over as many as one part takes, a part at a time: so a pause means something."""
    if batch.parts.filter(state__in=_OPEN_PARTS).exists():
        return now + _LOOK_AGAIN
    _make_part(batch, waiting[: pacing.PART_ROWS_MAX], now=now)
    return now + _LOOK_AGAIN if len(waiting) > pacing.PART_ROWS_MAX else None


def _release_limited(
    batch: Batch, waiting: Sequence[Row], limit: HourlyLimit, *, now: datetime
) -> datetime | None:
    """Hand over those whom every window has room for; returns when to look again."""
    costs = [selectors.cost_of(row) for row in waiting]
    allowed = selectors.quotas(is_limited=True)
    before = selectors.spent(batch.organization.lower(), now=now)
    chosen = pacing.affordable(costs, spent=before, now=now, quotas=allowed)
    in_hand = _fitting([costs[place] for place in chosen], limit["remaining"])
    if chosen and not in_hand:
        # The hour's requests are used up, by us or by others.
        return max(limit["resets_at"], now + timedelta(seconds=1))
    people = [waiting[place] for place in chosen[:in_hand]]
    if people:
        part = _make_part(batch, people, now=now)
        before.append(
            pacing.Spent(
                at=now, writes=part.writes, invitations=part.invitations, points=part.points
            )
        )
    released = {row.pk for row in people}
    rest = [selectors.cost_of(row) for row in waiting if row.pk not in released]
    again_at = pacing.next_at(rest, spent=before, now=now, quotas=allowed)
    return max(again_at, now + timedelta(seconds=1)) if again_at else None


def _fitting(costs: Sequence[pacing.Cost], requests_left: int) -> int:
    """Count how many of these people the rest of the hour's requests is enough for."""
    for count, cost in enumerate(costs):
        requests_left -= pacing.READS_PER_PERSON + cost.writes
        if requests_left < 0:
            return count
    return len(costs)


def _make_part(batch: Batch, rows: Sequence[Row], *, now: datetime) -> Part:
    total = pacing.spending(map(selectors.cost_of, rows), at=now)
    highest = batch.parts.aggregate(highest=Max("number"))["highest"] or 0
    part = Part.objects.create(
        batch=batch,
        number=highest + 1,
        organization_key=batch.organization.lower(),
        released_at=now,
        people=len(rows),
        writes=total.writes,
        invitations=total.invitations,
        points=total.points,
        not_before=now,
    )
    # Of a retry: that an earlier execution failed is no longer for anybody to deal with.
    failed = [row.execution_arn for row in rows if row.execution_arn]
    if failed:
        executions.note_replaced(arns=failed, now=now)
    Row.objects.filter(pk__in=[row.pk for row in rows], state=RowState.WAITING).update(
        state=RowState.RUNNING, part=part, error="", execution_arn=""
    )
    Batch.objects.filter(pk=batch.pk).update(updated_at=now)
    work.wake(Part)
    log.info("onboarding.part_released", batch_id=batch.pk, part=part.number, people=len(rows))
    return part
