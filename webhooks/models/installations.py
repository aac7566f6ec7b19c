"""Where the App is installed, as its webhooks tell and GitHub's lists confirm."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class Installation(models.Model):
    """The App on one account. GitHub gives every new installation a new id, so `deleted` is final."""

    github_id = models.BigIntegerField(unique=True)
    account_login = models.CharField(max_length=255)
    account_id = models.BigIntegerField(null=True, blank=True)
    account_type = models.CharField(max_length=32, blank=True)
    # GitHub's word: "all" or "selected".
    repository_selection = models.CharField(max_length=16, blank=True)
    permissions = models.JSONField(default=dict, blank=True)
    events = models.JSONField(default=list, blank=True)
    suspended_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    # GitHub's `updated_at` of what stands here: an older event changes nothing.
    told_at = models.DateTimeField(null=True, blank=True)
    # When GitHub was last asked, and by which list the repositories were last confirmed.
    confirmed_at = models.DateTimeField(null=True, blank=True)
    repositories_confirmed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            # The few that stop their work, read at every dispatch.
            models.Index(
                fields=["github_id"],
                condition=Q(suspended_at__isnull=False) | Q(deleted_at__isnull=False),
                name="installation_stopped",
            )
        ]

    def __str__(self) -> str:
        return f"{self.account_login} ({self.github_id})"

    @property
    def state(self) -> str:
        """How it stands, as a code for `{% status %}`."""
        if self.deleted_at is not None:
            return "uninstalled"
        return "suspended" if self.suspended_at is not None else "active"


class InstalledRepository(models.Model):
    """A repository that an installation covers."""

    installation = models.ForeignKey(
        Installation, on_delete=models.CASCADE, related_name="repositories", db_index=False
    )
    github_id = models.BigIntegerField()
    full_name = models.CharField(max_length=255)
    is_private = models.BooleanField(null=True)

    class Meta:
        verbose_name_plural = "installed repositories"
        constraints = [
            models.UniqueConstraint(
                fields=["installation", "github_id"], name="installed_repository_once"
            )
        ]
        indexes = [
            models.Index(fields=["installation", "full_name"], name="installed_repository_name")
        ]

    def __str__(self) -> str:
        return self.full_name
