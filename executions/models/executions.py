"""What AWS says of each execution."""

import uuid
from datetime import datetime, timedelta
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower

from core.work import LeasedWork, WorkState
from executions.enums import (
    FAILURES,
    OPEN_STATUSES,
    ExecutionStatus,
    Took,
)
from executions.packing import unpack_text

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
    # From start to end, waits and redrives included; null while it is open.
    took = models.PositiveSmallIntegerField(choices=Took.choices, null=True, blank=True)
    # The end that `execution_finished` last told of; a redrive empties stopped_at, but not this.
    finish_told_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=256, blank=True)
    cause = models.TextField(blank=True)
    # The kind of its latest failure, known once the history was read.
    family = models.ForeignKey(
        "executions.Family", null=True, blank=True, on_delete=models.SET_NULL, db_index=False
    )
    # A failure that nobody has put right or taken note of.
    needs_attention = models.BooleanField(default=False)
    redrive_count = models.PositiveIntegerField(default=0)
    # When, as the history tells: ISO 8601, in order.
    redriven_at = models.JSONField(default=list, blank=True)
    redrive_status = models.CharField(max_length=24, blank=True)
    redrive_status_reason = models.TextField(blank=True)
    delivery = models.UUIDField(null=True, blank=True, db_index=True)
    # What it is about, for people: the repository "owner/name".
    subject = models.CharField(max_length=255, blank=True)
    parent_arn = models.CharField(max_length=512, blank=True, db_index=True)
    # Read with the first history; without it there is no graph.
    definition = models.ForeignKey(
        "executions.Definition", null=True, blank=True, on_delete=models.SET_NULL, db_index=False
    )
    # When DescribeExecution was last asked.
    described_at = models.DateTimeField(null=True, blank=True)
    updated_at = models.DateTimeField()
    # The one to show and to ask the adviser about; the others are Retry rows of this execution.
    latest_retry = models.ForeignKey(
        "executions.Retry",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
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
            models.Index(
                F("took"), F("started_at").desc(), F("id").desc(), name="execution_by_took"
            ),
            models.Index(
                F("error"),
                F("started_at").desc(),
                F("id").desc(),
                condition=~Q(error=""),
                name="execution_by_error",
            ),
            models.Index(
                F("family"),
                F("started_at").desc(),
                F("id").desc(),
                condition=Q(family__isnull=False),
                name="execution_by_family",
            ),
            models.Index(
                F("started_at").desc(),
                F("id").desc(),
                condition=Q(needs_attention=True),
                name="execution_open_failures",
            ),
            models.Index(
                F("started_at").desc(),
                F("id").desc(),
                condition=Q(needs_attention=False, status__in=FAILURES),
                name="execution_closed_failures",
            ),
            # The next successes whose histories are to be kept before AWS forgets them.
            models.Index(
                fields=["stopped_at"],
                condition=Q(status=ExecutionStatus.SUCCEEDED, history_is_current=False),
                name="execution_unarchived",
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
