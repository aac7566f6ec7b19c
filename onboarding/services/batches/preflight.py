"""Looking at everybody before anything runs: every problem of every row, by name.

Durable and resumable: what was found is stored every few people, and only who has not been looked
at is looked at again.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import structlog
from django.db import transaction

from core import github, work
from core.aws.errors import AwsError
from ghkit.errors import (
    GitHubRejected,
    GitHubUnavailable,
    InstallationMissing,
    InvalidPayload,
    ListTooLong,
    RateLimited,
)
from onboarding.enums import BatchState, CheckCode, MemberStatus, RowState, TeamState
from onboarding.models import Member, MemberTeam
from onboarding.models.batches import Batch, Quota, Row
from onboarding.services.batches import facts
from onboarding.services.batches.creating import check, duplicate_of, error_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

log = structlog.get_logger(__name__)

CONCURRENCY: Final = 8
"""Questions at once. GitHub asks for few; a directory is somebody's small service."""

CHUNK: Final = 40
"""People between two commits: progress is seen, and a killed worker loses seconds."""

_TURN_S: Final = 15.0
"""After this long another worker may go on, so that no other work starves."""


def check_batch(batch: Batch, now: datetime) -> None:
    """Look at the people of a batch who have not been looked at; a handler of `work_off`.

    Raises:
        TryLater: GitHub or AWS is away.
        LeaseLost: Another worker has the batch.
    """
    try:
        people = batch.rows.filter(state=RowState.CHECKING).count()
        organization = None
        if people:
            organization = facts.ask_about_organization(
                batch, people=people, is_deep=not batch.is_confirmed
            )
            _note_organization(batch, organization, now=now)
            is_complete = _look_at_everybody(batch, organization, now=now)
        else:
            is_complete = True
    except (InstallationMissing, GitHubRejected, InvalidPayload, ListTooLong) as exc:
        _fail_everybody(batch, exc, now=now)
        return
    except RateLimited as exc:
        work.postpone(batch, not_before=exc.retry_at, error=str(exc))
        return
    except (GitHubUnavailable, github.GitHubNotConfigured, AwsError) as exc:
        raise work.TryLater(str(exc)) from exc
    if is_complete:
        _finish(batch, now=now)
    else:
        work.postpone(batch, not_before=now, error="")


def _look_at_everybody(batch: Batch, organization: facts.Organization, *, now: datetime) -> bool:
    """Look at people in chunks; False where the time was up before all of them were done."""
    ends_at = time.monotonic() + _TURN_S
    left = iter(batch.rows.filter(state=RowState.CHECKING).order_by("number"))
    with ThreadPoolExecutor(CONCURRENCY, thread_name_prefix="preflight") as pool:
        for rows in _chunks(left, CHUNK):
            ask: Callable[[Row], facts.Finding] = lambda row: facts.look_at(row, organization)  # noqa: E731
            found = list(zip(rows, pool.map(ask, rows), strict=True))
            _store(batch, found, organization, now=now)
            if time.monotonic() > ends_at:
                return False
    return True


@transaction.atomic
def _store(
    batch: Batch,
    found: Sequence[tuple[Row, facts.Finding]],
    organization: facts.Organization,
    *,
    now: datetime,
) -> None:
    """Write down what a chunk of people came to, where nobody decided otherwise meanwhile."""
    Batch.objects.select_for_update().only("pk").get(pk=batch.pk)
    ids = [finding.person.id for _, finding in found if finding.person is not None]
    taken = _earlier_rows(batch, ids)
    complete = _complete_members(organization.id, ids)
    for row, finding in found:
        person = finding.person
        if person is not None and not error_of(row.checks):
            first = taken.setdefault(person.id, row)
            if first.number != row.number:  # two spellings of one person
                finding.checks.append(
                    duplicate_of(first.number, first.login_given, row.login_given)
                )
        fields = _fields(row, finding, complete, repeats=batch.repeats)
        Row.objects.filter(pk=row.pk, state=RowState.CHECKING).update(**fields)
    Batch.objects.filter(pk=batch.pk).update(updated_at=now)


