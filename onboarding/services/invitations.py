"""Comparing the invitations that GitHub lists with the records: nothing tells of one that ends.

A deliberate exception to "no polling": GitHub sends no event when an invitation expires, fails or is
withdrawn, and a lost `member_added` would leave somebody pending for ever.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import structlog
from django.conf import settings
from django.db import transaction

from core import github, work
from core.aws.errors import AwsError
from core.github import GitHubNotConfigured
from ghkit.errors import GhkitError, GitHubUnavailable, InvalidPayload, RateLimited
from ghkit.github import organizations
from ghkit.timestamps import parse_timestamp
from onboarding.enums import INVITED_STATUSES, InvitationEnd
from onboarding.models import INVITATION_LIFE, Member, Organization
from onboarding.selectors import members as selectors
from onboarding.services import following_up

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from ghkit.github import GitHubApp
    from ghkit.github.shapes import Invitation

log = structlog.get_logger(__name__)

SOON: Final = timedelta(seconds=20)
"""A check that many new invitations ask for is still one check."""

ASKED_AT_ONCE: Final = 100
"""People whose membership one check asks for, one by one; the others are asked by the next."""

_FOUND_MAX: Final = 50
_EXPIRED_WORD: Final = "expired"


def check_soon(*, organization_ids: Collection[int], now: datetime) -> None:
    """Have these organisations' invitations compared in a moment rather than at their time."""
    if organization_ids:
        Organization.objects.filter(
            pk__in=organization_ids,
            work_state=work.WorkState.WAITING,
            not_before__gt=now + SOON,
        ).update(not_before=now + SOON)


@transaction.atomic
def check_now(*, now: datetime) -> int:
    """Have all organisations' invitations compared at once; returns how many organisations."""
    count = work.rearm(Organization.objects.exclude(work_state=work.WorkState.LEASED), now=now)
    work.wake(Organization)
    return count


def check_due_invitations(*, clock: Callable[[], datetime]) -> int:
    """Work off what is due; returns how many organisations were looked at."""
    return work.work_off(Organization, check_invitations, clock=clock, batch=1)


def check_invitations(row: Organization, now: datetime) -> None:
    """Compare one organisation's invitations with the records; a handler of `work_off`.

    The row is never done: it is due again after `INVITATION_CHECK_MINUTES`.
    """
    again_at = now + timedelta(minutes=settings.INVITATION_CHECK_MINUTES)
    waiting = list(
        Member.objects.filter(organization_id=row.pk, status__in=INVITED_STATUSES)
        .defer("company")
        .order_by("pk")
    )
    try:
        app = github.app()
        lists = _Lists.ask(app, row.login)
        decisions = _decide(app, row.login, waiting, lists)
        for name in decisions.accepted:
            following_up.onboard(decisions.members[name], name=name, now=now)
    except RateLimited as exc:
        work.postpone(
            row, not_before=max(exc.retry_at, work.retry_at(row, now=now)), error=f"{exc}."
        )
        return
    except (GitHubUnavailable, AwsError) as exc:
        raise work.TryLater(f"{exc}.") from exc
    except (GitHubNotConfigured, GhkitError) as exc:
        work.postpone(row, not_before=again_at, error=f"{exc}.")
        return
    unrecorded = lists.without(selectors.members_of(row.pk))
    with transaction.atomic():
        found = _record(decisions, now=now)
        if unrecorded and unrecorded != row.found.get("unrecorded"):
            found["unrecorded"] = unrecorded
        news: dict[str, Any] = {"found": found, "found_at": now} if found else {}
        work.postpone(row, not_before=again_at, error="", checked_at=now, **news)
    log.info(
        "onboarding.invitations_checked",
        organization_id=row.pk,
        waiting=len(waiting),
        **{kind: len(names) for kind, names in found.items()},
    )


@dataclass(frozen=True, slots=True)
class _Lists:
    """GitHub's invitations of one organisation, by id, login and address."""

    open: dict[str, Invitation]
    failed: dict[str, Invitation]

    @classmethod
    def ask(cls, app: GitHubApp, organization: str) -> _Lists:
        # The open ones last: one that fails in between is then in neither list, and the person is
        # asked about; the other way round it would be in both.
        failed = organizations.list_invitations(app, organization=organization, failed=True)
        still_open = organizations.list_invitations(app, organization=organization)
        return cls(_by_whom(still_open), _by_whom(failed))

    def without(self, members: Iterable[tuple[str, str, int | None]]) -> list[str]:
        """Name the open invitations of which there is no record."""
        known = {key for member in members for key in _keys(*member)}
        unknown = {
            invitation["login"] or invitation["email"] or f"invitation {invitation['id']}"
            for invitation in self.open.values()
            if known.isdisjoint(
                _keys(invitation["login"] or "", invitation["email"] or "", invitation["id"])
            )
        }
        return sorted(unknown)[:_FOUND_MAX]


def _by_whom(invitations: Iterable[Invitation]) -> dict[str, Invitation]:
    """Index invitations; of two for one person the later one counts."""
    found: dict[str, Invitation] = {}
    for one in sorted(invitations, key=lambda one: one["created_at"]):
        for key in _keys(one["login"] or "", one["email"] or "", one["id"]):
            found[key] = one
    return found


