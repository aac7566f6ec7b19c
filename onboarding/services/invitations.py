"""Comparing the invitations that GitHub lists with the records: nothing tells of one that ends.

A deliberate exception to "no polling": GitHub sends no event when an invitation expires, fails or is
withdrawn, and a lost `member_added` would leave somebody pending for ever.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from core import work
from onboarding.models import Organization

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

SOON: Final = timedelta(seconds=20)
"""A check that many new invitations ask for is still one check."""


def check_soon(*, organization_ids: Collection[int], now: datetime) -> None:
    """Have these organisations' invitations compared in a moment rather than at their time."""
    if organization_ids:
        Organization.objects.filter(
            pk__in=organization_ids,
            work_state=work.WorkState.WAITING,
            not_before__gt=now + SOON,
        ).update(not_before=now + SOON)
