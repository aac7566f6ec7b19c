"""What state machines did, and when."""

from django.db import models
from django.db.models import F, Q

from executions.packing import unpack_text


class Definition(models.Model):
    """What a state machine did for some time, as AWS has it: the executions of that time ran it."""

    state_machine_arn = models.CharField(max_length=256)
    # AWS's revisionId; a machine that was never updated has none.
    revision = models.CharField(max_length=64, blank=True)
    # SHA-256 of the body: a machine that was deleted and made anew begins without a revision again.
    digest = models.CharField(max_length=64)
    # Executions that started between these two, both included, ran it. AWS tells of one execution
    # at a time, and of the present; what lies between is known, what lies beyond must be asked.
    earliest_start_at = models.DateTimeField()
    latest_start_at = models.DateTimeField()
    packed_body = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["state_machine_arn", "revision", "digest"], name="definition_once"
            ),
            models.CheckConstraint(
                condition=Q(earliest_start_at__lte=F("latest_start_at")),
                name="definition_starts_in_order",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.state_machine_arn} {self.revision}".strip()

    @property
    def body(self) -> str:
        """The definition as JSON text."""
        return unpack_text(self.packed_body)
