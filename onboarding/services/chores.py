"""What somebody asks for on a member's page: noted here, done at GitHub by a worker."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import structlog
from django.db import IntegrityError, transaction

from core import github, work
from core.aws.errors import AwsError
from core.errors import Conflict
from core.github import GitHubNotConfigured
from ghkit.errors import (
    GhkitError,
    GitHubUnavailable,
    InvitationLimitReached,
    RateLimited,
    TeamMissing,
    TeamSynced,
)
from ghkit.github import organizations
from ghkit.timestamps import parse_timestamp
from onboarding.enums import ChoreKind, ChoreStatus, InvitationEnd, MemberStatus, TeamState
from onboarding.models import INVITATION_LIFE, Member, MemberChore
from onboarding.services import following_up
from onboarding.services.invitations import check_soon
from onboarding.services.standing import STANDING_OF, TEAMS_ASKED

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from django.contrib.auth.models import User

    from ghkit.github import GitHubApp
    from ghkit.github.shapes import Invitation

log = structlog.get_logger(__name__)

LIMIT_PAUSE: Final = timedelta(hours=1)
"""GitHub counts invitations over the last 24 hours, so room comes back little by little."""

_MEMBERSHIP_WORDS: Final = {
    "active": "a member of",
    "pending": "invited to",
    "none": "no member of",
}

CLOCK_SKEW: Final = timedelta(minutes=5)
"""By which GitHub's clock and ours may differ."""


class ChoreRefused(Conflict):
    """It would do nothing, or something else than it says; the text says why."""

    code = "chore_refused"


@transaction.atomic
def request_chore(
    *,
    member: Member,
    kind: ChoreKind,
    teams: Sequence[str] = (),
    user: User | None,
    now: datetime,
) -> MemberChore:
    """Note that somebody wants it and wake a worker.

    Args:
        member: About whom.
        kind: What.
        teams: Slugs: for `ChoreKind.REPAIR_TEAMS` what is missing, of which only those count that the
            team rules promised; for `ChoreKind.CORRECT_RECORD` what is recorded wrongly.
        user: Who asks.
        now: When.

    Raises:
        ChoreRefused: It is under way already, or makes no sense for this member.
    """
    _refuse_nonsense(member, kind)
    wanted = list(dict.fromkeys(teams))[:TEAMS_ASKED]
    if kind == ChoreKind.REPAIR_TEAMS:
        promised = set(promised_teams(member))
        wanted = [slug for slug in wanted if slug in promised]
    if kind == ChoreKind.REPAIR_TEAMS and not wanted:
        message = "No team that the rules promised is missing."
        raise ChoreRefused(message)
    try:
        with transaction.atomic():
            chore = MemberChore.objects.create(
                member=member,
                kind=kind,
                teams=wanted,
                requested_by=user,
                requested_at=now,
                not_before=now,
            )
    except IntegrityError as exc:
        if not MemberChore.objects.filter(
            member=member, kind=kind, status=ChoreStatus.REQUESTED
        ).exists():
            raise
        message = "That is under way already."
        raise ChoreRefused(message) from exc
    work.wake(MemberChore)
    log.info(
        "onboarding.chore_requested",
        member_id=member.pk,
        kind=kind.value,
        user_id=None if user is None else user.pk,
    )
    return chore


def _refuse_nonsense(member: Member, kind: ChoreKind) -> None:
    if member.status == MemberStatus.REMOVED and kind != ChoreKind.CORRECT_RECORD:
        message = f"{member} has left {member.organization}: onboard them anew."
        raise ChoreRefused(message)
    if kind == ChoreKind.RESEND_INVITATION and not member.is_waiting:
        message = f"{member} has joined already."
        raise ChoreRefused(message)
    if kind != ChoreKind.RESEND_INVITATION and not member.is_person:
        message = "GitHub does not say yet who that is."
        raise ChoreRefused(message)


def promised_teams(member: Member) -> list[str]:
    """Return the teams that the rules gave somebody and no identity provider owns, in order."""
    return sorted(
        team.slug
        for team in member.teams.all()
        if team.is_promised and team.state != TeamState.SYNCED
    )


def do_due_chores(*, clock: Callable[[], datetime]) -> int:
    """Work off what was asked for; returns how many chores were looked at."""
    due = MemberChore.objects.select_related("member").defer("member__company")
    return work.work_off(due, do_chore, clock=clock)


def do_chore(row: MemberChore, now: datetime) -> None:
    """Tell GitHub, and record what came of it; a handler of `work_off`.

    May run again after a crash at any point, so it looks before it acts.
    """
    try:
        app = github.app()
        if row.kind == ChoreKind.REPAIR_TEAMS:
            _repair_teams(app, row, now=now)
        elif row.kind == ChoreKind.CORRECT_RECORD:
            _correct_record(app, row, now=now)
        else:
            _resend(app, row, now=now)
    except RateLimited as exc:
        work.postpone(
            row, not_before=max(exc.retry_at, work.retry_at(row, now=now)), error=f"{exc}."
        )
    except InvitationLimitReached as exc:
        work.postpone(row, not_before=now + LIMIT_PAUSE, error=f"{exc}")
    except (GitHubUnavailable, AwsError) as exc:
        raise work.TryLater(f"{exc}.") from exc
    except (GitHubNotConfigured, GhkitError) as exc:
        _end(row, ChoreStatus.REFUSED, f"{exc}.", now=now)


