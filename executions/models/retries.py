"""Who wanted an execution retried, and what came of it."""

import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from core.work import LeasedWork
from executions.enums import RetryAction, RetryStatus
from executions.models.executions import Execution
from executions.packing import unpack_text


class Retry(LeasedWork):
    """Somebody's wish to retry an execution, and what came of it. As work: AWS must be told."""

    work_task: ClassVar[str] = "executions.tasks.carry_out_retries"

    execution = models.ForeignKey(Execution, on_delete=models.CASCADE, related_name="retries")
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    requested_at = models.DateTimeField()
    action = models.CharField(max_length=8, choices=RetryAction.choices)
    # What the person was told before the click.
    reason = models.TextField()
    # Of a start anew with a corrected input; null where the input is the old one.
    packed_input = models.BinaryField(null=True)
    # One of many: AWS is not asked about each beforehand, for DescribeExecution refills slowly.
    in_bulk = models.BooleanField(default=False)
    # RedriveExecution's clientToken: the same for every attempt at this row.
    token = models.UUIDField(default=uuid.uuid4, editable=False)
    # Written before the call: a higher count afterwards proves that the call went through.
    redrive_count_before = models.PositiveIntegerField(null=True, blank=True)
    status = models.CharField(
        max_length=12, choices=RetryStatus.choices, default=RetryStatus.REQUESTED
    )
    # In words for the page, once it is known.
    outcome = models.TextField(blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    new_execution = models.ForeignKey(
        Execution, null=True, blank=True, on_delete=models.SET_NULL, related_name="restart_of"
    )

    class Meta(LeasedWork.Meta):
        verbose_name_plural = "retries"
        constraints = [
            *LeasedWork.Meta.constraints,
            # Two clicks, two people, two processes: one retry at a time.
            models.UniqueConstraint(
                fields=["execution"],
                condition=Q(status=RetryStatus.REQUESTED),
                name="retry_one_open_per_execution",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} of {self.execution_id}"

    @property
    def is_open(self) -> bool:
        """Whether AWS has yet to be told."""
        return self.status == RetryStatus.REQUESTED

    @property
    def edited_input(self) -> str | None:
        """The corrected input as JSON text; None where the input is the old one."""
        return None if self.packed_input is None else unpack_text(self.packed_input)

    def dead_fields(self, reason: str) -> dict[str, Any]:
        """Close the retry with the row, so that the next one may be asked for."""
        return {"status": RetryStatus.REFUSED, "outcome": f"Given up. {reason}"}
