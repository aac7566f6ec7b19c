"""Retrying everything that matches: one order, an item for each execution."""

import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from core.work import LeasedWork
from executions.enums import BulkStatus, ItemStatus, RetryAction
from executions.models.executions import Execution
from executions.models.retries import Retry


class BulkRetry(LeasedWork):
    """Somebody's wish to have everything retried that a filter matches.

    As work: first an item is written for each execution, then retries are asked for, no faster than
    AWS takes them.
    """

    work_task: ClassVar[str] = "executions.tasks.advance_bulk_retries"

    public_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    requested_at = models.DateTimeField()
    # `executions.selectors.Filter.to_json`.
    filter = models.JSONField()
    status = models.CharField(
        max_length=12, choices=BulkStatus.choices, default=BulkStatus.COLLECTING
    )
    # The last execution for which an item was written; they are taken in order of their keys.
    collected_up_to = models.BigIntegerField(default=0)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta(LeasedWork.Meta):
        verbose_name_plural = "bulk retries"

    def __str__(self) -> str:
        return f"bulk retry {self.public_id}"

    @property
    def is_open(self) -> bool:
        """Whether retries are still to be asked for."""
        return self.status in (BulkStatus.COLLECTING, BulkStatus.RUNNING)

    def dead_fields(self, reason: str) -> dict[str, Any]:  # noqa: ARG002 -- stands in last_error
        """An order that is given up has ended; its waiting items may be repeated."""
        return {"status": BulkStatus.CANCELLED}


class BulkItem(models.Model):
    """One execution of a bulk retry, what the adviser said, and what came of it."""

    bulk = models.ForeignKey(
        BulkRetry, on_delete=models.CASCADE, related_name="items", db_index=False
    )
    execution = models.ForeignKey(Execution, on_delete=models.CASCADE, related_name="+")
    action = models.CharField(max_length=8, choices=RetryAction.choices)
    reason = models.TextField()
    status = models.CharField(max_length=12, choices=ItemStatus.choices)
    # What AWS made of it is the retry's to tell.
    retry = models.ForeignKey(
        Retry, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["bulk", "execution"], name="bulkitem_once"),
        ]
        indexes = [
            models.Index(
                F("bulk"), F("id"), condition=Q(status=ItemStatus.WAITING), name="bulkitem_next"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} of {self.execution_id}"


class Bucket(models.Model):
    """A token bucket of AWS's, as far as this dashboard draws from it; see `services.buckets`."""

    name = models.CharField(max_length=40, primary_key=True)
    tokens = models.FloatField()
    filled_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
