"""Codes of onboarding, with their words for people."""

from django.db import models


class MemberStatus(models.TextChoices):
    """How a record stands, in the words of MembersTable."""

    ACTIVE = "active", "Active"
    PENDING = "pending", "Pending"
    # An e-mail address, whose person GitHub names once the invitation is accepted.
    INVITED = "invited", "Invited by e-mail"
    REMOVED = "removed", "Removed"


INVITED_STATUSES = (MemberStatus.PENDING, MemberStatus.INVITED)
"""Those who have yet to accept."""


class MemberState(models.TextChoices):
    """What pages call a member: the status, and what has become of the invitation by now."""

    ACTIVE = "active", "Active"
    PENDING = "pending", "Pending"
    INVITED = "invited", "Invited by e-mail"
    EXPIRED = "expired", "Invitation expired"
    CANCELLED = "cancelled", "Invitation cancelled"
    ACCEPTED = "accepted", "Invitation accepted"
    REMOVED = "removed", "Removed"


class InvitationEnd(models.TextChoices):
    """How an invitation ended, as a check of GitHub's lists found."""

    NONE = "", "Open"
    EXPIRED = "expired", "Expired"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"
    # Of an invitation by e-mail: the person has a record of their own.
    ACCEPTED = "accepted", "Accepted"


class TeamState(models.TextChoices):
    """How a person stands in a team, in GitHub's words and two of ours."""

    ACTIVE = "active", "Active"
    PENDING = "pending", "Pending"
    # The identity provider decides who is in it.
    SYNCED = "synced", "Synchronised"
    REMOVED = "removed", "Removed"


class ChoreKind(models.TextChoices):
    """What a person may ask for on a member's page."""

    REPAIR_TEAMS = "repair_teams", "Add to the missing teams"
    RESEND_INVITATION = "resend", "Invite again"


class ChoreStatus(models.TextChoices):
    """What came of it."""

    REQUESTED = "requested", "Under way"
    DONE = "done", "Done"
    REFUSED = "refused", "Not done"
