"""Comparing the invitations that GitHub lists with the records: nothing tells of one that ends.

A deliberate exception to "no polling": GitHub sends no event when an invitation expires, fails or is
withdrawn, and a lost `member_added` would leave somebody pending for ever.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.db import transaction

from core import work
from onboarding.models import InvitationCheck

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from onboarding.models import Member

SOON: Final = timedelta(seconds=20)
"""A check that many new invitations ask for is still one check."""


@transaction.atomic
def watch_invitations(*, members: Collection[Member], now: datetime) -> None:
    """See to it that the organisations' invitations are checked; soon where one's dates are unknown."""
    organizations = {member.organization_id: member.organization for member in members}
    known = set(
        InvitationCheck.objects.filter(organization_id__in=organizations).values_list(
            "organization_id", flat=True
        )
    )
    missing = [
        InvitationCheck(organization_id=pk, organization=organizations[pk], not_before=now + SOON)
        for pk in sorted(organizations)
        if pk not in known
    ]
    InvitationCheck.objects.bulk_create(missing, ignore_conflicts=True)
    undated = {
        member.organization_id
        for member in members
        if member.is_waiting and member.invitation_expires_at is None and not member.invitation_end
    }
    if undated:
        InvitationCheck.objects.filter(
            organization_id__in=undated,
            work_state=work.WorkState.WAITING,
            not_before__gt=now + SOON,
        ).update(not_before=now + SOON)
