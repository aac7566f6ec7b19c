"""What onboarding keeps: members, batches of people to onboard, and the work about both."""

from onboarding.models.batches import Batch, Part, Quota, Row
from onboarding.models.members import (
    INVITATION_LIFE,
    InvitationCheck,
    Member,
    MemberChore,
    MemberImport,
    MemberTeam,
)

__all__ = [
    "INVITATION_LIFE",
    "Batch",
    "InvitationCheck",
    "Member",
    "MemberChore",
    "MemberImport",
    "MemberTeam",
    "Part",
    "Quota",
    "Row",
]
