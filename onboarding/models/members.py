"""Members of organisations as MembersTable has them, and the work about them.

The item in DynamoDB is the truth; `onboarding.services` alone writes the mirror. What a check of
GitHub's invitations found (`invitation_…`) is the mirror's own.
"""

import uuid
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

from django.conf import settings
from django.db import models
from django.db.models import Q

from core.work import LeasedWork, WorkState
from executions.models import Execution
from onboarding.enums import (
    INVITED_STATUSES,
    ChoreKind,
    ChoreStatus,
    InvitationEnd,
    MemberState,
    MemberStatus,
    TeamState,
)

INVITATION_LIFE: Final = timedelta(days=7)
"""After which GitHub lets an invitation expire.

Source: GitHub Docs, inviting-users-to-join-your-organization, read 2026-08-22.
"""


class MemberQuerySet(models.QuerySet["Member"]):
    """Members by what pages call them."""

    def in_state(self, state: str, *, now: datetime) -> "MemberQuerySet":
        """Filter by `MemberState`, as `Member.state_at` tells it of one."""
        return self.filter(state_condition(state, now=now))


def state_condition(state: str, *, now: datetime) -> Q:
    """Return the condition that `Member.state_at(now)` is this state."""
    still_open = Q(invitation_end=InvitationEnd.NONE)
    is_over = Q(invitation_expires_at__isnull=False, invitation_expires_at__lte=now)
    waiting = Q(status__in=INVITED_STATUSES)
    if state == MemberState.EXPIRED:
        ended = Q(invitation_end__in=[InvitationEnd.EXPIRED, InvitationEnd.FAILED])
        return waiting & (ended | still_open & is_over)
    if state in (MemberState.CANCELLED, MemberState.ACCEPTED):
        return waiting & Q(invitation_end=state)
    if state in INVITED_STATUSES:
        return Q(status=state) & still_open & ~is_over
    return Q(status=state)


class Member(models.Model):
    """A person of an organisation, or an invitation to one by e-mail; one item of MembersTable."""

    organization_id = models.BigIntegerField()
    # The item's sort key: GitHub's numeric id, or "invite#<id>". It outlives renames.
    key = models.CharField(max_length=64)
    github_id = models.BigIntegerField(null=True, blank=True)
    login = models.CharField(max_length=255, blank=True)
    organization = models.CharField(max_length=255)
    status = models.CharField(max_length=8, choices=MemberStatus.choices)
    status_observed_at = models.DateTimeField()
    joined_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    email = models.CharField(max_length=320, blank=True)
    employee_id = models.CharField(max_length=255, blank=True)
    name = models.CharField(max_length=255, blank=True)
    department = models.CharField(max_length=255, blank=True)
    title = models.CharField(max_length=255, blank=True)
    manager = models.CharField(max_length=255, blank=True)
    # The whole record of the company directory, fields of which we know nothing included.
    company = models.JSONField(default=dict, blank=True)
    company_source = models.CharField(max_length=64, blank=True)
    rules_version = models.PositiveIntegerField(null=True, blank=True)

    invitation_id = models.BigIntegerField(null=True, blank=True)
    inviter = models.CharField(max_length=255, blank=True)
    invited_at = models.DateTimeField(null=True, blank=True)
    invitation_expires_at = models.DateTimeField(null=True, blank=True)
    invitation_end = models.CharField(
        max_length=16, choices=InvitationEnd.choices, blank=True, default=InvitationEnd.NONE
    )
    # GitHub's words on why it failed.
    invitation_reason = models.TextField(blank=True)

    delivery = models.UUIDField(null=True, blank=True)
    execution_arn = models.CharField(max_length=512, blank=True)
    updated_at = models.DateTimeField()
    imported_at = models.DateTimeField()

    # Lower case: the login, else the e-mail address. What lists are ordered by.
    sort_key = models.CharField(max_length=320)
    # Lower case: login, name, e-mail and employee id, a line each.
    search_text = models.TextField(blank=True)

    objects = MemberQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization_id", "key"], name="member_once"),
            models.UniqueConstraint(
                fields=["organization_id", "github_id"],
                condition=Q(github_id__isnull=False),
                name="member_once_by_github_id",
            ),
            models.CheckConstraint(
                condition=Q(github_id__isnull=False) | Q(invitation_id__isnull=False),
                name="member_is_a_person_or_an_invitation",
            ),
        ]
        indexes = [
            models.Index(fields=["sort_key", "id"], name="member_list"),
            models.Index(fields=["status", "sort_key", "id"], name="member_by_status"),
            models.Index(fields=["department", "sort_key", "id"], name="member_by_department"),
            # Holds all that the numbers beside the list are made of.
            models.Index(
                fields=["department", "status", "invitation_end", "invitation_expires_at"],
                name="member_numbers",
            ),
        ]

    def __str__(self) -> str:
        return self.login or self.email or self.key

    @property
    def is_person(self) -> bool:
        """Whether GitHub has told who it is."""
        return self.github_id is not None

    @property
    def is_waiting(self) -> bool:
        """Whether an invitation has yet to be accepted, whatever has become of it."""
        return self.status in INVITED_STATUSES

    def state_at(self, now: datetime) -> MemberState:
        """Tell what pages call it: an invitation expires by the clock, without any event."""
        if not self.is_waiting:
            return MemberState(self.status)
        if self.invitation_end in (InvitationEnd.CANCELLED, InvitationEnd.ACCEPTED):
            return MemberState(self.invitation_end)
        expires_at = self.invitation_expires_at
        if self.invitation_end or (expires_at is not None and expires_at <= now):
            return MemberState.EXPIRED
        return MemberState(self.status)

    @property
    def teams_now(self) -> "list[MemberTeam]":
        """The teams, which must be loaded, less those of the past.

        GitHub takes who leaves out of every team, and need not say so team by team.
        """
        if self.status == MemberStatus.REMOVED:
            return []
        return [team for team in self.teams.all() if team.state != TeamState.REMOVED]


