"""What onboarding keeps: members, and the work about them."""

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
    "InvitationCheck",
    "Member",
    "MemberChore",
    "MemberImport",
    "MemberTeam",
]
