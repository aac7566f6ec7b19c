"""Stored codes and their labels."""

from django.db import models


class DeliveryStatus(models.TextChoices):
    """What became of a delivery; what becomes of its execution is the executions' business."""

    WAITING = "waiting", "Waiting"
    STARTED = "started", "Started"
    RECORDED = "recorded", "Recorded"
    IGNORED = "ignored", "Ignored"
    FAILED = "failed", "Failed"
