"""Organisations and what they are called: the records bear the name of their own time."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from onboarding.models import Member, Organization
from onboarding.services.invitations import SOON

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from executions.models import Execution


def name_organizations(
    *, names: Iterable[tuple[int, str, datetime]], now: datetime
) -> dict[int, str]:
    """Note how organisations were called, and let their members bear the latest name.

    Call it in a transaction.

    Args:
        names: An organisation's id, its login, and when it was observed.
        now: From when on invitations of a new organisation are compared.

    Returns:
        The latest login of each, by id.
    """
    latest: dict[int, tuple[datetime, str]] = {}
    for pk, login, observed_at in names:
        latest[pk] = max(latest.get(pk, (observed_at, login)), (observed_at, login))
    known = {row.pk: row for row in Organization.objects.filter(pk__in=latest)}
    missing = [
        Organization(pk=pk, login=login, login_observed_at=observed_at, not_before=now + SOON)
        for pk, (observed_at, login) in sorted(latest.items())
        if pk not in known
    ]
    if missing:
        Organization.objects.bulk_create(missing, ignore_conflicts=True)
    found = {pk: login for pk, (_observed_at, login) in latest.items()}
    for pk, row in sorted(known.items()):
        observed_at, login = latest[pk]
        if observed_at <= row.login_observed_at or login == row.login:
            found[pk] = row.login
            continue
        Organization.objects.filter(pk=pk).update(login=login, login_observed_at=observed_at)
        Member.objects.filter(organization_id=pk).exclude(organization=login).update(
            organization=login
        )
    return found


def follow_rename(*, execution: Execution, now: datetime) -> None:
    """Let an organisation bear the name that an execution about nobody tells, if it tells one."""
    result = json.loads(execution.output or "{}")
    named = result.get("organization")
    if result.get("action") != "renamed" or not isinstance(named, dict) or not named.get("id"):
        return
    name_organizations(
        names=[(int(named["id"]), str(named["login"]), execution.started_at)], now=now
    )
