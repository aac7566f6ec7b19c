"""Finding what happened at GitHub while nobody could tell: runs and members without a record here."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from core.work import LeasedWork, WorkState


class Backfill(LeasedWork):
    """One search through a span of time, repository by repository and organisation by organisation."""

    work_task: ClassVar[str] = "webhooks.tasks.carry_out_backfills"

    public_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    # Runs that were created within it.
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reason = models.CharField(max_length=255)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    requested_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    # When all its places were written down; null until then.
    listed_at = models.DateTimeField(null=True, blank=True)
    looked_through = models.PositiveIntegerField(default=0)
    found = models.PositiveIntegerField(default=0)
    started = models.PositiveIntegerField(default=0)

    class Meta(LeasedWork.Meta):
        constraints = [
            *LeasedWork.Meta.constraints,
            models.UniqueConstraint(fields=["starts_at", "ends_at"], name="backfill_once_a_span"),
            models.CheckConstraint(
                condition=Q(starts_at__lt=F("ends_at")), name="backfill_starts_before_it_ends"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.starts_at:%Y-%m-%d %H:%M} to {self.ends_at:%Y-%m-%d %H:%M}"

    @property
    def state(self) -> str:
        """How it stands, as a code for `{% status %}`."""
        if self.work_state == WorkState.DEAD:
            return "failed"
        return "done" if self.work_state == WorkState.DONE else "running"


class BackfillPlace(models.Model):
    """A repository whose runs, or an organisation whose members, one back-fill looks through.

    A span of a repository's runs that is too long for one question becomes two places.
    """

    backfill = models.ForeignKey(Backfill, on_delete=models.CASCADE, related_name="places")
    installation_id = models.BigIntegerField()
    owner = models.CharField(max_length=255)
    # Of an organisation whose members are looked for; null for a repository's runs.
    owner_id = models.BigIntegerField(null=True, blank=True)
    repository = models.CharField(max_length=255, blank=True)
    # Whole seconds, both ends included, as GitHub takes them.
    begins_at = models.DateTimeField()
    until = models.DateTimeField()
    is_done = models.BooleanField(default=False)
    # What could not be looked through, and why; a line each.
    problems = models.TextField(blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["backfill", "id"], condition=Q(is_done=False), name="backfill_place_left"
            ),
        ]
        constraints = [
            # A worker that dies while it writes them down writes none twice.
            models.UniqueConstraint(
                fields=[
                    "backfill",
                    "installation_id",
                    "owner",
                    "repository",
                    "begins_at",
                    "until",
                ],
                name="backfill_place_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.owner}/{self.repository}" if self.repository else self.owner
