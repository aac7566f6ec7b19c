"""Starting deliveries again: one, or everything that matches a filter.

A delivery that was started gets a new execution, named `<event>-<guid>-<n>`. One that failed or was
kept out by a filter tries again under the name that it never used.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import structlog
from django.db import transaction

from core import work
from core.errors import Conflict, NotFound
from webhooks import selectors
from webhooks.enums import DeliveryStatus
from webhooks.models import Delivery, Replay

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from uuid import UUID

    from django.contrib.auth.models import User

log = structlog.get_logger(__name__)

# Their rows change in one short transaction, for which everybody waits on SQLite.
_BATCH: Final = 100
_START: Final = re.compile(r"-[0-9a-f]{12}-([1-9][0-9]{0,4})\Z", re.ASCII)
_MAX_START: Final = 32_767


class NotReplayable(Conflict):
    """There is nothing to start this delivery from, or it is about to start anyway."""

    code = "delivery_not_replayable"


@transaction.atomic
def replay_delivery(guid: UUID, *, now: datetime) -> Delivery:
    """Start one delivery again; returns it as it waits.

    Raises:
        NotFound: There is no such delivery.
        NotReplayable: It has no body, it waits, or somebody was faster.
    """
    delivery = Delivery.objects.select_for_update().filter(guid=guid).defer("headers").first()
    if delivery is None:
        message = f"There is no delivery {guid}."
        raise NotFound(message)
    if delivery.body is None:
        message = "Its body is not here (any more), so there is nothing to start it from."
        raise NotReplayable(message)
    if not _start_again([delivery], now=now):
        message = "It is waiting to be started already."
        raise NotReplayable(message)
    work.wake(Delivery)
    delivery.refresh_from_db()
    log.info("webhooks.delivery_replayed", delivery_id=str(guid), start=delivery.start_number)
    return delivery


@transaction.atomic
def request_replay(
    wanted: selectors.Wanted, *, up_to: int, user: User | None, now: datetime
) -> Replay:
    """Have everything that matches started again, in order of arrival, by a worker.

    Args:
        wanted: Which deliveries.
        up_to: The latest key that was counted; what arrived later is left alone.
        user: Who asks.
        now: When.

    Raises:
        NotReplayable: Nothing matches that could be replayed.
    """
    total = selectors.replayable(wanted, up_to=up_to).order_by().count()
    if not total:
        message = "No delivery matches that could be replayed."
        raise NotReplayable(message)
    replay = Replay.objects.create(
        wanted=wanted.as_json,
        up_to_key=up_to,
        total=total,
        requested_by=user,
        requested_at=now,
        not_before=now,
    )
    work.wake(Replay)
    log.info("webhooks.replay_requested", replay_id=str(replay.public_id), total=total)
    return replay


def carry_out_replays(*, clock: Callable[[], datetime]) -> int:
    """Carry on with the replays that are due, a batch each; return how many batches were done."""
    return work.work_off(Replay, carry_out_replay, clock=clock, batch=1)


def carry_out_replay(replay: Replay, now: datetime) -> None:
    """Start the next batch again and note how far this is, both or neither.

    Raises:
        LeaseLost: Another worker has it.
    """
    wanted = selectors.Wanted.from_json(replay.wanted)
    left = selectors.replayable(wanted, up_to=replay.up_to_key).filter(pk__gt=replay.done_key)
    batch = list(left.order_by("pk")[:_BATCH])
    if not batch:
        work.finish(replay, ended_at=now)
        return
    with transaction.atomic():
        count = _start_again(batch, now=now)
        work.postpone(
            replay,
            not_before=now,
            error="",
            done_key=batch[-1].pk,
            replayed=replay.replayed + count,
        )
        work.wake(Delivery)


def _start_again(rows: Sequence[Delivery], *, now: datetime) -> int:
    """Make deliveries wait for their next start; one that changed meanwhile is left alone."""
    started = [row.guid for row in rows if row.status == DeliveryStatus.STARTED]
    names = selectors.execution_names(started)
    groups: dict[tuple[str, int, int], list[int]] = {}
    for row in rows:
        number = row.start_number
        if row.status == DeliveryStatus.STARTED:
            # A retry that started anew has taken a number too.
            used = [int(m[1]) for name in names.get(row.guid, ()) if (m := _START.search(name))]
            number = min(max([row.start_number, *used]) + 1, _MAX_START)
        groups.setdefault((row.status, row.start_number, number), []).append(row.pk)
    count = 0
    for (status, old_number, number), keys in groups.items():
        same = Delivery.objects.filter(
            pk__in=keys, status=status, start_number=old_number, body__isnull=False
        ).exclude(status=DeliveryStatus.WAITING)
        count += work.rearm(
            same,
            now=now,
            status=DeliveryStatus.WAITING,
            reason="",
            execution_arn="",
            start_number=number,
        )
    return count
