"""Users and organisations, and what the control API says of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sandbox.github import seeded
from sandbox.github.moments import iso
from sandbox.github.organizations import Invitation, Organization, Team, User
from sandbox.orders import BadOrder


@dataclass
class People:
    """All users by id, and all organisations by the id of their account."""

    revision: int = 0
    users: dict[int, User] = field(default_factory=dict)
    organizations: dict[int, Organization] = field(default_factory=dict)
    _ids: dict[str, int] = field(default_factory=dict, repr=False)
    """Ids by login in lower case."""

    def __post_init__(self) -> None:
        """Find the logins of users that were there before, as after a restart."""
        self._ids = {user.login.lower(): user.id for user in self.users.values()}

    def clear(self) -> None:
        self.users.clear()
        self.organizations.clear()
        self._ids.clear()
        self.revision += 1

    def organization(self, account_id: int, *, created_at: str) -> Organization:
        """The organisation of an account; it comes into being when somebody asks for it."""
        if account_id not in self.organizations:
            self.organizations[account_id] = Organization(account_id, created_at)
        return self.organizations[account_id]

    # Users

    def find(self, login: str) -> User | None:
        user_id = self._ids.get(login.lower())
        return None if user_id is None else self.users[user_id]

    def put_user(
        self, login: str, *, user_id: int | None = None, name: str | None = None, now: datetime
    ) -> User:
        """Make sure of a user.

        A known id under another login is a rename. A login that belonged to another id passes on:
        at GitHub it can be taken once the former account is renamed or gone, so that one goes.
        """
        known = self.find(login)
        if user_id is None:
            user_id = known.id if known else seeded.number(f"account {login.lower()}", digits=8)
        if known is not None and known.id != user_id:
            self.forget(known.id)
        user = self.users.get(user_id)
        if user is None:
            user = self.users[user_id] = User(user_id, login, iso(now))
        self._ids.pop(user.login.lower(), None)
        self._ids[login.lower()] = user.id
        user.login = login
        user.name = name if name is not None else user.name
        self.revision += 1
        return user

    def forget(self, user_id: int) -> None:
        """Delete an account, also from every organisation."""
        for organization in self.organizations.values():
            organization.leave(user_id)
        user = self.users.pop(user_id)
        del self._ids[user.login.lower()]
        self.revision += 1

    # Orders of the control API

    def put_membership(
        self,
        organization: Organization,
        user: User,
        *,
        member: bool | None,
        invited_at: datetime | None,
        role: str | None,
        now: datetime,
    ) -> str | None:
        """Let a user be in an organisation, out of it, or invited to it; return the state.

        Args:
            organization: Where.
            user: Who.
            member: In or out; None leaves it as it is. True accepts an invitation.
            invited_at: When the invitation was sent, for whoever is not a member.
            role: `member` or `admin`, for a member.
            now: The moment.
        """
        if member:
            organization.join(user.id)
        elif member is False:
            organization.leave(user.id)
        if role is not None and user.id in organization.members:
            organization.members[user.id] = role
        if invited_at is not None:
            self._invite_at(organization, user, invited_at, now)
        organization.expire(now=now)
        self.revision += 1
        return organization.state_of(user.id)

    def _invite_at(
        self, organization: Organization, user: User, invited_at: datetime, now: datetime
    ) -> None:
        if user.id in organization.members:
            raise BadOrder(f"invited_at: {user.login} is a member; org_member false first")
        invitation = organization.invitation_of(user.id)
        if invitation is None:
            organization.invite(Invitation(iso(invited_at), user.id), now=now)
        else:
            invitation.created_at = iso(invited_at)

    def put_team(
        self,
        organization: Organization,
        slug: str,
        *,
        told: Mapping[str, Any],
        members: list[str] | None,
        now: datetime,
    ) -> Team:
        """Make sure of a team with the fields that were told.

        Args:
            organization: Whose team.
            slug: Its slug.
            told: Fields of `Team` by name.
            members: Logins of all who are in it from now on; None leaves them.
            now: The moment.

        Raises:
            BadOrder: One of the members is neither in the organisation nor invited.
        """
        ids = [self._id_in(organization, login) for login in members or []]
        team = organization.make_team(slug, now=now)
        for name, value in told.items():
            setattr(team, name, value)
        if members is not None:
            team.members = {one: team.members.get(one, "member") for one in ids}
        self.revision += 1
        return team

    def _id_in(self, organization: Organization, login: str) -> int:
        user = self.find(login)
        if user is None or organization.state_of(user.id) is None:
            raise BadOrder(f"members: {login} is neither a member nor invited")
        return user.id
