"""What GitHub delivered, once per GUID; a waiting row is the outbox of its execution's start."""

from __future__ import annotations

from typing import Any, ClassVar

import zstandard
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from core.work import LeasedWork
from webhooks.enums import DeliveryStatus

# What a back-fill writes is marked as such; GitHub never sends this header, and none of a request is kept.
ORIGIN_HEADER = "X-Ghadmin-Origin"
BACK_FILL = "back-fill"

_OPEN = Q(status=DeliveryStatus.WAITING)


class Delivery(LeasedWork):
    """One delivery of GitHub's, as it arrived, and what the dashboard did with it.

    Texts are copies for lists and filters, cut to what a list shows; the body is the truth.
    """

    work_task = "webhooks.tasks.dispatch_deliveries"
    Status: ClassVar[type[DeliveryStatus]] = DeliveryStatus

    guid = models.UUIDField(unique=True)
    event = models.CharField(max_length=64)
    action = models.CharField(max_length=100, blank=True)
    repository = models.CharField(max_length=255, blank=True)
    organization = models.CharField(max_length=255, blank=True)
    sender = models.CharField(max_length=255, blank=True)
    # Whom it is about: the member of a membership event, else the sender.
    person = models.CharField(max_length=255, blank=True)
    installation_id = models.BigIntegerField(null=True, blank=True)
    received_at = models.DateTimeField()
    # Never the signature: with it and the body, a copy of the database would let one guess the
    # secret offline.
    headers = models.JSONField(default=dict)
    # zstd of the JSON text; null where nothing uses the event, and once its time is over.
    body = models.BinaryField(null=True)
    body_bytes = models.PositiveIntegerField()
    status = models.CharField(max_length=16, choices=DeliveryStatus.choices)
    reason = models.TextField(blank=True)
    state_machine = models.CharField(max_length=80, blank=True)
    # Of its latest start.
    execution_arn = models.CharField(max_length=512, blank=True)
    # Which start that is; a replay begins the next one, whose name ends in this number.
    start_number = models.PositiveSmallIntegerField(default=1)

    class Meta(LeasedWork.Meta):
        verbose_name_plural = "deliveries"
        # Lists are in order of arrival, which is the order of keys; each filter has its index.
        indexes = [
            *LeasedWork.Meta.indexes,
            models.Index(fields=["status", "id"], name="delivery_status"),
            models.Index(fields=["event", "action", "id"], name="delivery_event"),
            models.Index(fields=["repository", "id"], name="delivery_repository"),
            # GitHub's logins do not care about case.
            models.Index(Lower("person"), "id", name="delivery_person"),
            # Days and hours, by what became of them.
            models.Index(fields=["received_at", "status"], name="delivery_received"),
        ]
        constraints = [
            *LeasedWork.Meta.constraints,
            models.CheckConstraint(
                condition=Q(status__in=DeliveryStatus.values), name="delivery_status_is_known"
            ),
            models.CheckConstraint(
                condition=(_OPEN & Q(not_before__isnull=False))
                | (~_OPEN & Q(not_before__isnull=True)),
                name="delivery_waits_while_due",
            ),
            models.CheckConstraint(
                condition=~Q(status=DeliveryStatus.STARTED) | ~Q(execution_arn=""),
                name="delivery_started_has_execution",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=[DeliveryStatus.IGNORED, DeliveryStatus.FAILED])
                | ~Q(reason=""),
                name="delivery_says_why",
            ),
            models.CheckConstraint(
                condition=~_OPEN | Q(body__isnull=False), name="delivery_has_body_while_open"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.guid}"

    def dead_fields(self, reason: str) -> dict[str, Any]:
        """A delivery that is given up has failed, for that reason."""
        return {"status": DeliveryStatus.FAILED, "reason": reason}

    @property
    def explanation(self) -> str:
        """Why it is where it is: the final reason, or why it still waits."""
        return self.reason or self.last_error

    @property
    def look(self) -> str:
        """How it looks: once started it is done, and what runs is its execution."""
        is_done = self.status in (DeliveryStatus.STARTED, DeliveryStatus.RECORDED)
        return "done" if is_done else self.status

    @property
    def is_failed(self) -> bool:
        """Whether nothing more happens unless somebody asks for it."""
        return self.status == DeliveryStatus.FAILED

    @property
    def is_waiting(self) -> bool:
        """Whether its execution is still to be started."""
        return self.status == DeliveryStatus.WAITING

    @property
    def is_back_filled(self) -> bool:
        """Whether a back-fill wrote it, in GitHub's place."""
        return bool(self.headers.get(ORIGIN_HEADER) == BACK_FILL)

    def body_json(self) -> bytes | None:
        """Return the JSON text that GitHub sent, or None where it was not kept."""
        return None if self.body is None else zstandard.decompress(bytes(self.body))