def _repair_teams(app: GitHubApp, row: MemberChore, *, now: datetime) -> None:
    member = row.member
    login = _login_now(app, member)
    standing = organizations.get_membership(app, organization=member.organization, login=login)
    if standing["state"] == "none":
        # GitHub would take it for an invitation, and nobody asked for one.
        message = f"{login} is no member of {member.organization}: adding would invite them."
        _end(row, ChoreStatus.REFUSED, message, now=now)
        return
    words = []
    for slug in row.teams:
        words.append(f"{slug}: {_add(app, member, login=login, slug=slug)}")
        following_up.look_at_team(member, slug=slug, name=_name(row, slug), now=now)
    _end(row, ChoreStatus.DONE, f"{'; '.join(words)}.", now=now)


def _correct_record(app: GitHubApp, row: MemberChore, *, now: datetime) -> None:
    """Start what the events would have started that were never heard; nothing is changed here."""
    member = row.member
    login = _login_now(app, member)
    state = organizations.get_membership(app, organization=member.organization, login=login)[
        "state"
    ]
    words = []
    if state != STANDING_OF[MemberStatus(member.status)]:
        following_up.onboard(member, name=f"correct-{row.public_id}", now=now)
        words.append(f"{login} is {_MEMBERSHIP_WORDS[state]} {member.organization}")
    recorded = {team.slug for team in member.teams.all()}
    for slug in row.teams if state != "none" else []:
        in_team = organizations.get_team_membership(
            app, organization=member.organization, slug=slug, login=login
        )
        if in_team == "none" and slug not in recorded:
            continue  # nothing to record of a team in which they never were
        following_up.look_at_team(member, slug=slug, name=_name(row, slug), now=now)
        words.append(f"{slug}: {'not in it' if in_team == 'none' else in_team}")
    told = (
        f"{'; '.join(words)}. The record follows within seconds."
        if words
        else "The record is right."
    )
    _end(row, ChoreStatus.DONE, told, now=now)


def _name(row: MemberChore, slug: str) -> str:
    """Name the execution that looks at one team; AWS takes 80 characters."""
    return f"{row.kind.partition('_')[0]}-{row.public_id}-{row.teams.index(slug)}"


def _add(app: GitHubApp, member: Member, *, login: str, slug: str) -> str:
    """Add somebody to a team unless they are in it; say how they stand, in words."""
    where: dict[str, Any] = {"organization": member.organization, "slug": slug, "login": login}
    state: str = organizations.get_team_membership(app, **where)
    if state != "none":
        return f"{state} already"
    try:
        state = organizations.add_to_team(app, **where)
    except TeamSynced:
        return "its identity provider decides who is in it"
    except TeamMissing:
        return "there is no such team any more"
    return f"added, {state}"


def _login_now(app: GitHubApp, member: Member) -> str:
    """Return the login that somebody bears now: a record of before a rename has another."""
    if member.github_id is None:
        message = f"{member} is no person"
        raise ValueError(message)
    found = organizations.get_user_by_id(
        app, organization=member.organization, user_id=member.github_id
    )
    return found["login"]


def _resend(app: GitHubApp, row: MemberChore, *, now: datetime) -> None:
    member = row.member
    login = _login_now(app, member) if member.is_person else ""
    if login:
        standing = organizations.get_membership(app, organization=member.organization, login=login)
        if standing["state"] == "active":
            name = f"resend-{row.public_id}"
            following_up.onboard(member, name=name, now=now)
            message = f"{login} had accepted meanwhile: nothing was sent, the record follows."
            _end(row, ChoreStatus.DONE, message, now=now)
            return
    number, sent_at = _sent_anew(app, row, login=login), now
    if number is None:
        number = organizations.create_invitation(
            app,
            organization=member.organization,
            user_id=member.github_id,
            email=None if member.is_person else member.email,
        )
    words = [f"Invited anew, open until {sent_at + INVITATION_LIFE:%d %B %Y, %H:%M} UTC"]
    if login:  # what was pending in a team was so by the old invitation
        words += [
            f"{slug}: {_add(app, member, login=login, slug=slug)}"
            for slug in promised_teams(member)
        ]
    fields: dict[str, object] = {
        "invitation_id": number,
        "invited_at": sent_at,
        "invitation_expires_at": sent_at + INVITATION_LIFE,
        "invitation_end": InvitationEnd.NONE,
        "invitation_reason": "",
    }
    with transaction.atomic():
        Member.objects.filter(pk=member.pk).update(**fields)
        check_soon(organization_ids=[member.organization_id], now=now)
        _end(row, ChoreStatus.DONE, f"{'; '.join(words)}.", now=now)


def _sent_anew(app: GitHubApp, row: MemberChore, *, login: str) -> int | None:
    """Withdraw what is open of before; return the id of what an earlier attempt has sent."""
    member, sent = row.member, None
    listed = organizations.list_invitations(app, organization=member.organization)
    for one in listed:
        if not _is_for(one, member, login=login):
            continue
        sent_at = parse_timestamp(one["created_at"], field="invitation.created_at")
        if row.attempt > 1 and sent_at >= row.requested_at - CLOCK_SKEW:
            sent = one["id"]
            continue
        organizations.cancel_invitation(
            app, organization=member.organization, invitation_id=one["id"]
        )
    return sent


def _is_for(invitation: Invitation, member: Member, *, login: str) -> bool:
    if login and (invitation["login"] or "").lower() == login.lower():
        return True
    if not login and (invitation["email"] or "").lower() == member.email.lower():
        return True
    return invitation["id"] == member.invitation_id


def _end(row: MemberChore, status: ChoreStatus, outcome: str, *, now: datetime) -> None:
    work.finish(row, status=status, outcome=outcome, ended_at=now)
    log.info("onboarding.chore_ended", member_id=row.member_id, kind=row.kind, status=status.value)
