"""The mirror: what AWS says of each execution, its history, its steps, and who retried it."""

import uuid
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower

from core.work import LeasedWork, WorkState
from executions.enums import (
    FAILURES,
    OPEN_STATUSES,
    ExecutionStatus,
    RetryAction,
    RetryStatus,
    StepStatus,
)
from executions.packing import unpack_events, unpack_text

PAGE_EVENTS = 100
"""Events in one `HistoryPage`: what a page of the dashboard shows is read by one decompression."""


class Definition(models.Model):
    """What a state machine did for some time, as AWS has it: the executions of that time ran it."""

    state_machine_arn = models.CharField(max_length=256)
    # AWS's revisionId; a machine that was never updated has none.
    revision = models.CharField(max_length=64, blank=True)
    # SHA-256 of the body: a machine that was deleted and made anew begins without a revision again.
    digest = models.CharField(max_length=64)
    # Executions that started between these two, both included, ran it. AWS tells of one execution
    # at a time, and of the present; what lies between is known, what lies beyond must be asked.
    earliest_start_at = models.DateTimeField()
    latest_start_at = models.DateTimeField()
    packed_body = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["state_machine_arn", "revision", "digest"], name="definition_once"
            ),
            models.CheckConstraint(
                condition=Q(earliest_start_at__lte=F("latest_start_at")),
                name="definition_starts_in_order",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.state_machine_arn} {self.revision}".strip()

    @property
    def body(self) -> str:
        """The definition as JSON text."""
        return unpack_text(self.packed_body)


FORGOTTEN = "AWS does not know this execution (any more)."
"""Why the work on an open execution was given up for good; any other reason may pass."""


class Execution(LeasedWork):
    """One execution, as AWS last told it. As work: it must be asked about at AWS.

    `events` of EventBridge create rows and record plain successes; everything else is recorded from
    what DescribeExecution says (docs/adr/0007-mirror.md).
    """

    work_task: ClassVar[str] = "executions.tasks.refresh_executions"

    public_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    arn = models.CharField(max_length=512, unique=True)
    name = models.CharField(max_length=80, db_index=True)
    # Our name of the machine, without the stack's prefix.
    state_machine = models.CharField(max_length=80)
    status = models.CharField(max_length=16, choices=ExecutionStatus.choices)
    started_at = models.DateTimeField()
    stopped_at = models.DateTimeField(null=True, blank=True)
    # The end that `execution_finished` last told of; a redrive empties stopped_at, but not this.
    finish_told_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=256, blank=True)
    cause = models.TextField(blank=True)
    redrive_count = models.PositiveIntegerField(default=0)
    redrive_status = models.CharField(max_length=24, blank=True)
    redrive_status_reason = models.TextField(blank=True)
    delivery = models.UUIDField(null=True, blank=True, db_index=True)
    # What it is about, for people: the repository "owner/name".
    subject = models.CharField(max_length=255, blank=True)
    parent_arn = models.CharField(max_length=512, blank=True, db_index=True)
    # Read with the first history; without it there is no graph.
    definition = models.ForeignKey(
        Definition, null=True, blank=True, on_delete=models.SET_NULL, db_index=False
    )
    # When DescribeExecution was last asked.
    described_at = models.DateTimeField(null=True, blank=True)
    updated_at = models.DateTimeField()
    # The one to show and to ask the adviser about; the others are Retry rows of this execution.
    latest_retry = models.ForeignKey(
        "Retry", null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )

    history_wanted = models.BooleanField(default=False)
    history_fetched_at = models.DateTimeField(null=True, blank=True)
    # Whether the stored history tells of the status above, to its end.
    history_is_current = models.BooleanField(default=False)
    history_event_count = models.PositiveIntegerField(default=0)
    # Which HistoryPage and Step rows count; others are being written or left over.
    history_generation = models.PositiveIntegerField(default=0)
    ended_in_fail_state = models.BooleanField(default=False)
    # Path of the step that failed it.
    failed_step = models.TextField(blank=True)
    unknown_event_types = models.JSONField(default=list, blank=True)

    # Last, for they are large and lists pass over them.
    packed_input = models.BinaryField(null=True)
    packed_output = models.BinaryField(null=True)

    class Meta(LeasedWork.Meta):
        indexes = [
            *LeasedWork.Meta.indexes,
            # Keyset lists: one for each offered filter, newest first.
            models.Index(F("started_at").desc(), F("id").desc(), name="execution_list"),
            models.Index(
                F("status"), F("started_at").desc(), F("id").desc(), name="execution_by_status"
            ),
            models.Index(
                F("state_machine"),
                F("status"),
                F("started_at").desc(),
                F("id").desc(),
                name="execution_by_machine_status",
            ),
            models.Index(
                F("state_machine"),
                F("started_at").desc(),
                F("id").desc(),
                name="execution_by_machine",
            ),
            # GitHub's names do not care about case.
            models.Index(
                Lower("subject"),
                F("started_at").desc(),
                F("id").desc(),
                name="execution_by_subject",
            ),
        ]
        constraints = [
            *LeasedWork.Meta.constraints,
            models.CheckConstraint(
                condition=Q(status__in=OPEN_STATUSES, stopped_at__isnull=True)
                | Q(stopped_at__isnull=False) & ~Q(status__in=OPEN_STATUSES),
                name="execution_stopped_unless_open",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def input(self) -> str | None:
        """The input as JSON text; None where neither event nor AWS gave it."""
        return None if self.packed_input is None else unpack_text(self.packed_input)

    @property
    def output(self) -> str | None:
        """The output as JSON text; None unless it succeeded."""
        return None if self.packed_output is None else unpack_text(self.packed_output)

    @property
    def is_open(self) -> bool:
        """Whether AWS may still do something with it by itself."""
        return self.status in OPEN_STATUSES

    @property
    def is_failure(self) -> bool:
        """Whether it ended without success."""
        return self.status in FAILURES

    @property
    def is_being_read(self) -> bool:
        """Whether a worker has yet to ask AWS about it."""
        return self.work_state in (WorkState.WAITING, WorkState.LEASED)

    @property
    def is_forgotten(self) -> bool:
        """Whether AWS was asked and no longer knows how it stands."""
        return self.is_open and self.work_state == WorkState.DEAD and self.last_error == FORGOTTEN

    @property
    def duration(self) -> timedelta | None:
        """From start to end, waits and redrives included; None while it is open."""
        return None if self.stopped_at is None else self.stopped_at - self.started_at

    def duration_until(self, now: datetime) -> timedelta:
        """From start to end, or to `now` while it is open."""
        return (self.stopped_at or max(now, self.started_at)) - self.started_at


class HistoryPage(models.Model):
    """Up to `PAGE_EVENTS` raw events as AWS sent them; nothing is left out, whatever its type."""

    execution = models.ForeignKey(
        Execution, on_delete=models.CASCADE, related_name="history_pages", db_index=False
    )
    generation = models.PositiveIntegerField()
    earliest_event_id = models.PositiveIntegerField()
    latest_event_id = models.PositiveIntegerField()
    packed_events = models.BinaryField()

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

    def dead_fields(self, reason: str) -> dict[str, Any]:
        """Close the retry with the row, so that the next one may be asked for."""
        return {"status": RetryStatus.REFUSED, "outcome": f"Given up. {reason}"}


class MirrorState(models.Model):
    """One row: how far the mirror has come."""

    ONLY = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=ONLY)
    # Everything that AWS told before this moment is in the mirror.
    caught_up_at = models.DateTimeField(null=True)
    swept_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="mirrorstate_is_one_row"),
        ]

    def __str__(self) -> str:
        return "the mirror"
