"""Keeping the histories of successes before AWS forgets them, 90 days after their end.

Failures and what somebody looks at are read at once. Successes wait for a quiet moment and go at a
stated pace, since GetExecutionHistory refills at 20 a second for the whole account.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction

from core import work
from executions import selectors
from executions.models import Execution, MirrorState
from executions.services.rows import ask_aws

if TYPE_CHECKING:
    from datetime import datetime

ARCHIVE_EVERY = timedelta(seconds=2)
# A consumer that waited for the queue for this long makes up for it at once.
_ARCHIVE_FOR = timedelta(seconds=20)
# What ended just now may still be asked about for other reasons.
_SETTLED_AFTER = timedelta(minutes=1)
FORGOTTEN_AFTER = timedelta(days=90)
"""How long AWS keeps a closed execution (an account may have it cut to 30 days)."""


@transaction.atomic
def archive_successes(*, now: datetime) -> int:
    """Have the histories of the longest ended successes read; returns of how many.

    However many processes ask, `MIRROR_ARCHIVE_PER_S` a second are read, and none while anything
    else is due: that is what people wait for.
    """
    pace = settings.MIRROR_ARCHIVE_PER_S
    if not pace or work.due(Execution, now=now).exists():
        return 0
    state, _ = MirrorState.objects.get_or_create(id=MirrorState.ONLY)
    since = state.archived_at
    waited = ARCHIVE_EVERY if since is None else min(now - since, _ARCHIVE_FOR)
    itself = MirrorState.objects.filter(id=MirrorState.ONLY, archived_at=since)
    if waited < ARCHIVE_EVERY or not itself.update(archived_at=now):
        return 0
    at_once = int(pace * waited.total_seconds())
    unread = selectors.unread_successes().filter(
        stopped_at__gt=now - FORGOTTEN_AFTER,
        stopped_at__lt=now - _SETTLED_AFTER,
        work_state=work.WorkState.DONE,
    )
    pks = list(unread.order_by("stopped_at").values_list("pk", flat=True)[:at_once])
    ask_aws(pks, now=now, history_wanted=True)
    return len(pks)
