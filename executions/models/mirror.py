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

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="mirrorstate_is_one_row"),
        ]

    def __str__(self) -> str:
        return "the mirror"
