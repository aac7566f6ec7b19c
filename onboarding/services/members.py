"""Mirroring MembersTable: one record when its execution ends, or all of them."""

from __future__ import annotations

import json
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import structlog
from django.db import transaction
from django.db.models import Q

from core import work
from core.aws import dynamodb, stack
from core.aws.errors import AwsError
from executions.enums import ExecutionStatus
from onboarding.enums import MemberStatus
from onboarding.member_items import (
    INVITATION_PREFIX,
    Record,
    UnreadableItem,
    derive,
    read_item,
)
from onboarding.models import Member, MemberImport, MemberTeam
from onboarding.selectors import members as selectors
from onboarding.services.invitations import check_soon
from onboarding.services.organizations import follow_rename, name_organizations

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from executions.models import Execution

log = structlog.get_logger(__name__)

WORKFLOWS: Final = ("onboard-member", "update-member")
"""The state machines whose results these are."""

REBUILD_BATCH: Final = 100
"""Records a transaction, so that SQLite's one writer is soon free again."""

# What is observed together at GitHub changes together, by its own stamp; so does what a state
# machine writes of the company. Each part only ever moves forward, whatever is read late.
_OBSERVED: Final = (
    "status",
    "status_observed_at",
    "login",
    "organization",
    "joined_at",
    "ended_at",
)
_WRITTEN: Final = (
    "email",
    "employee_id",
    "name",
    "department",
    "title",
    "manager",
    "company",
    "company_source",
    "rules_version",
    "delivery",
    "execution_arn",
    "updated_at",
)
_INVITATION: Final = (
    "invitation_id",
    "inviter",
    "invited_at",
    "invitation_expires_at",
    "invitation_end",
    "invitation_reason",
)
_CHANGING: Final = (*_OBSERVED, *_WRITTEN, *_INVITATION, "sort_key", "search_text")


@transaction.atomic
def record_members(*, records: Sequence[Record], now: datetime) -> list[Member]:
    """Store records, new or changed; what is older than the stored part changes nothing.

    Args:
        records: From `onboarding.member_items.read_item`; of one member given twice both count.
        now: From when on invitations of a new organisation are compared.

    Returns:
        The stored members, in order of their keys.
    """
    organizations = name_organizations(
        names=[
            (read.organization_id, read.organization, read.status_observed_at)
            for read in (record.member for record in records)
        ],
        now=now,
    )
    for record in records:
        record.member.organization = organizations[record.member.organization_id]
    Member.objects.bulk_create(
        {_key(record.member): record.member for record in records}.values(), ignore_conflicts=True
    )
    stored = _lock(record.member for record in records)
    changed = set()
    for record in records:
        key = _key(record.member)
        if _merge(stored[key], record.member):
            changed.add(key)
    Member.objects.bulk_update(
        [stored[key] for key in sorted(changed)], [*_CHANGING, "imported_at"]
    )
    _record_teams(records, stored)
    undated = {
        member.organization_id
        for member in stored.values()
        if member.is_waiting and not (member.invitation_expires_at or member.invitation_end)
    }
    arrived = [member for member in stored.values() if member.status == MemberStatus.ACTIVE]
    check_soon(organization_ids=undated | selectors.invited_by_email(arrived), now=now)
    return [stored[key] for key in sorted(stored)]


def _lock(members: Iterable[Member]) -> dict[tuple[int, str], Member]:
    """Hold the rows; in order of their keys, so that no two wait for each other."""
    wanted: dict[int, set[str]] = {}
    for member in members:
        wanted.setdefault(member.organization_id, set()).add(member.key)
    condition = Q(pk__in=[])
    for organization_id, keys in wanted.items():
        condition |= Q(organization_id=organization_id, key__in=keys)
    rows = Member.objects.select_for_update().filter(condition).order_by("pk")
    return {_key(row): row for row in rows}


def _merge(stored: Member, read: Member) -> bool:
    """Bring the stored row forward to what was read; tell whether that changed anything."""
    before = [getattr(stored, name) for name in _CHANGING]
    if read.status_observed_at >= stored.status_observed_at:
        was_waiting = stored.is_waiting
        _copy(_OBSERVED, read, stored)
        _merge_invitation(stored, read, was_waiting=was_waiting)
    if read.updated_at >= stored.updated_at:
        _copy(_WRITTEN, read, stored)
    derive(stored)
    if before == [getattr(stored, name) for name in _CHANGING]:
        return False
    stored.imported_at = read.imported_at
    return True


def _merge_invitation(stored: Member, read: Member, *, was_waiting: bool) -> None:
    """Keep what a check found of the present invitation, and forget it of an earlier one."""
    is_another = read.invited_at is not None and (
        stored.invited_at is None or read.invited_at > stored.invited_at
    )
    if is_another or (stored.is_waiting and not was_waiting):
        _copy(_INVITATION, read, stored)
    if not stored.is_waiting:
        stored.invitation_expires_at = None
        stored.invitation_end = stored.invitation_reason = ""


def _copy(names: Iterable[str], source: Member, target: Member) -> None:
    for name in names:
        setattr(target, name, getattr(source, name))


