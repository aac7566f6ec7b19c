"""From the status queue into rows: duplicates, reordered and foreign events included."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING

import structlog
from django.db import transaction

from core.aws import stack
from executions.models import Execution, MirrorState
from executions.packing import chunks, pack_text
from executions.services.rows import ask_aws, input_fields, new_row, send_finished, took
from executions.status_events import MalformedEvent, StatusEvent, Verdict, judge, read_event

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from core.aws.sqs import Message

log = structlog.get_logger(__name__)

_MACHINE_OUTPUT = "StateMachineArn"
# An end takes some 3 ms of Python with its receivers, and SQLite's one writer must not wait long.
_EVENTS_AT_ONCE = 3


def our_machines() -> dict[str, str]:
    """Return the ARNs of the stack's state machines with the names that we use for them.

    Raises:
        StackMissing, AwsUnavailable: As `core.aws.stack.outputs`.
    """
    return {
        arn: stack.state_machine_name(arn)
        for name, arn in stack.outputs().items()
        if name.endswith(_MACHINE_OUTPUT)
    }


def take_in(messages: Sequence[Message], *, now: datetime) -> list[Message]:
    """Record a batch of the status queue's messages and return those that are done with.

    The others stay in the queue: SQS delivers them again and, after a few times, moves them to the
    dead-letter queue, where they bother nobody. One bad message never holds up the rest.
    """
    done: list[Message] = []
    events: list[tuple[Message, StatusEvent]] = []
    machines = our_machines()
    for message in messages:
        try:
            event = read_event(message.body)
        except MalformedEvent as exc:
            log.warning(
                "executions.message_malformed",
                message_id=message.message_id,
                receive_count=message.receive_count,
                problem=str(exc),
            )
            continue
        if event.state_machine_arn in machines:
            events.append((message, event))
        else:  # of another stack
            done.append(message)
    for part in chunks(events, _EVENTS_AT_ONCE):
        try:
            record_events([event for _, event in part], machines=machines, now=now)
        except Exception:
            log.exception("executions.batch_failed", count=len(part))
            done += _take_in_one_by_one(part, machines=machines, now=now)
        else:
            done += [message for message, _ in part]
    return done


def _take_in_one_by_one(
    events: Sequence[tuple[Message, StatusEvent]], *, machines: dict[str, str], now: datetime
) -> list[Message]:
    done = []
    for message, event in events:
        try:
            record_events([event], machines=machines, now=now)
        except Exception:
            log.exception("executions.event_failed", arn=event.arn, status=event.status)
        else:
            done.append(message)
    return done


@transaction.atomic
def record_events(
    events: Sequence[StatusEvent], *, machines: dict[str, str], now: datetime
) -> None:
    """Bring rows forward by status events, in the order given, all or none.

    Args:
        events: Of our machines; the same execution may come several times.
        machines: ARN and our name of each machine.
        now: Marks what changes.
    """
    if not events:
        return
    for_creation = {event.arn: event for event in reversed(events)}
    known = set(Execution.objects.filter(arn__in=for_creation).values_list("arn", flat=True))
    new = [
        new_row(
            arn=event.arn,
            name=event.name,
            state_machine=machines[event.state_machine_arn],
            started_at=event.started_at,
            input_json=event.input,
            now=now,
        )
        for event in sorted(for_creation.values(), key=attrgetter("arn"))
        if event.arn not in known
    ]
    # Another consumer may create the same rows at this moment, in the same order.
    Execution.objects.bulk_create(new, ignore_conflicts=True)
    rows = {
        row.arn: row
        for row in Execution.objects.select_for_update()
        .filter(arn__in=for_creation)
        .order_by("pk")  # everybody locks in this order
    }
    unsure = set()
    for event in events:
        row = rows[event.arn]
        if row.packed_input is None:
            if event.input is None:
                unsure.add(row.pk)
            else:
                _fill_input(row, event.input)
        match judge(row, event):
            case Verdict.FINISH:
                _finish(row, event, now=now)
                if row.is_being_read:  # a worker may hold an answer from before the end
                    unsure.add(row.pk)
            case Verdict.LOOK:
                unsure.add(row.pk)
    ask_aws(unsure, now=now)


def _fill_input(row: Execution, input_json: str) -> None:
    fields = input_fields(input_json)
    for name, value in fields.items():
        setattr(row, name, value)
    row.save(update_fields=list(fields))


def _finish(row: Execution, event: StatusEvent, *, now: datetime) -> None:
    row.status = event.status
    row.stopped_at = row.finish_told_at = event.stopped_at
    row.took = took(row.started_at, row.stopped_at)
    row.packed_output = pack_text(event.output or "")
    row.updated_at = now
    row.needs_attention = False
    row.save(
        update_fields=[
            "status",
            "stopped_at",
            "took",
            "finish_told_at",
            "packed_output",
            "updated_at",
            "needs_attention",
        ]
    )
    send_finished(row)


def note_progress(
    *, caught_up_at: datetime | None = None, swept_at: datetime | None = None
) -> None:
    """Write down how far the mirror is; what is None stays as it was."""
    given = {"caught_up_at": caught_up_at, "swept_at": swept_at}
    MirrorState.objects.update_or_create(
        id=MirrorState.ONLY, defaults={name: at for name, at in given.items() if at is not None}
    )
