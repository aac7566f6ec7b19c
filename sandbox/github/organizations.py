"""One organisation: who is in it or invited, and its teams.

Pure like the rest of the state. A team only says who is in it: whether somebody is there already
or still has to accept the invitation follows from the organisation, so the two cannot differ.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sandbox.github import seeded
from sandbox.github.moments import iso, moment_of

INVITATION_LIFE = timedelta(days=7)
"""Inviting users to join your organization, docs.github.com, read 2026-08-22."""

QUOTA_WINDOW = timedelta(hours=24)
QUOTA_OF_A_NEW_ORGANIZATION = 50
QUOTA = 500
"""Invitations a day; the larger number after a month (REST API, Set organization membership)."""

MONTH = timedelta(days=30)

EXPIRED = "Invitation expired. User did not accept this invite for 7 days"

NOT_IN_A_SLUG = re.compile(r"[^a-z0-9_-]+")


def slug_of(name: str) -> str:
    """The slug that GitHub makes of a team's name."""
    return NOT_IN_A_SLUG.sub("-", name.lower()).strip("-")


@dataclass
class User:
    """Somebody at GitHub; the login and the name may change, the id never does."""

    id: int
    login: str
    created_at: str
    name: str | None = None


@dataclass
class Invitation:
    """Somebody who was invited by login or, without a user, by e-mail."""

    created_at: str
    user_id: int | None
    email: str | None = None
    role: str = "direct_member"
    id: int = 0
    inviter: dict[str, object] | None = None
    """Who invited, as a webhook told it; None is the App."""
    teams: list[str] = field(default_factory=list)
    """Slugs of teams that somebody without a user joins on accepting."""
    failed_at: str | None = None
    failed_reason: str | None = None


@dataclass
class Team:
    """A team and who is in it: roles by user id."""

    id: int
    slug: str
    name: str
    created_at: str
    description: str | None = None
    privacy: str = "closed"
    synced: bool = False
    """Whether an identity provider decides who is in it."""
    mapping_visible: bool = True
    """Whether an App may read that, as it may of an enterprise with managed users."""
    members: dict[int, str] = field(default_factory=dict)