def _keys(login: str, email: str, number: int | None) -> list[str]:
    """Return under what an invitation can be found: the id, else who, else where it went."""
    keys = [f"id:{number}"] if number else []
    if login:
        return [*keys, f"login:{login.lower()}"]
    return [*keys, f"email:{email.lower()}"] if email else keys


def _find(invitations: dict[str, Invitation], member: Member) -> Invitation | None:
    # What was sent anew has another id than the record knows.
    keys = _keys(member.login, "" if member.login else member.email, member.invitation_id)
    return next((invitations[key] for key in reversed(keys) if key in invitations), None)


@dataclass(frozen=True, slots=True)
class _Decisions:
    """What is to be recorded of each member, and whose joining was missed, by execution name."""

    changes: list[tuple[Member, dict[str, object], str]]
    members: dict[str, Member]

    @property
    def accepted(self) -> list[str]:
        return list(self.members)


def _decide(
    app: GitHubApp, organization: str, waiting: Iterable[Member], lists: _Lists
) -> _Decisions:
    decisions = _Decisions([], {})
    asked = 0
    for member in waiting:
        if invitation := _find(lists.open, member):
            decisions.changes.append((member, _dates(invitation), ""))
        elif (invitation := _find(lists.failed, member)) and not _is_older(invitation, member):
            decisions.changes.append((member, *_failure(invitation)))
        elif not member.is_person:
            decisions.changes.append((member, *_gone(member)))
        elif not member.invitation_end and asked < ASKED_AT_ONCE:
            asked += 1
            state = organizations.get_membership(
                app, organization=organization, login=member.login
            )["state"]
            if state == "active":
                decisions.members[_joined_name(member)] = member
            elif state == "none":
                reason = "GitHub lists it no longer, and the person is no member."
                decisions.changes.append(
                    (member, _end(InvitationEnd.CANCELLED, reason), "cancelled")
                )
    return decisions


def _joined_name(member: Member) -> str:
    """Name the execution that makes up for a lost event: once for each standing that is stored."""
    observed = member.status_observed_at
    return f"joined-{member.organization_id}-{member.github_id}-{observed:%Y%m%dT%H%M%S%f}"


def _is_older(invitation: Invitation, member: Member) -> bool:
    """Tell whether GitHub speaks of an earlier invitation than the record's."""
    if member.invited_at is None or invitation["id"] == member.invitation_id:
        return False
    return _moment(invitation["created_at"]) < member.invited_at


def _dates(invitation: Invitation) -> dict[str, object]:
    sent_at = _moment(invitation["created_at"])
    return {
        "invitation_id": invitation["id"],
        "inviter": invitation["inviter"],
        "invited_at": sent_at,
        "invitation_expires_at": sent_at + INVITATION_LIFE,
        **_end(InvitationEnd.NONE, ""),
    }


def _failure(invitation: Invitation) -> tuple[dict[str, object], str]:
    reason = invitation["failed_reason"] or ""
    is_expired = _EXPIRED_WORD in reason.lower()
    end = InvitationEnd.EXPIRED if is_expired else InvitationEnd.FAILED
    ended_at = invitation["failed_at"]
    return {
        **_dates(invitation),
        **_end(end, reason),
        **({"invitation_expires_at": _moment(ended_at)} if ended_at else {}),
    }, end.value


def _gone(invitation: Member) -> tuple[dict[str, object], str]:
    if person := selectors.find_accepted(invitation):
        end, reason = InvitationEnd.ACCEPTED, f"The address is that of {person}."
    else:
        end = InvitationEnd.CANCELLED
        reason = "GitHub lists it no longer: it was withdrawn, or accepted by an account that the"
        reason += " company directory does not know by this address."
    return _end(end, reason), end.value


def _end(end: InvitationEnd, reason: str) -> dict[str, object]:
    return {"invitation_end": end.value, "invitation_reason": reason}


def _moment(text: str) -> datetime:
    try:
        return parse_timestamp(text, field="invitation")
    except InvalidPayload as exc:
        message = f"GitHub's invitation has no time: {exc}"
        raise GitHubUnavailable(message) from exc


def _record(decisions: _Decisions, *, now: datetime) -> dict[str, list[str]]:
    """Write down what changed, where nobody wrote anything newer meanwhile; name what is new."""
    found: dict[str, list[str]] = {}
    for member, fields, kind in decisions.changes:
        if all(getattr(member, name) == value for name, value in fields.items()):
            continue
        hit = Member.objects.filter(
            pk=member.pk,
            status=member.status,
            status_observed_at=member.status_observed_at,
            invited_at=member.invited_at,
        ).update(**fields, imported_at=now)
        if hit and kind and member.invitation_end != kind:
            found.setdefault(kind, []).append(str(member))
    if decisions.members:
        found["accepted"] = sorted(str(member) for member in decisions.members.values())
    return {kind: names[:_FOUND_MAX] for kind, names in found.items()}
