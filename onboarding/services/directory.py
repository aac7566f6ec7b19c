"""Storing an uploaded directory, and writing it to DirectoryTable."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import orjson
import structlog
import zstandard
from django.db import IntegrityError, transaction

from core import work
from core.aws import dynamodb, stack
from core.aws.errors import AwsError
from core.errors import Conflict
from core.tables import read_table
from ghkit.timestamps import timestamp_text
from onboarding.directory_files import LIMITS, read_people
from onboarding.enums import DirectoryMode
from onboarding.models import DirectoryPart, DirectoryUpload, DirectoryWrite

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from django.contrib.auth.models import AbstractBaseUser

log = structlog.get_logger(__name__)

PART_PEOPLE: Final = 250
"""People a part, so that storing one keeps SQLite's one writer for a few milliseconds."""

BATCH_ITEMS: Final = 25
"""The most that BatchWriteItem takes."""

PARTS_A_TURN: Final = 20
"""After so many parts other work gets its turn; the rest follows at once."""

SHOWN_PROBLEMS: Final = 200


class NotWritable(Conflict):
    """The upload has problems, or another one is being written."""

    code = "directory_not_writable"


def store_upload(
    *, content: bytes, filename: str, user: AbstractBaseUser, now: datetime
) -> DirectoryUpload:
    """Read a file and store its people; nothing is written to DynamoDB yet.

    Raises:
        core.tables.TableUnreadable: No table can be made of it; nothing is stored.
    """
    table = read_table(content, limits=LIMITS)
    read = read_people(table)
    upload = DirectoryUpload.objects.create(
        filename=filename[-255:],
        size_bytes=len(content),
        uploaded_by_id=user.pk,
        uploaded_at=now,
        reading=list(table.reading),
        warnings=list(table.warnings),
        columns=[{"number": c.number, "name": c.name, "field": c.field} for c in read.columns],
        people_count=len(read.people),
        problem_count=len(read.problems),
        problems=[
            {"row": problem.row, "column": problem.column, "reason": problem.reason}
            for problem in read.problems[:SHOWN_PROBLEMS]
        ],
    )
    if not read.problems:
        pack = zstandard.ZstdCompressor(level=3).compress
        for number, people in enumerate(_batched(list(read.people.items()), PART_PEOPLE)):
            # Each by itself: a transaction for all would keep every other writer waiting.
            DirectoryPart.objects.create(
                upload=upload, number=number, packed=pack(orjson.dumps(dict(people)))
            )
    DirectoryUpload.objects.filter(pk=upload.pk).update(is_stored=True)
    upload.is_stored = True
    log.info("onboarding.directory_uploaded", upload_id=upload.pk, people=upload.people_count)
    return upload


@transaction.atomic
def request_write(
    *, upload: DirectoryUpload, mode: str, user: AbstractBaseUser, now: datetime
) -> DirectoryWrite:
    """Have an upload written.

    Raises:
        NotWritable: It has problems, or another one is being written.
    """
    if not upload.can_be_written:
        message = "This file has problems: mend them and upload it again. Nothing was written."
        raise NotWritable(message)
    try:
        with transaction.atomic():
            row = DirectoryWrite.objects.create(
                upload=upload,
                mode=DirectoryMode(mode),
                requested_by_id=user.pk,
                requested_at=now,
                not_before=now,
            )
    except IntegrityError as exc:
        message = "Another file is being written at this moment; wait until it is done."
        raise NotWritable(message) from exc
    work.wake(DirectoryWrite)
    return row


def write_due_directories(*, clock: Callable[[], datetime]) -> int:
    """Work off what was asked for; the body of the task."""
    return work.work_off(DirectoryWrite, write_directory, clock=clock)


def write_directory(row: DirectoryWrite, now: datetime) -> None:
    """Write some parts from where the last attempt stopped; a handler of `work_off`.

    Writing the same people twice changes nothing, so a process may die anywhere.
    """
    stamp = timestamp_text(row.requested_at)
    try:
        table = stack.output("DirectoryTable")
        parts = DirectoryPart.objects.filter(upload_id=row.upload_id, number__gte=row.next_part)
        for part in parts.order_by("number")[:PARTS_A_TURN]:
            people = part.people
            _write_people(table, people, stamp)
            _note(row, next_part=part.number + 1, written=row.written + len(people))
        if DirectoryPart.objects.filter(
            upload_id=row.upload_id, number__gte=row.next_part
        ).exists():
            work.postpone(row, not_before=now, error="")
            return
        if row.mode == DirectoryMode.REPLACE:
            _delete_others(row, table, stamp)
    except AwsError as exc:
        raise work.TryLater(str(exc)) from exc
    work.finish(row, is_open=False, ended_at=now)
    log.info("onboarding.directory_written", upload_id=row.upload_id, people=row.written)


def _write_people(table: str, people: Mapping[str, Any], stamp: str) -> None:
    items = [
        {"login": login, "record": orjson.dumps(record).decode(), "uploaded_at": stamp}
        for login, record in people.items()
    ]
    for batch in _batched(items, BATCH_ITEMS):
        _insist(table, puts=batch)


def _delete_others(row: DirectoryWrite, table: str, stamp: str) -> None:
    """Delete who is not of this upload; no other is being written meanwhile."""
    others = (
        {"login": item["login"]}
        for item in dynamodb.scan(table)
        if item.get("uploaded_at") != stamp
    )
    for batch in _batched(others, BATCH_ITEMS):
        _insist(table, deletes=batch)
        _note(row, deleted=row.deleted + len(batch))


def _insist(
    table: str,
    *,
    puts: Sequence[Mapping[str, Any]] = (),
    deletes: Sequence[Mapping[str, Any]] = (),
) -> None:
    """Write a batch until AWS has taken all of it, as long as each call takes some."""
    while puts or deletes:
        before = len(puts) + len(deletes)
        puts, deletes = dynamodb.write_batch(table, puts=puts, deletes=deletes)
        if len(puts) + len(deletes) >= before:
            message = "DynamoDB takes no more at this moment."
            raise work.TryLater(message)


def _note(row: DirectoryWrite, **fields: Any) -> None:
    """Save how far it is, while the row is ours.

    Raises:
        LeaseLost: Another worker has it by now.
    """
    held = DirectoryWrite.objects.filter(
        pk=row.pk, attempt=row.attempt, work_state=work.WorkState.LEASED
    )
    if not held.update(**fields):
        message = f"directory write {row.pk}: attempt {row.attempt} no longer holds the lease"
        raise work.LeaseLost(message)
    for name, value in fields.items():
        setattr(row, name, value)


def _batched(source: Any, size: int) -> Iterator[list[Any]]:
    left = iter(source)
    while batch := list(islice(left, size)):
        yield batch
