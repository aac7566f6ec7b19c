"""Stored codes and their labels."""

from django.db import models


class DeliveryStatus(models.TextChoices):
    """What became of a delivery; what becomes of its execution is the executions' business."""

    WAITING = "waiting", "Waiting"
    STARTED = "started", "Started"
    RECORDED = "recorded", "Recorded"
    IGNORED = "ignored", "Ignored"
    FAILED = "failed", "Failed"


class RoutineName(models.TextChoices):
    """What is done again and again."""

    RECOVERY = "recovery", "Comparison with GitHub's delivery log"
    INSTALLATIONS = "installations", "Confirmation of the App's installations"
    RETENTION = "retention", "Removal of what is past its time"
    COUNTING = "counting", "Counting of the last day's deliveries"


class Outcome(models.TextChoices):
    """Whether a delivery of GitHub's log is here."""

    RECEIVED = "received", "Received"
    RECOVERED = "recovered", "Recovered"
    MISSING = "missing", "Missing"
    LOST = "lost", "Lost"
