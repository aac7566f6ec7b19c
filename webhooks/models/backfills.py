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
    # What is left to look through; null until it is known. See webhooks.services.backfills.
    left = models.JSONField(null=True)
    looked_through = models.PositiveIntegerField(default=0)
    found = models.PositiveIntegerField(default=0)
    started = models.PositiveIntegerField(default=0)
    # Places that could not be looked through, and why.
    problems = models.JSONField(default=list, blank=True)

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

    @property
    def left_count(self) -> int:
        """How many places are left, as far as that is known."""
        return len(self.left or [])