def _record_teams(records: Sequence[Record], stored: Mapping[tuple[int, str], Member]) -> None:
    fresh: dict[tuple[int, str], MemberTeam] = {}
    for record in records:
        member = stored[_key(record.member)]
        for team in record.teams:
            team.member = member
            key = member.pk, team.slug
            if key not in fresh or team.observed_at >= fresh[key].observed_at:
                fresh[key] = team
    if not fresh:
        return
    MemberTeam.objects.bulk_create(fresh.values(), ignore_conflicts=True)
    rows = MemberTeam.objects.filter(member_id__in={pk for pk, _slug in fresh}).order_by("pk")
    newer = []
    for row in rows:
        read = fresh.get((row.member_id, row.slug))
        if read is None or read.observed_at < row.observed_at:
            continue
        if (row.state, row.is_promised, row.observed_at) != (
            read.state,
            read.is_promised,
            read.observed_at,
        ):
            row.state, row.is_promised, row.observed_at = (
                read.state,
                read.is_promised,
                read.observed_at,
            )
            newer.append(row)
    MemberTeam.objects.bulk_update(newer, ["state", "is_promised", "observed_at"])


def _key(member: Member) -> tuple[int, str]:
    return member.organization_id, member.key


def request_import(*, execution: Execution, now: datetime) -> None:
    """Have the member of an ended execution read, once more if it was read before."""
    work.order(MemberImport, execution=execution, now=now)


def retry_dead_imports(*, now: datetime) -> int:
    """Have all given-up imports tried again; returns how many."""
    return work.retry_dead(MemberImport, now=now)


def import_due_members(*, clock: Callable[[], datetime]) -> int:
    """Work off the outbox; returns how many results were looked at."""
    due = MemberImport.objects.select_related("execution").defer("execution__packed_input")
    return work.work_off(due, import_member, clock=clock)


def import_member(row: MemberImport, now: datetime) -> None:
    """Read the member of one execution from DynamoDB and record it; a handler of `work_off`."""
    has_succeeded = row.execution.status == ExecutionStatus.SUCCEEDED
    try:
        key = (
            _result_key(row.execution.output) if has_succeeded else _input_key(row.execution.input)
        )
    except UnreadableItem as exc:
        work.give_up(row, reason=f"The execution's output names no member: {exc}.")
        return
    if key is None:  # the event was about nobody: a rename, a deleted account
        with transaction.atomic():
            follow_rename(execution=row.execution, now=now)
            work.finish(row, imported_at=now)
        return
    try:
        item = dynamodb.get_item(stack.output("MembersTable"), key)
    except AwsError as exc:
        # Even a refusal is not this row's fault: once the permission is there, it goes on by itself.
        raise work.TryLater(str(exc)) from exc
    if item is None and not has_succeeded:  # it failed before anything was stored
        work.finish(row, imported_at=now)
        return
    if item is None:
        reason = (
            f"DynamoDB has no member {key['member']} of organisation {key['organization_id']}."
        )
        work.postpone(row, not_before=work.retry_at(row, now=now), error=reason, strike=True)
        return
    try:
        record = read_item(item, imported_at=now)
    except UnreadableItem as exc:
        work.give_up(row, reason=f"The member in DynamoDB makes no sense: {exc}.")
        return
    with transaction.atomic():
        [member] = record_members(records=[record], now=now)
        work.finish(row, member_id=member.pk, imported_at=now)
    log.info("onboarding.member_imported", member_id=member.pk, status=member.status)


def rebuild(*, items: Iterable[Mapping[str, Any]], now: datetime) -> int:
    """Record every item of MembersTable; twice changes nothing.

    Args:
        items: All of them, in any order.
        now: When they were read.

    Returns:
        How many members were recorded; an item that cannot be read is logged and left out.
    """
    count = 0
    for batch in _batched(items, REBUILD_BATCH):
        records = []
        for item in batch:
            try:
                records.append(read_item(item, imported_at=now))
            except UnreadableItem as exc:
                log.warning(
                    "onboarding.item_unreadable",
                    organization_id=str(item.get("organization_id")),
                    member=str(item.get("member")),
                    problem=str(exc),
                )
        count += len(record_members(records=records, now=now))
    return count


def _result_key(output: str | None) -> dict[str, int | str] | None:
    """Read where the result stands, or None where the event was about nobody."""
    if output is None:
        message = "it has none"
        raise UnreadableItem(message)
    try:
        result = json.loads(output)
        member = result["member"]
        if member is None:
            return None
        if member.get("github_id") is not None:
            key = str(int(member["github_id"]))
        else:
            key = f"{INVITATION_PREFIX}{int(member['invitation_id'])}"
        return {"organization_id": int(member["organization_id"]), "member": key}
    except (AttributeError, KeyError, TypeError, ValueError) as exc:
        raise UnreadableItem(repr(exc)) from exc


def _input_key(text: str | None) -> dict[str, int | str] | None:
    """Read whom a failed execution was about: it may have stored the record before it failed."""
    try:
        event = json.loads(text or "{}")
        organization, member = event["organization"]["id"], event["member"]["id"]
        return {"organization_id": int(organization), "member": str(int(member))}
    except (KeyError, TypeError, ValueError):
        return None  # about nobody, or by hand with an organisation that had no id yet


def _batched(items: Iterable[Mapping[str, Any]], size: int) -> Iterator[list[Mapping[str, Any]]]:
    left = iter(items)
    while batch := list(islice(left, size)):
        yield batch
