"""What onboarding keeps: members, batches of people to onboard, and the work about both."""

from onboarding.models.batches import Batch, Part, Quota, Row
from onboarding.models.directory import DirectoryPart, DirectoryUpload, DirectoryWrite
from onboarding.models.members import (
    INVITATION_LIFE,
    Member,
    MemberChore,
    MemberImport,
    MemberTeam,
    Organization,
    state_condition,
)
from onboarding.models.rules import RuleDraft, RuleSet

__all__ = [
    "INVITATION_LIFE",
    "Batch",
    "DirectoryPart",
    "DirectoryUpload",
    "DirectoryWrite",
    "Member",
    "MemberChore",
    "MemberImport",
    "MemberTeam",
    "Organization",
    "Part",
    "Quota",
    "Row",
    "RuleDraft",
    "RuleSet",
    "state_condition",
]