@dataclass
class Organization:
    """Memberships, invitations and teams of one account."""

    account_id: int
    created_at: str
    members: dict[int, str] = field(default_factory=dict)
    """Roles of those who have accepted, by user id: `member` or `admin`."""
    invitations: dict[int, Invitation] = field(default_factory=dict)
    failed: dict[int, Invitation] = field(default_factory=dict)
    teams: dict[str, Team] = field(default_factory=dict)
    sent: list[str] = field(default_factory=list)
    """When each invitation of the last day was created; GitHub's quota counts them."""
    next_invitation: int = 1
    _invited: dict[int, int] = field(default_factory=dict, repr=False)
    """The invitation of each user who has one: a page of a thousand looks each of them up."""

    def __post_init__(self) -> None:
        """Find the users of invitations that were there before, as after a restart."""
        self._invited = {one.user_id: one.id for one in self.invitations.values() if one.user_id}

    # People

    def state_of(self, user_id: int) -> str | None:
        """`active`, `pending`, or None for whoever is neither in nor invited."""
        if user_id in self.members:
            return "active"
        return "pending" if user_id in self._invited else None

    def role_of(self, user_id: int) -> str:
        """`admin` or `member`, also of somebody who is invited."""
        invitation = self.invitation_of(user_id)
        invited_as = "admin" if invitation and invitation.role == "admin" else "member"
        return self.members.get(user_id, invited_as)

    def invitation_of(self, user_id: int) -> Invitation | None:
        number = self._invited.get(user_id)
        return None if number is None else self.invitations[number]

    def invite(self, invitation: Invitation, *, now: datetime) -> Invitation:
        """Keep an invitation as sent; whoever failed to accept before is no longer listed so.

        Its number is drawn where it is 0. One that is a week old already fails at once.
        """
        who = invitation.user_id, invitation.email
        self.failed = {
            number: one for number, one in self.failed.items() if (one.user_id, one.email) != who
        }
        if not invitation.id:
            seed = f"invitation {self.account_id}/{self.next_invitation}"
            invitation.id = seeded.number(seed, digits=8)
            self.next_invitation += 1
        self.invitations[invitation.id] = invitation
        if invitation.user_id is not None:
            self._invited[invitation.user_id] = invitation.id
        self.sent.append(invitation.created_at)
        self.expire(now=now)
        return invitation

    def join(self, user_id: int, role: str = "member") -> None:
        """Let somebody be a member: the invitation is accepted, also for the teams in it."""
        self._end_invitation(user_id)
        self.members.setdefault(user_id, role)

    def accept_address(self, email: str) -> None:
        """Take an invitation to an address as accepted; none is listed any more."""
        self.invitations = {
            number: one
            for number, one in self.invitations.items()
            if one.user_id is not None or not email or (one.email or "").lower() != email.lower()
        }

    def leave(self, user_id: int) -> None:
        """Take somebody out, with all teams and any invitation."""
        self._end_invitation(user_id)
        self.members.pop(user_id, None)
        for team in self.teams.values():
            team.members.pop(user_id, None)

    def cancel(self, invitation: Invitation) -> None:
        """Take an invitation back, and with it the places in teams that waited for it."""
        if invitation.user_id is not None:
            self.leave(invitation.user_id)
        self.invitations.pop(invitation.id, None)

    def expire(self, *, now: datetime) -> bool:
        """Let invitations fail that are a week old; tell whether there were any."""
        oldest = iso(now - INVITATION_LIFE)
        ended = [one for one in self.invitations.values() if one.created_at <= oldest]
        for invitation in ended:
            self.cancel(invitation)
            failed_at = moment_of(invitation.created_at) + INVITATION_LIFE
            invitation.failed_at, invitation.failed_reason = iso(failed_at), EXPIRED
            self.failed[invitation.id] = invitation
        return bool(ended)

    def is_over_quota(self, *, now: datetime, quota: int | None = None) -> bool:
        """Whether GitHub would take no further invitation now.

        Args:
            now: The moment.
            quota: How many a day are allowed, instead of GitHub's numbers.
        """
        if quota is None:
            is_new = moment_of(self.created_at) > now - MONTH
            quota = QUOTA_OF_A_NEW_ORGANIZATION if is_new else QUOTA
        since = iso(now - QUOTA_WINDOW)
        self.sent = [moment for moment in self.sent if moment > since]
        return len(self.sent) >= quota

    def _end_invitation(self, user_id: int) -> None:
        number = self._invited.pop(user_id, None)
        if number is not None:
            del self.invitations[number]

    # Teams

    def find_team(self, slug: str) -> Team | None:
        return self.teams.get(slug.lower())

    def team_by_id(self, team_id: int) -> Team | None:
        return next((team for team in self.teams.values() if team.id == team_id), None)

    def make_team(self, slug: str, *, now: datetime) -> Team:
        """The team of this slug, made where there is none."""
        slug = slug.lower()
        if slug not in self.teams:
            self.teams[slug] = Team(
                id=seeded.number(f"team {self.account_id}/{slug}", digits=7),
                slug=slug,
                name=slug.replace("-", " ").capitalize(),
                created_at=iso(now),
            )
        return self.teams[slug]

    def state_in_team(self, team: Team, user_id: int) -> str | None:
        """`active`, `pending`, or None for whoever is not in the team."""
        return self.state_of(user_id) if user_id in team.members else None

    def in_team(self, team: Team, state: str) -> list[int]:
        """Ids of those who are in a team in this state, in the order in which they came."""
        return [one for one in team.members if self.state_in_team(team, one) == state]

    def teams_of(self, user_id: int) -> list[Team]:
        return [team for team in self.teams.values() if user_id in team.members]
