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
    CORRECT_RECORD = "correct_record", "Correct the record"


class ChoreStatus(models.TextChoices):
    """What came of it."""

    REQUESTED = "requested", "Under way"
    DONE = "done", "Done"
    REFUSED = "refused", "Not done"


class BatchState(models.TextChoices):
    """Where an onboarding by hand stands."""

    CHECKING = "checking", "Checking"
    READY = "ready", "Ready to run"
    RUNNING = "running", "Running"
    PAUSED = "paused", "Paused"
    DONE = "done", "Done"
    CANCELLED = "cancelled", "Cancelled"


class BatchSource(models.TextChoices):
    """How the people of an onboarding were named."""

    ONE = "one", "One login"
    PASTE = "paste", "Pasted list"
    FILE = "file", "Uploaded file"
    API = "api", "REST API"


class RowState(models.TextChoices):
    """Where one person of an onboarding stands; the REST API has these very words."""

    CHECKING = "checking", "Being checked"
    WAITING = "waiting", "Waiting"
    RUNNING = "running", "Running"
    SUCCEEDED = "succeeded", "Succeeded"
    FAILED = "failed", "Failed"
    SKIPPED = "skipped", "Nothing to do"
    CANCELLED = "cancelled", "Cancelled"


OPEN_ROWS = (RowState.CHECKING, RowState.WAITING, RowState.RUNNING)


class PartState(models.TextChoices):
    """Where one start of `onboard-members` stands."""

    STARTING = "starting", "Being started"
    RUNNING = "running", "Running"
    ENDED = "ended", "Ended"
    REFUSED = "refused", "Not started"


class CheckCode(models.TextChoices):
    """What the preflight can find about a person."""

    CELL = "cell", "Unreadable cell"
    NO_LOGIN = "no_login", "No login"
    LOGIN_MALFORMED = "login_malformed", "Not a login"
    LOGIN_UNKNOWN = "login_unknown", "Unknown login"
    DUPLICATE = "duplicate", "Named twice"
    EMAIL_MALFORMED = "email_malformed", "Not an e-mail address"
    NO_APP = "no_app", "App not installed"
    NOT_IN_DIRECTORY = "not_in_directory", "Not in the directory"
    DIRECTORY_UNREADABLE = "directory_unreadable", "Directory record unreadable"
    NO_TEAM_RULES = "no_team_rules", "No team rules"
    TEAM_MISSING = "team_missing", "Team is gone"
    ALREADY_ONBOARDED = "already_onboarded", "Already onboarded"
    ALREADY_MEMBER = "already_member", "Already a member"
    ALREADY_INVITED = "already_invited", "Already invited"
    NO_TEAM = "no_team", "No team"
    TEAM_SYNCED = "team_synced", "Team of an identity provider"
    DIRECTORY_AWAY = "directory_away", "Directory not checked"
    OVER_QUOTA = "over_quota", "Over today's quota"
    EMAIL_DIFFERS = "email_differs", "Other e-mail in the directory"


class DirectoryMode(models.TextChoices):
    """What an upload does to the people who are in the table already."""

    MERGE = "merge", "Add and update"
    REPLACE = "replace", "Replace everybody"
