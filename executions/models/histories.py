"""Histories: raw events in compressed pages, and the steps that they fold into."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import models

from executions.enums import StepStatus
from executions.models.executions import Execution
from executions.packing import unpack_events

PAGE_EVENTS = 100
"""Events in one `HistoryPage`: what a page of the dashboard shows is read by one decompression."""


class HistoryPage(models.Model):
    """Up to `PAGE_EVENTS` raw events as AWS sent them; nothing is left out, whatever its type."""

    execution = models.ForeignKey(
        Execution, on_delete=models.CASCADE, related_name="history_pages", db_index=False
    )
    generation = models.PositiveIntegerField()
    earliest_event_id = models.PositiveIntegerField()
    latest_event_id = models.PositiveIntegerField()
    packed_events = models.BinaryField()
    # Number of the step that each event belongs to, -1 for none; empty where it was not noted.
    step_numbers = models.JSONField(default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["execution", "generation", "earliest_event_id"], name="historypage_place"
            )
        ]

    def __str__(self) -> str:
        return f"events {self.earliest_event_id} to {self.latest_event_id}"

    @property
    def events(self) -> list[dict[str, Any]]:
        """The events, in order of their ids."""
        return unpack_events(self.packed_events)


@dataclass(frozen=True, slots=True)
class Trial:
    """One try of a step's task; `ended_at` is None while it runs."""

    started_at: datetime
    ended_at: datetime | None
    status: str
    error: str | None

    @property
    def label(self) -> str:
        """Its status for people."""
        return str(StepStatus(self.status).label)

    @property
    def duration(self) -> timedelta | None:
        """From start to end; None while it runs."""
        return None if self.ended_at is None else self.ended_at - self.started_at


class Step(models.Model):
    """One visit of a state, as `ghkit.history` folded it; see `ghkit.history.Step`."""

    execution = models.ForeignKey(
        Execution, on_delete=models.CASCADE, related_name="steps", db_index=False
    )
    generation = models.PositiveIntegerField()
    # Order of entry, from 0.
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=80)
    type = models.CharField(max_length=32)
    path = models.TextField()
    iteration = models.PositiveIntegerField(null=True)
    attempt = models.PositiveIntegerField()
    status = models.CharField(max_length=16, choices=StepStatus.choices)
    entered_at = models.DateTimeField()
    exited_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=256, null=True)  # noqa: DJ001 -- "" is an error's name too
    cause = models.TextField(null=True)  # noqa: DJ001 -- as AWS has it: none, or a text
    child_execution_arn = models.CharField(max_length=512, blank=True)
    entered_event_id = models.PositiveIntegerField()
    exited_event_id = models.PositiveIntegerField(null=True)
    # What it called, as the event names it: `dynamodb:putItem`, or an ARN.
    resource = models.CharField(max_length=256, blank=True)
    # [start, end or null, status, error or null] of each try, where there were several.
    tries = models.JSONField(default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["execution", "generation", "number"], name="step_place"
            )
        ]

    def __str__(self) -> str:
        return self.path

    @property
    def duration(self) -> timedelta | None:
        """From entry to end; None while it runs."""
        return None if self.ended_at is None else self.ended_at - self.entered_at

    @property
    def trials(self) -> list[Trial]:
        """Its tries in order, where there were several."""
        return [
            Trial(
                datetime.fromisoformat(start), end and datetime.fromisoformat(end), status, error
            )
            for start, end, status, error in self.tries
        ]
