"""How far the mirror is."""

from django.db import models
from django.db.models import Q


class MirrorState(models.Model):
    """One row: how far the mirror has come."""

    ONLY = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=ONLY)
    # Everything that AWS told before this moment is in the mirror.
    caught_up_at = models.DateTimeField(null=True)
    swept_at = models.DateTimeField(null=True)
    # When histories of successes were last asked for, to be kept.
    archived_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="mirrorstate_is_one_row"),
        ]

    def __str__(self) -> str:
        return "the mirror"


class SweepReport(models.Model):
    """What one sweep found that events had missed."""

    swept_at = models.DateTimeField(db_index=True)
    # Executions that AWS listed.
    listed = models.PositiveIntegerField()
    # Those that the mirror had not heard of.
    missing = models.PositiveIntegerField()
    # Those that stood otherwise at AWS.
    different = models.PositiveIntegerField()
    # Open ones of the mirror that AWS no longer listed as open.
    silent = models.PositiveIntegerField()
    # Which machines could not be swept: our name of each, and why.
    problems = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"sweep of {self.swept_at:%Y-%m-%d %H:%M:%S}"

    @property
    def found(self) -> int:
        """How many executions the events had left wrong."""
        return self.missing + self.different + self.silent