def _fields(
    row: Row, finding: facts.Finding, complete: dict[int, set[str]], *, repeats: bool
) -> dict[str, Any]:
    checks = [*row.checks, *finding.checks]
    person = finding.person
    state = RowState.WAITING
    if person is not None and _has_all(complete.get(person.id), finding.teams):
        text = "Was onboarded already, and is in all teams that the rules give."
        checks.append(check(CheckCode.ALREADY_ONBOARDED, text, blocks=False))
        state = RowState.WAITING if repeats else RowState.SKIPPED
    error = error_of(checks)
    fields: dict[str, Any] = {
        "checks": checks,
        "error": error,
        "state": RowState.FAILED if error else state,
        "membership": finding.membership,
        "department": finding.department,
        "teams": finding.teams,
        "writes": finding.writes,
        "invitations": int(finding.membership == "none"),
    }
    if person is not None:
        fields |= {
            "github_id": person.id,
            "login": person.login,
            "name": person.name,
            "avatar_url": person.avatar_url,
        }
    return fields


def _earlier_rows(batch: Batch, ids: Sequence[int]) -> dict[int, Row]:
    """Find who of these people stands in the batch already, by id."""
    rows = batch.rows.filter(github_id__in=ids).exclude(state=RowState.FAILED)
    return {row.github_id: row for row in rows.order_by("-number") if row.github_id is not None}


def _complete_members(organization_id: int, ids: Sequence[int]) -> dict[int, set[str]]:
    """Return the teams of those who were onboarded and are active in every team promised."""
    teams: dict[int, set[str]] = {}
    members = Member.objects.filter(
        organization_id=organization_id, github_id__in=ids, status=MemberStatus.ACTIVE
    ).exclude(rules_version=None)
    for github_id in members.values_list("github_id", flat=True):
        teams[github_id or 0] = set()
    held = MemberTeam.objects.filter(
        member__organization_id=organization_id,
        member__github_id__in=list(teams),
        state__in=[TeamState.ACTIVE, TeamState.SYNCED],
    ).order_by("pk")
    for github_id, slug in held.values_list("member__github_id", "slug"):
        teams[github_id or 0].add(slug)
    return teams


def _has_all(held: set[str] | None, promised: list[dict[str, str]] | None) -> bool:
    return (
        held is not None and promised is not None and {team["slug"] for team in promised} <= held
    )


@transaction.atomic
def _note_organization(batch: Batch, organization: facts.Organization, *, now: datetime) -> None:
    Batch.objects.filter(pk=batch.pk).update(
        organization=organization.login[:100],
        organization_id=organization.id,
        installation_id=organization.installation_id,
        updated_at=now,
    )
    Quota.objects.update_or_create(
        organization_key=organization.login.lower(),
        defaults={"is_limited": organization.is_limited, "asked_at": now},
    )


@transaction.atomic
def _fail_everybody(batch: Batch, exc: Exception, *, now: datetime) -> None:
    """Say to each person why none of them can be looked at, and end the check."""
    Batch.objects.select_for_update().only("pk").get(pk=batch.pk)
    text = f"GitHub cannot be asked about {batch.organization}: {exc}."
    code = CheckCode.NO_APP
    if isinstance(exc, InstallationMissing):
        text = f"The GitHub App cannot work in {batch.organization}: {exc}."
    found = check(code, text, blocks=True)
    # Who is yet to be checked has no finding so far: on paper they were in order.
    batch.rows.filter(state=RowState.CHECKING).update(
        checks=[found], error=text, state=RowState.FAILED
    )
    log.warning("onboarding.check_refused", batch=str(batch.public_id), reason=text)
    _end(batch, now=now, problem=text)


@transaction.atomic
def _finish(batch: Batch, *, now: datetime) -> None:
    Batch.objects.select_for_update().only("pk").get(pk=batch.pk)
    _end(batch, now=now)


def _end(batch: Batch, *, now: datetime, **fields: Any) -> None:
    """Let the batch wait for a person's word, or go on by itself where that was given."""
    fields["updated_at"] = now
    if batch.rows.filter(state=RowState.CHECKING).exists():
        work.postpone(batch, not_before=now, error="")
    elif not batch.is_confirmed:
        work.finish(batch, state=BatchState.READY, **fields)
    elif batch.rows.filter(state__in=[RowState.WAITING, RowState.RUNNING]).exists():
        work.postpone(
            batch,
            not_before=now,
            error="",
            state=BatchState.RUNNING,
            started_at=batch.started_at or now,
            **fields,
        )
        work.wake(Batch)
    else:
        work.finish(batch, state=BatchState.DONE, ended_at=now, **fields)


def _chunks(rows: Iterator[Row], size: int) -> Iterator[list[Row]]:
    while chunk := list(islice(rows, size)):
        yield chunk
