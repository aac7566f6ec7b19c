"""Failures of one kind: same workflow, same state, same error, and a cause that says the same."""

import uuid

from django.conf import settings
from django.db import models


class Family(models.Model):
    """A kind of failure, and whether somebody has taken note of it.

    Made with its first failure; `executions.families` says what belongs together.
    """

    public_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    # SHA-256 of the four texts below.
    key = models.CharField(max_length=64, unique=True)
    state_machine = models.CharField(max_length=80)
    # Path of the step that failed, with `*` for iterations and branches; empty where unknown.
    state = models.TextField(blank=True)
    error = models.CharField(max_length=256, blank=True)
    # With a word in angle brackets for what differs from one failure to the next.
    cause = models.TextField(blank=True)
    first_seen_at = models.DateTimeField()
    latest_seen_at = models.DateTimeField()
    # Null while it wants attention; a failure that ends later than this sets it back.
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    note = models.TextField(blank=True)
    # When it came back after it had been acknowledged.
    recurred_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "families"
        indexes = [models.Index(fields=["acknowledged_at", "-latest_seen_at"], name="family_list")]

    def __str__(self) -> str:
        return f"{self.error or 'failure'} at {self.state or self.state_machine}"
