"""What GitHub's log says of its deliveries, beside what arrived; and the work that compares the two."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.db.models import Q

from core.work import LeasedWork, WorkState
from webhooks.enums import Outcome, RoutineName

if TYPE_CHECKING:
    from datetime import datetime


# Both are written so that SQLite sees that an index has what a query asks for: it compares them value by
# value, which it does not do for the parameters of an IN, and where two indexes would do without
# statistics it may take the larger one. A row is missing exactly while it is to be asked for.
MISSING = Q(ask_at__isnull=False)
NOT_HERE = Q(outcome=Outcome.MISSING) | Q(outcome=Outcome.LOST)


class Routine(LeasedWork):
    """Something that is done again and again: one row each, so that one worker at a time does it.

    A round ends by making the row due anew, with a clean record.
    """

    work_task: ClassVar[str] = "webhooks.tasks.run_routines"

    name = models.CharField(max_length=32, unique=True, choices=RoutineName.choices)
    # Where a round that is not over stands, so that a new worker goes on there, and what one round
    # leaves to the next.
    place = models.JSONField(default=dict, blank=True)
    # When a round last ended, and in words how; a problem is one that a person must solve.
    ended_at = models.DateTimeField(null=True, blank=True)
    note = models.TextField(blank=True)
    problem = models.TextField(blank=True)

    def __str__(self) -> str:
        return self.name

    @property
    def is_given_up(self) -> bool:
        """Whether it failed so often that it stopped."""
        return self.work_state == WorkState.DEAD

    @property
    def trouble(self) -> str:
        """Why it does not get on, if it does not."""
        return self.problem or self.last_error

    def is_due(self, now: datetime) -> bool:
        """Whether the next round should have begun."""
        return self.not_before is not None and self.not_before <= now


class LoggedDelivery(models.Model):
    """One delivery in GitHub's log, whatever the number of attempts, and whether we have it.

    Kept a little longer than GitHub keeps its log; the lost ones as long as deliveries.
    """

    guid = models.UUIDField(unique=True)
    event = models.CharField(max_length=64)
    action = models.CharField(max_length=100, blank=True)
    installation_id = models.BigIntegerField(null=True, blank=True)
    repository_id = models.BigIntegerField(null=True, blank=True)
    # Of the first attempt: the day to which it counts.
    delivered_at = models.DateTimeField()
    # Of the latest attempt: the one that can be sent again, for three days.
    attempt_id = models.BigIntegerField()
    attempted_at = models.DateTimeField()
    status = models.CharField(max_length=255)
    status_code = models.PositiveIntegerField()
    # How long GitHub waited for the answer of the attempt that was taken.
    answered_in_s = models.FloatField(null=True, blank=True)
    outcome = models.CharField(max_length=12, choices=Outcome.choices)
    # How often GitHub was asked to send it again, when last, and when next.
    asks = models.PositiveSmallIntegerField(default=0)
    asked_at = models.DateTimeField(null=True, blank=True)
    ask_at = models.DateTimeField(null=True, blank=True)
    # When it arrived after all.
    recovered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "logged deliveries"
        indexes = [
            models.Index(fields=["delivered_at", "outcome"], name="logged_day"),
            models.Index(fields=["ask_at"], condition=MISSING, name="logged_to_ask"),
            # One in thousands is not here: these hold those alone, in order of keys.
            models.Index(fields=["id"], condition=MISSING, name="logged_missing"),
            models.Index(fields=["id"], condition=NOT_HERE, name="logged_gaps"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome__in=Outcome.values), name="logged_outcome_is_known"
            ),
            models.CheckConstraint(
                condition=Q(outcome=Outcome.MISSING, ask_at__isnull=False)
                | ~Q(outcome=Outcome.MISSING) & Q(ask_at__isnull=True),
                name="logged_is_asked_for_while_missing",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.guid}"


class CompletenessDay(models.Model):
    """How many of a UTC day's deliveries arrived; kept when the log's rows are gone."""

    day = models.DateField(unique=True)
    # In GitHub's log, by first attempt. The next four add up to it.
    expected = models.PositiveIntegerField(default=0)
    received = models.PositiveIntegerField(default=0)
    recovered = models.PositiveIntegerField(default=0)
    missing = models.PositiveIntegerField(default=0)
    lost = models.PositiveIntegerField(default=0)
    counted_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    expected=models.F("received")
                    + models.F("recovered")
                    + models.F("missing")
                    + models.F("lost")
                ),
                name="completeness_adds_up",
            )
        ]

    def __str__(self) -> str:
        return f"{self.day}: {self.arrived} of {self.expected}"

    @property
    def arrived(self) -> int:
        """Those that are here, at once or after all."""
        return self.received + self.recovered