class MemberTeam(models.Model):
    """A team that a member is in, was in, or was promised by the team rules."""

    member = models.ForeignKey(
        Member, on_delete=models.CASCADE, related_name="teams", db_index=False
    )
    slug = models.CharField(max_length=255)
    state = models.CharField(max_length=8, choices=TeamState.choices)
    # Whether the team rules gave it.
    is_promised = models.BooleanField()
    observed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["member", "slug"], name="member_team_once")]
        indexes = [models.Index(fields=["slug", "state", "member"], name="member_team_of_slug")]

    def __str__(self) -> str:
        return self.slug


class MemberImport(LeasedWork):
    """The outbox of `execution_finished`: an execution whose member is to be read from DynamoDB."""

    work_task: ClassVar[str] = "onboarding.tasks.import_members"

    execution = models.OneToOneField(Execution, on_delete=models.CASCADE)
    # Whom it was about, once that was read: pages list executions by it whatever the login was.
    member = models.ForeignKey(
        Member, null=True, blank=True, on_delete=models.SET_NULL, related_name="imports"
    )
    imported_at = models.DateTimeField(null=True, blank=True)

    class Meta(LeasedWork.Meta):
        indexes = [
            *LeasedWork.Meta.indexes,
            # Every page says what could not be imported: few rows of very many.
            models.Index(
                fields=["id"], condition=Q(work_state=WorkState.DEAD), name="memberimport_dead"
            ),
        ]

    def __str__(self) -> str:
        return f"member of {self.execution_id}"


class MemberChore(LeasedWork):
    """What somebody asked for on a member's page, and what came of it. As work: tell GitHub."""

    work_task: ClassVar[str] = "onboarding.tasks.do_chores"

    public_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="chores")
    kind = models.CharField(max_length=16, choices=ChoreKind.choices)
    # The slugs that were missing when it was asked for.
    teams = models.JSONField(default=list, blank=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    requested_at = models.DateTimeField()
    status = models.CharField(
        max_length=12, choices=ChoreStatus.choices, default=ChoreStatus.REQUESTED
    )
    # In words for the page, once it is known.
    outcome = models.TextField(blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta(LeasedWork.Meta):
        constraints = [
            *LeasedWork.Meta.constraints,
            # Two clicks, two people, two processes: one at a time.
            models.UniqueConstraint(
                fields=["member", "kind"],
                condition=Q(status=ChoreStatus.REQUESTED),
                name="memberchore_one_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} for {self.member_id}"

    @property
    def is_open(self) -> bool:
        """Whether GitHub has yet to be told."""
        return self.status == ChoreStatus.REQUESTED

    def dead_fields(self, reason: str) -> dict[str, Any]:
        """Close it with the row, so that the next one may be asked for."""
        return {"status": ChoreStatus.REFUSED, "outcome": f"Given up. {reason}"}


class Organization(LeasedWork):
    """An organisation that has members here. As work: its invitations must be compared, ever again."""

    work_task: ClassVar[str] = "onboarding.tasks.check_invitations"

    # GitHub's id: it outlives renames.
    id = models.BigIntegerField(primary_key=True)
    # As it was last heard of, and when: records of long ago bear an older one.
    login = models.CharField(max_length=255)
    login_observed_at = models.DateTimeField()
    # When GitHub last told all of its invitations.
    checked_at = models.DateTimeField(null=True, blank=True)
    # What was new to the records when something last was, and when that was:
    # {"expired": [names], "failed": …, "cancelled": …, "accepted": …, "unrecorded": …}.
    found = models.JSONField(default=dict, blank=True)
    found_at = models.DateTimeField(null=True, blank=True)

    class Meta(LeasedWork.Meta):
        pass

    def __str__(self) -> str:
        return self.login
