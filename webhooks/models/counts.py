"""How many deliveries of each kind arrived in each hour of the last day."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from webhooks.enums import DeliveryStatus


class HourlyCount(models.Model):
    """The deliveries of one hour, event, action and status, as last counted.

    Pages would count a million rows for each view; a routine counts for all of them.
    """

    hour = models.DateTimeField()
    event = models.CharField(max_length=64)
    action = models.CharField(max_length=100, blank=True)
    status = models.CharField(max_length=16, choices=DeliveryStatus.choices)
    number = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["hour", "event", "action", "status"], name="hourly_count_once"
            ),
            models.CheckConstraint(condition=Q(number__gt=0), name="hourly_count_is_of_some"),
        ]

    def __str__(self) -> str:
        return f"{self.hour:%Y-%m-%d %H}h {self.event}.{self.action} {self.status}: {self.number}"
