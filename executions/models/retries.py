"""Who wanted an execution retried, and what came of it."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q

from core.work import LeasedWork
from executions.enums import OrderStatus, RetryAction
from executions.models.executions import Execution
from executions.models.orders import Order
from executions.packing import unpack_text


class Retry(Order):
    """An execution that somebody wants retried."""

    work_task: ClassVar[str] = "executions.tasks.carry_out_retries"

    execution = models.ForeignKey(Execution, on_delete=models.CASCADE, related_name="retries")
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
    new_execution = models.ForeignKey(
        Execution, null=True, blank=True, on_delete=models.SET_NULL, related_name="restart_of"
    )

    class Meta(Order.Meta):
        verbose_name_plural = "retries"
        constraints = [
            *LeasedWork.Meta.constraints,
            # Two clicks, two people, two processes: one retry at a time.
            models.UniqueConstraint(
                fields=["execution"],
                condition=Q(status=OrderStatus.REQUESTED),
                name="retry_one_open_per_execution",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} of {self.execution_id}"

    @property
    def edited_input(self) -> str | None:
        """The corrected input as JSON text; None where the input is the old one."""
        return None if self.packed_input is None else unpack_text(self.packed_input)
