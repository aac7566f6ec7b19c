"""Starting what GitHub's delivery log no longer tells: runs and members that have no record here.

What is found becomes a delivery like any other, as GitHub would have sent it, under a GUID made of
its natural key: so it is stored once, filtered, started and shown by the same code, however often a
span is looked through.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import orjson
import structlog
from django.db import IntegrityError, transaction

from core import github, work
from core.errors import DomainError
from costs.selectors import known_attempts
from ghkit.errors import (
    GitHubRejected,
    GitHubUnavailable,
    InstallationMissing,
    InvalidPayload,
    ListTooLong,
    RateLimited,
)
from ghkit.github import organizations, runs
from onboarding.enums import MemberStatus
from onboarding.models import Member
from webhooks import ingress
from webhooks.models import Backfill, BackfillPlace, Installation
from webhooks.models.deliveries import BACK_FILL, ORIGIN_HEADER
from webhooks.services.intake import record_delivery

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

log = structlog.get_logger(__name__)

BEFORE: Final = timedelta(days=1)
"""Runs that complete within a hole were created before it; jobs of hosted runners end in six hours."""

LONGEST: Final = timedelta(days=400)
"""How long GitHub keeps runs."""

_NAMESPACE: Final = uuid.UUID("5b0c6e1e-6f6e-5c0b-9a53-4d7c1b6a0f3e")
_HEADERS: Final = {ORIGIN_HEADER: BACK_FILL}
# A second is as short as a span of GitHub's gets.
_SECOND: Final = timedelta(seconds=1)
# Places that are written in one transaction, for which everybody waits on SQLite.
_ROWS: Final = 200


class SpanUnusable(DomainError):
    """A span that cannot be looked through; the text says why."""

    code = "span_unusable"


def request_backfill(
    *, starts_at: datetime, ends_at: datetime, reason: str, user: Any, now: datetime
) -> Backfill:
    """Have a span of time looked through by a worker; the same span once more begins anew.

    Raises:
        SpanUnusable: It ends before it begins, is to come, or is longer than GitHub remembers.
    """
    ends_at = min(ends_at, now)
    if starts_at >= ends_at:
        message = "The span must begin before it ends, and in the past."
        raise SpanUnusable(message)
    if ends_at - starts_at > LONGEST:
        message = f"The span is longer than {LONGEST.days} days; GitHub keeps runs no longer."
        raise SpanUnusable(message)
    try:
        with transaction.atomic():
            backfill = Backfill.objects.create(
                starts_at=starts_at,
                ends_at=ends_at,
                reason=reason[:255],
                requested_by=user,
                requested_at=now,
                not_before=now,
            )
    except IntegrityError:
        backfill = Backfill.objects.get(starts_at=starts_at, ends_at=ends_at)
        over = Backfill.objects.filter(pk=backfill.pk, not_before=None)
        work.rearm(over, now=now, listed_at=None, ended_at=None)
    work.wake(Backfill)
    return backfill


def carry_out_backfills(*, clock: Callable[[], datetime]) -> int:
    """Look through one place after the other; return how many were."""
    return work.work_off(Backfill, carry_out_backfill, clock=clock, batch=1)


def carry_out_backfill(backfill: Backfill, now: datetime) -> None:
    """Look through the next place, start what has no record, and note how far this is.

    Raises:
        TryLater: GitHub did not answer.
        LeaseLost: Another worker has it.
    """
    if backfill.listed_at is None:
        _list_places(backfill)
        work.postpone(backfill, not_before=now, error="", listed_at=now, looked_through=0)
        return
    place = backfill.places.filter(is_done=False).order_by("pk").first()
    if place is None:
        work.finish(backfill, ended_at=now)
        return
    seen = _Seen()
    try:
        if place.owner_id is None:
            _look_for_runs(place, seen, now=now)
        else:
            _look_for_members(place, place.owner_id, seen, now=now)
    except RateLimited as exc:
        work.postpone(backfill, not_before=exc.retry_at, error=str(exc))
        return
    except GitHubUnavailable as exc:
        message = f"GitHub did not answer: {exc}"
        raise work.TryLater(message) from exc
    except (
        github.GitHubNotConfigured,
        GitHubRejected,
        InstallationMissing,
        InvalidPayload,
        ListTooLong,
        ingress.Refused,
    ) as exc:
        seen.problems.append(f"{place}: {exc}")
    # All or nothing: a worker that dies before leaves the place to the next, which starts nothing twice.
    with transaction.atomic():
        BackfillPlace.objects.bulk_create(seen.instead, ignore_conflicts=True)
        backfill.places.filter(pk=place.pk).update(is_done=True, problems="\n".join(seen.problems))
        work.postpone(
            backfill,
            not_before=now,
            error="",
            looked_through=backfill.looked_through + 1,
            found=backfill.found + seen.found,
            started=backfill.started + seen.started,
        )


@dataclass(slots=True)
class _Seen:
    """What a look at a place came to.

    Attributes:
        found: What has no record here.
        started: How much of it was not stored before.
        problems: What could not be looked at, and why.
        instead: Smaller places to be looked through in place of this one.
    """

    found: int = 0
    started: int = 0
    problems: list[str] = field(default_factory=list)
    instead: list[BackfillPlace] = field(default_factory=list)


def _list_places(backfill: Backfill) -> None:
    """Write down what is to be looked through: each organisation, and each repository of each owner.

    A few at a time, for there are thousands. Nothing is looked through before all are there, so a
    worker that dies in between leaves nothing out: the next begins anew.
    """
    while found := list(backfill.places.order_by("pk").values_list("pk", flat=True)[:_ROWS]):
        backfill.places.filter(pk__in=found).delete()
    places = _places(backfill)
    while rows := list(islice(places, _ROWS)):
        BackfillPlace.objects.bulk_create(rows, ignore_conflicts=True)


def _places(backfill: Backfill) -> Iterator[BackfillPlace]:
    # GitHub's spans are of whole seconds, both ends included.
    begins, until = (at.replace(microsecond=0) for at in (backfill.starts_at, backfill.ends_at))
    active = Installation.objects.filter(suspended_at=None, deleted_at=None)
    for installation in active.order_by("account_login", "pk"):
        own = {
            "backfill": backfill,
            "installation_id": installation.github_id,
            "begins_at": begins,
            "until": until,
        }
        if installation.account_type == "Organization" and installation.account_id:
            yield BackfillPlace(
                owner=installation.account_login, owner_id=installation.account_id, **own
            )
        names = installation.repositories.order_by("full_name", "pk")
        for full_name in list(names.values_list("full_name", flat=True)):
            owner, _, repository = full_name.partition("/")
            yield BackfillPlace(owner=owner, repository=repository, **own)


def _look_for_runs(place: BackfillPlace, seen: _Seen, *, now: datetime) -> None:
    """Start the runs of a repository that have no record; a span with too many is halved instead.

    One attempt that GitHub has deleted, or tells as none could be, keeps no other back.
    """
    where: dict[str, Any] = {
        "installation_id": place.installation_id,
        "owner": place.owner,
        "repository": place.repository,
    }
    listed = runs.list_completed_runs(
        github.app(), **where, created_from=place.begins_at, created_until=place.until
    )
    if not listed.is_whole:
        seen.instead = _halves(place)
        return
    known = known_attempts([run["id"] for run in listed.runs])
    for run in listed.runs:
        latest = int(run.get("run_attempt") or 1)
        for number in range(1, latest + 1):
            if (run["id"], number) in known:
                continue
            seen.found += 1
            try:
                attempt = (
                    run
                    if number == latest
                    else runs.get_attempt(
                        github.app(), **where, run_id=run["id"], run_attempt=number
                    )
                )
                seen.started += _deliver_run(attempt, number, place, now=now)
            except (GitHubRejected, ingress.Refused) as exc:
                if isinstance(exc, GitHubRejected) and exc.status != HTTPStatus.NOT_FOUND:
                    raise
                seen.problems.append(f"{place}, run {run['id']}, attempt {number}: {exc}")


def _halves(place: BackfillPlace) -> list[BackfillPlace]:
    """Part a place in two.

    Raises:
        ListTooLong: It is a second, which is as short as a span of GitHub's gets.
    """
    length = place.until - place.begins_at
    if length <= _SECOND:
        message = f"more than {runs.LISTED_MAX} runs within a second"
        raise ListTooLong(message)
    middle = (place.begins_at + length / 2).replace(microsecond=0)
    spans = ((place.begins_at, middle), (middle + _SECOND, place.until))
    return [
        BackfillPlace(
            backfill_id=place.backfill_id,
            installation_id=place.installation_id,
            owner=place.owner,
            repository=place.repository,
            begins_at=begins_at,
            until=until,
        )
        for begins_at, until in spans
    ]


def _deliver_run(run: dict[str, Any], number: int, place: BackfillPlace, *, now: datetime) -> bool:
    repository = run.get("repository") or {}
    owner = repository.get("owner") or {}
    payload = {
        "action": "completed",
        "workflow_run": run | {"run_attempt": number},
        "repository": repository,
        "installation": {"id": place.installation_id},
        "sender": run.get("triggering_actor") or run.get("actor"),
    }
    if owner.get("type") == "Organization":
        payload["organization"] = {"login": owner.get("login"), "id": owner.get("id")}
    return _deliver("workflow_run", f"run/{run['id']}/{number}", payload, now=now)


def _look_for_members(place: BackfillPlace, owner_id: int, seen: _Seen, *, now: datetime) -> None:
    """Tell of whoever is in an organisation while the record says otherwise, and the other way round.

    Both executions ask GitHub what is true before they store anything, so it does no harm that
    somebody joins or leaves at this moment.
    """
    recorded = Member.objects.filter(organization_id=owner_id, status=MemberStatus.ACTIVE)
    # Before GitHub is asked: who joins in between is in its list and not in ours, and has not left.
    active = {
        github_id: login
        for github_id, login in recorded.values_list("github_id", "login").order_by()
        if github_id is not None
    }
    listed = organizations.list_members(
        github.app(), organization=place.owner, installation_id=place.installation_id
    )
    for github_id in sorted(listed.keys() - active.keys()):
        _tell("member_added", github_id, listed[github_id], place, seen, now=now)
    for github_id in sorted(active.keys() - listed.keys()):
        _tell("member_removed", github_id, active[github_id], place, seen, now=now)


def _tell(
    action: str, github_id: int, login: str, place: BackfillPlace, seen: _Seen, *, now: datetime
) -> None:
    payload = {
        "action": action,
        "membership": {
            "state": "active",
            "role": "member",
            "user": {"id": github_id, "login": login},
        },
        "organization": {"login": place.owner, "id": place.owner_id},
        "installation": {"id": place.installation_id},
    }
    # Who left and joined again may be missing once more, in another span.
    kind = "member" if action == "member_added" else action
    key = f"{kind}/{place.owner_id}/{github_id}/{place.backfill.ends_at:%Y%m%d%H%M%S}"
    seen.found += 1
    seen.started += _deliver("organization", key, payload, now=now)


def _deliver(event: str, key: str, payload: dict[str, Any], *, now: datetime) -> bool:
    """Store what GitHub would have sent; False where that was done before."""
    guid = uuid.uuid5(_NAMESPACE, key)
    reading = ingress.understand(event, guid, orjson.dumps(payload), headers=dict(_HEADERS))
    return record_delivery(reading, received_at=now) == "accepted"
