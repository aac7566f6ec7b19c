"""Where the App is installed: told by webhooks as it happens, confirmed by GitHub's own lists.

Webhooks come late, twice and out of order, and `installation_repositories` lists nothing where an
owner changes from all repositories to some. So an event is applied for the moment, and GitHub is
asked soon after for what is true.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import structlog
from django.db import transaction

from core import github, work
from ghkit.errors import InstallationMissing, InvalidPayload
from ghkit.github import installations as asked
from ghkit.timestamps import parse_timestamp
from webhooks.ingress import storable
from webhooks.models import Delivery, Installation, InstalledRepository

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

log = structlog.get_logger(__name__)

_ROWS_AT_ONCE = 200


def apply_event(event: str, action: str, payload: Mapping[str, Any], *, now: datetime) -> None:
    """Note what an `installation…` event says, unless something newer is known; in a transaction.

    Args:
        event: Of `ghkit.routing.RECORDS`.
        action: Its action.
        payload: The webhook's body.
        now: For an action that carries no time of its own.

    Raises:
        InvalidPayload: It names no installation.
    """
    told = payload.get("installation")
    if not isinstance(told, dict) or not _is_id(told.get("id")):
        raise InvalidPayload("installation.id", "expected GitHub's id of the installation")
    if event == "installation_target":
        told = {"account": payload.get("account"), **told}
    installation, is_news = _take_in(told, told_at=_moment(told.get("updated_at")), now=now)
    if action == "deleted":
        _save(installation, deleted_at=installation.deleted_at or now)
    elif is_news and event == "installation":
        if action == "suspend":
            _save(installation, suspended_at=installation.suspended_at or now)
        elif action == "unsuspend":
            _save(installation, suspended_at=None)
            _let_work_go_on(installation, now=now)
    if event == "installation" and action == "created":
        _add(installation, payload.get("repositories"))
    elif event == "installation_repositories":
        _add(installation, payload.get("repositories_added"))
        gone = [one["id"] for one in _listed(payload.get("repositories_removed"))]
        installation.repositories.filter(github_id__in=gone).delete()
    log.info(
        "webhooks.installation_told",
        installation_id=installation.github_id,
        event_name=event,
        action=action,
        state=installation.state,
    )


def confirm_installations(*, now: datetime) -> list[Installation]:
    """Ask GitHub for all installations and keep what it says; those it no longer lists are removed.

    Returns:
        The active ones, whose repositories `confirm_repositories` asks for.

    Raises:
        GitHubNotConfigured: The dashboard has no App.
        GhkitError: As `ghkit.github.installations.list_installations`.
    """
    # A webhook may tell of a new one while GitHub writes its list: that one is not gone.
    known = set(Installation.objects.filter(deleted_at=None).values_list("github_id", flat=True))
    listed = asked.list_installations(github.app())
    with transaction.atomic():
        for told in listed:
            installation, _ = _take_in(told, told_at=_moment(told.get("updated_at")), now=now)
            suspended_at = _moment(told.get("suspended_at"))
            was_held = installation.suspended_at is not None or installation.deleted_at is not None
            _save(installation, suspended_at=suspended_at, deleted_at=None, confirmed_at=now)
            if was_held and suspended_at is None:
                _let_work_go_on(installation, now=now)
        gone = known - {told["id"] for told in listed}
        Installation.objects.filter(github_id__in=gone, deleted_at=None).update(deleted_at=now)
    active = Installation.objects.filter(suspended_at=None, deleted_at=None)
    return list(active.order_by("account_login", "pk"))


def confirm_repositories(installation: Installation, *, now: datetime) -> int:
    """Ask GitHub which repositories an installation covers, keep that list, return its length.

    Raises:
        GhkitError: As `ghkit.github.installations.list_repositories`; a missing installation is
            none, for the next confirmation of installations says so.
    """
    try:
        listed = asked.list_repositories(
            github.app(),
            installation_id=installation.github_id,
            owner=installation.account_login,
        )
    except InstallationMissing:
        return 0
    for start in range(0, len(listed), _ROWS_AT_ONCE):
        with transaction.atomic():
            _add(installation, listed[start : start + _ROWS_AT_ONCE])
    with transaction.atomic():
        ids = [one["id"] for one in listed]
        installation.repositories.exclude(github_id__in=ids).delete()
        _save(installation, repositories_confirmed_at=now)
    return len(listed)


def _take_in(
    told: Mapping[str, Any], *, told_at: datetime | None, now: datetime
) -> tuple[Installation, bool]:
    """Store what GitHub says of an installation; the flag says that nothing newer was known."""
    installation, is_new = Installation.objects.select_for_update().get_or_create(
        github_id=told["id"], defaults={"account_login": ""}
    )
    is_news = is_new or not (told_at and installation.told_at and told_at < installation.told_at)
    account = told.get("account")
    if is_news and isinstance(account, dict):
        installation.account_login = storable(
            str(account.get("login") or account.get("slug") or "")
        )
        installation.account_id = account["id"] if _is_id(account.get("id")) else None
        kind = str(told.get("target_type") or account.get("type") or "")
        installation.account_type = storable(kind, 32)
    if is_news:
        if isinstance(selection := told.get("repository_selection"), str):
            installation.repository_selection = storable(selection, 16)
        if isinstance(permissions := told.get("permissions"), dict):
            installation.permissions = {
                storable(name): storable(level)
                for name, level in permissions.items()
                if isinstance(level, str)
            }
        if isinstance(events := told.get("events"), list):
            installation.events = [storable(one) for one in events if isinstance(one, str)]
        installation.told_at = told_at or now
        installation.save()
    return installation, is_news


def _let_work_go_on(installation: Installation, *, now: datetime) -> None:
    """Make due what waited for this installation; see `webhooks.services.admission`."""
    held = Delivery.objects.filter(
        installation_id=installation.github_id,
        work_state=work.WorkState.WAITING,
        not_before__gt=now,
    )
    if work.rearm(held, now=now):
        work.wake(Delivery)


def _save(installation: Installation, **fields: Any) -> None:
    for name, value in fields.items():
        setattr(installation, name, value)
    installation.save(update_fields=list(fields))


def _add(installation: Installation, listed: Any) -> None:
    rows = [
        InstalledRepository(
            installation=installation,
            github_id=one["id"],
            full_name=storable(str(one.get("full_name") or one.get("name") or "")),
            is_private=one.get("private") if isinstance(one.get("private"), bool) else None,
        )
        for one in _listed(listed)
    ]
    InstalledRepository.objects.bulk_create(
        rows,
        batch_size=_ROWS_AT_ONCE,
        update_conflicts=True,
        unique_fields=["installation", "github_id"],
        update_fields=["full_name", "is_private"],
    )


def _listed(found: Any) -> Iterable[dict[str, Any]]:
    return [
        one
        for one in (found if isinstance(found, list) else [])
        if isinstance(one, dict) and _is_id(one.get("id"))
    ]


def _is_id(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**63


def _moment(value: object) -> datetime | None:
    """Read a time that GitHub writes as ISO 8601, and at times as seconds since 1970."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**33:
        return datetime.fromtimestamp(value, UTC)
    try:
        return parse_timestamp(value, field="")
    except InvalidPayload:
        return None
