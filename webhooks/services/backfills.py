"""Starting what GitHub's delivery log no longer tells: runs and members that have no record here.

What is found becomes a delivery like any other, as GitHub would have sent it, under a GUID made of
its natural key: so it is stored once, filtered, started and shown by the same code, however often a
span is looked through.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from http import HTTPStatus
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
from onboarding.models import Member
from webhooks import ingress
from webhooks.models import Backfill, Installation
from webhooks.services.intake import record_delivery

if TYPE_CHECKING:
    from collections.abc import Callable

log = structlog.get_logger(__name__)

BEFORE: Final = timedelta(days=1)
"""Runs that complete within a hole were created before it; jobs of hosted runners end in six hours."""

LONGEST: Final = timedelta(days=400)
"""How long GitHub keeps runs."""

_NAMESPACE: Final = uuid.UUID("5b0c6e1e-6f6e-5c0b-9a53-4d7c1b6a0f3e")
_HEADERS: Final = {"X-Ghadmin-Origin": "back-fill"}
# A second is as short as a span of GitHub's gets.
_SECOND: Final = timedelta(seconds=1)


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
        work.rearm(over, now=now, left=None, problems=[], ended_at=None, looked_through=0)
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
    left = _places(backfill) if backfill.left is None else list(backfill.left)
    if not left:
        work.finish(backfill, left=[], ended_at=now)
        return
    place = left.pop(0)
    problems = list(backfill.problems)
    found = started = 0
    try:
        if place["kind"] == "members":
            found, started = _look_for_members(place, backfill, now=now)
        else:
            found, started, halves, unusable = _look_for_runs(place, now=now)
            left = halves + left
            problems += unusable
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
        problems.append(f"{place['owner']}/{place.get('repository', '')}: {exc}")
    work.postpone(
        backfill,
        not_before=now,
        error="",
        left=left,
        problems=problems,
        looked_through=backfill.looked_through + 1,
        found=backfill.found + found,
        started=backfill.started + started,
    )


def _places(backfill: Backfill) -> list[dict[str, Any]]:
    """List what is to be looked through: each organisation, and each repository of each owner."""
    # GitHub's spans are of whole seconds, both ends included.
    begins, until = (at.replace(microsecond=0) for at in (backfill.starts_at, backfill.ends_at))
    span = {"from": begins.isoformat(), "until": until.isoformat()}
    places: list[dict[str, Any]] = []
    active = Installation.objects.filter(suspended_at=None, deleted_at=None)
    for installation in active.order_by("account_login", "pk"):
        own = {"owner": installation.account_login, "installation": installation.github_id}
        if installation.account_type == "Organization" and installation.account_id:
            places.append({"kind": "members", **own, "owner_id": installation.account_id})
        names = installation.repositories.order_by("full_name", "pk")
        for full_name in names.values_list("full_name", flat=True):
            owner, _, repository = full_name.partition("/")
            places.append(
                {"kind": "runs", **own, "owner": owner, "repository": repository, **span}
            )
    return places


def _look_for_runs(
    place: dict[str, Any], *, now: datetime
) -> tuple[int, int, list[dict[str, Any]], list[str]]:
    """Start the runs of a repository that have no record; a span with too many is halved instead.

    One attempt that GitHub has deleted, or tells as none could be, keeps no other back.
    """
    begins = datetime.fromisoformat(place["from"])
    until = datetime.fromisoformat(place["until"])
    where = {
        "installation_id": place["installation"],
        "owner": place["owner"],
        "repository": place["repository"],
    }
    listed = runs.list_completed_runs(
        github.app(), **where, created_from=begins, created_until=until
    )
    if not listed.is_whole:
        if until - begins <= _SECOND:
            message = f"more than {runs.LISTED_MAX} runs within a second"
            raise ListTooLong(message)
        middle = (begins + (until - begins) / 2).replace(microsecond=0)
        first = place | {"until": middle.isoformat()}
        second = place | {"from": (middle + _SECOND).isoformat()}
        return 0, 0, [first, second], []
    known = known_attempts([run["id"] for run in listed.runs])
    found = started = 0
    problems = []
    for run in listed.runs:
        latest = int(run.get("run_attempt") or 1)
        for number in range(1, latest + 1):
            if (run["id"], number) in known:
                continue
            found += 1
            try:
                attempt = (
                    run
                    if number == latest
                    else runs.get_attempt(
                        github.app(), **where, run_id=run["id"], run_attempt=number
                    )
                )
                started += _deliver_run(attempt, number, place, now=now)
            except (GitHubRejected, ingress.Refused) as exc:
                if isinstance(exc, GitHubRejected) and exc.status != HTTPStatus.NOT_FOUND:
                    raise
                what = f"{place['owner']}/{place['repository']}, run {run['id']}, attempt {number}"
                problems.append(f"{what}: {exc}")
    return found, started, [], problems


def _deliver_run(
    run: dict[str, Any], number: int, place: dict[str, Any], *, now: datetime
) -> bool:
    repository = run.get("repository") or {}
    owner = repository.get("owner") or {}
    payload = {
        "action": "completed",
        "workflow_run": run | {"run_attempt": number},
        "repository": repository,
        "installation": {"id": place["installation"]},
        "sender": run.get("triggering_actor") or run.get("actor"),
    }
    if owner.get("type") == "Organization":
        payload["organization"] = {"login": owner.get("login"), "id": owner.get("id")}
    return _deliver("workflow_run", f"run/{run['id']}/{number}", payload, now=now)


def _look_for_members(
    place: dict[str, Any], backfill: Backfill, *, now: datetime
) -> tuple[int, int]:
    """Start the onboarding of an organisation's members that have no record here."""
    listed = organizations.list_members(
        github.app(), organization=place["owner"], installation_id=place["installation"]
    )
    rows = Member.objects.filter(organization_id=place["owner_id"], github_id__in=listed)
    known = set(rows.values_list("github_id", flat=True))
    found = started = 0
    for github_id, login in listed.items():
        if github_id in known:
            continue
        found += 1
        payload = {
            "action": "member_added",
            "membership": {
                "state": "active",
                "role": "member",
                "user": {"id": github_id, "login": login},
            },
            "organization": {"login": place["owner"], "id": place["owner_id"]},
            "installation": {"id": place["installation"]},
        }
        # Who left and joined again may be missing once more, in another span.
        key = f"member/{place['owner_id']}/{github_id}/{backfill.ends_at:%Y%m%d%H%M%S}"
        started += _deliver("organization", key, payload, now=now)
    return found, started


def _deliver(event: str, key: str, payload: dict[str, Any], *, now: datetime) -> bool:
    """Store what GitHub would have sent; False where that was done before."""
    guid = uuid.uuid5(_NAMESPACE, key)
    reading = ingress.understand(event, guid, orjson.dumps(payload), headers=dict(_HEADERS))
    return record_delivery(reading, received_at=now) == "accepted"
