"""What people want done at AWS: stopping what runs, starting by hand; retries have a file of their own."""

import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from core.work import LeasedWork
from executions.enums import OrderStatus
from executions.models.executions import Execution
from executions.packing import unpack_text


class Order(LeasedWork):
    """Somebody's wish that AWS must be told of, and what came of it."""

    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    requested_at = models.DateTimeField()
    status = models.CharField(
        max_length=12, choices=OrderStatus.choices, default=OrderStatus.REQUESTED
    )
    # In words for the page, once it is known.
    outcome = models.TextField(blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta(LeasedWork.Meta):
        abstract = True

    @property
    def is_open(self) -> bool:
        """Whether AWS has yet to be told."""
        return self.status == OrderStatus.REQUESTED

    def dead_fields(self, reason: str) -> dict[str, Any]:
        """Close the order with the row, so that the next one may be given."""
        return {"status": OrderStatus.REFUSED, "outcome": f"Given up. {reason}"}


class Stop(Order):
    """An execution that somebody wants stopped."""

    work_task: ClassVar[str] = "executions.tasks.carry_out_stops"

    execution = models.ForeignKey(Execution, on_delete=models.CASCADE, related_name="stops")
    # Becomes the execution's cause at AWS.
    note = models.TextField(blank=True)

    class Meta(Order.Meta):
        constraints = [
            *LeasedWork.Meta.constraints,
            models.UniqueConstraint(
                fields=["execution"],
                condition=Q(status=OrderStatus.REQUESTED),
                name="stop_one_open_per_execution",
            ),
        ]

    def __str__(self) -> str:
        return f"stop of {self.execution_id}"


class Start(Order):
    """An execution that somebody wants started by hand."""

    work_task: ClassVar[str] = "executions.tasks.carry_out_starts"

    public_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    state_machine = models.CharField(max_length=80)
    # Drawn once, so that however often the row is worked on, it starts one execution.
    name = models.CharField(max_length=80, unique=True)
    packed_input = models.BinaryField()
    execution = models.ForeignKey(
        Execution, null=True, blank=True, on_delete=models.SET_NULL, related_name="started_by_hand"
    )

    def __str__(self) -> str:
        return self.name

    @property
    def input(self) -> str:
        """The input as JSON text."""
        return unpack_text(self.packed_input)
