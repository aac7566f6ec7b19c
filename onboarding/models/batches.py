"""Onboardings by hand: a batch of people, one row each, handed to AWS in parts.

One person is a batch of one. What is stored here decides what happens, so that a browser may close
and a process may die at any moment: a row belongs to at most one part at a time, a part has one
execution of `onboard-members` by its name, and what a part takes of GitHub's quotas is written down
in the same transaction that makes it.
"""

import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from core.work import LeasedWork, WorkState
from onboarding.enums import BatchSource, BatchState, PartState, RowState

LOGIN_GIVEN_CHARS = 255
"""What of a cell is kept as the login that was given; no login is longer than 39 characters."""


class Batch(LeasedWork):
    """People whom somebody onboards together. As work: it is to be checked, or released on."""

    work_task: ClassVar[str] = "onboarding.tasks.advance_batches"

    public_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    # The organisation's login as it was given, then as GitHub spells it.
    organization = models.CharField(max_length=100)
    organization_id = models.BigIntegerField(null=True, blank=True)
    installation_id = models.BigIntegerField(null=True, blank=True)
    source = models.CharField(max_length=8, choices=BatchSource.choices)
    # The file's name.
    title = models.CharField(max_length=255, blank=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    # Stays when the account is deleted, and goes to AWS.
    requested_by_name = models.CharField(max_length=150, blank=True)
    requested_at = models.DateTimeField()
    state = models.CharField(
        max_length=12, choices=BatchState.choices, default=BatchState.CHECKING
    )
    # Runs as soon as it is checked: the caller of the API has confirmed by calling.
    is_confirmed = models.BooleanField(default=False)
    # Whether people are onboarded again who have everything already.
    repeats = models.BooleanField(default=False)
    # What was wrong with all of it, for example that the App is not installed there.
    problem = models.TextField(blank=True)
    # What the preflight could not ask, in words.
    not_checked = models.TextField(blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    # Of anything that a page shows of it: pages that poll are told whether to be drawn anew.
    updated_at = models.DateTimeField()

    class Meta(LeasedWork.Meta):
        verbose_name_plural = "batches"
        constraints = [
            *LeasedWork.Meta.constraints,
            models.CheckConstraint(
                condition=Q(state__in=BatchState.values), name="batch_state_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"onboarding {self.public_id}"

    def dead_fields(self, reason: str) -> dict[str, Any]:
        """Say on the page that nothing goes on by itself; a retry takes it up again."""
        return {"problem": reason}

    @property
    def is_stuck(self) -> bool:
        """Whether it was given up in the middle; only a retry takes it further."""
        return self.work_state == WorkState.DEAD

    @property
    def is_over(self) -> bool:
        """Whether nothing more happens unless somebody asks for it."""
        return self.state in (BatchState.DONE, BatchState.CANCELLED)

    @property
    def is_moving(self) -> bool:
        """Whether what is shown may change without anybody's doing."""
        return self.state in (BatchState.CHECKING, BatchState.RUNNING, BatchState.PAUSED)


class Part(LeasedWork):
    """One start of `onboard-members`. As work: AWS must be told, or has told how it ended.

    Also the ledger of GitHub's quotas: the parts of an organisation's last 24 hours are what was
    spent.
    """

    work_task: ClassVar[str] = "onboarding.tasks.work_off_parts"

    batch = models.ForeignKey(
        Batch, on_delete=models.CASCADE, related_name="parts", db_index=False
    )
    # From 1, within the batch; part of the execution's name.
    number = models.PositiveIntegerField()
    # The organisation's login in lower case: quotas are an organisation's, not a batch's.
    organization_key = models.CharField(max_length=100)
    released_at = models.DateTimeField()
    people = models.PositiveIntegerField()
    writes = models.PositiveIntegerField()
    invitations = models.PositiveIntegerField()
    points = models.PositiveIntegerField()
    state = models.CharField(max_length=8, choices=PartState.choices, default=PartState.STARTING)
    execution_arn = models.CharField(max_length=512, blank=True)
    error = models.TextField(blank=True)

    class Meta(LeasedWork.Meta):
        indexes = [
            *LeasedWork.Meta.indexes,
            models.Index(fields=["organization_key", "released_at"], name="part_ledger"),
        ]
        constraints = [
            *LeasedWork.Meta.constraints,
            models.UniqueConstraint(fields=["batch", "number"], name="part_place"),
            models.CheckConstraint(
                condition=~Q(state=PartState.RUNNING) | ~Q(execution_arn=""),
                name="part_running_has_execution",
            ),
        ]

    def __str__(self) -> str:
        return f"part {self.number} of {self.batch_id}"

    def dead_fields(self, reason: str) -> dict[str, Any]:
        """A part that cannot be started says why; its people are tried again with the others."""
        return {"state": PartState.REFUSED, "error": reason}


class Row(LeasedWork):
    """One person of a batch. As work: an execution about them has ended and is to be looked at."""

    work_task: ClassVar[str] = "onboarding.tasks.follow_rows"

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="rows", db_index=False)
    # The row of the file, the line of the text, or the place in the list, from 1.
    number = models.PositiveIntegerField()
    login_given = models.CharField(max_length=LOGIN_GIVEN_CHARS)
    email_given = models.CharField(max_length=320, blank=True)
    # As GitHub knows the person, once it was asked.
    github_id = models.BigIntegerField(null=True, blank=True)
    login = models.CharField(max_length=255, blank=True)
    name = models.CharField(max_length=255, blank=True)
    avatar_url = models.CharField(max_length=512, blank=True)
    # GitHub's word for how they stood to the organisation: active, pending or none; "" before.
    membership = models.CharField(max_length=8, blank=True)
    department = models.CharField(max_length=255, blank=True)
    # [{"slug", "because"}], or null where only the execution will know.
    teams = models.JSONField(null=True, blank=True)
    # [{"code", "text", "blocks"}], all that the preflight found.
    checks = models.JSONField(default=list, blank=True)
    state = models.CharField(max_length=12, choices=RowState.choices, default=RowState.CHECKING)
    error = models.TextField(blank=True)
    writes = models.PositiveSmallIntegerField(default=1)
    invitations = models.PositiveSmallIntegerField(default=0)
    part = models.ForeignKey(
        Part, null=True, blank=True, on_delete=models.SET_NULL, related_name="rows"
    )
    # Of the child that last told how it went.
    execution_arn = models.CharField(max_length=512, blank=True)
    # The child that ended and that nobody has looked at yet.
    ended_execution_id = models.BigIntegerField(null=True, blank=True, editable=False)

    class Meta(LeasedWork.Meta):
        indexes = [
            *LeasedWork.Meta.indexes,
            models.Index(fields=["batch", "state", "number"], name="row_by_state"),
        ]
        constraints = [
            *LeasedWork.Meta.constraints,
            models.UniqueConstraint(fields=["batch", "number"], name="row_place"),
            models.CheckConstraint(
                condition=Q(state__in=RowState.values), name="row_state_is_known"
            ),
            models.CheckConstraint(
                condition=~Q(state=RowState.RUNNING) | Q(github_id__isnull=False),
                name="row_running_is_known",
            ),
            models.CheckConstraint(
                condition=~Q(state=RowState.FAILED) | ~Q(error=""), name="row_failed_says_why"
            ),
        ]

    def __str__(self) -> str:
        return f"row {self.number}: {self.login or self.login_given}"


class Quota(models.Model):
    """An organisation's quotas: the lock under which parts are made, and what GitHub last said."""

    organization_key = models.CharField(max_length=100, primary_key=True)
    # Whether GitHub limits at all; null before it was asked.
    is_limited = models.BooleanField(null=True)
    asked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.organization_key
