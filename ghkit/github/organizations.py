"""Who is in an organisation, in which of its teams, and who has been invited.

Paths take logins and slugs, which people change; what identifies is the numeric id. `active` and
`pending` are different things everywhere: only who has accepted the invitation is in.

Beside what they name, all functions raise as `GitHubApp`: InstallationMissing, GitHubUnavailable,
RateLimited, GitHubRejected. `installation_id` is the one that an event named, if any; see
`GitHubApp.on_repository`.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from ghkit.errors import (
    GitHubRejected,
    GitHubUnavailable,
    InvitationLimitReached,
    TeamMissing,
    TeamSynced,
    UserUnknown,
)
from ghkit.github import shapes
from ghkit.github.app import path_part

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ghkit.github.app import GitHubApp, Installation
    from ghkit.github.shapes import (
        Invitation,
        JoinState,
        Membership,
        MembershipState,
        Organization,
        Team,
        User,
    )

READ_MEMBERS: Final = {"members": "read"}
"""The permission that reading people and teams takes."""

WRITE_MEMBERS: Final = {"members": "write"}
"""The permission that inviting people and adding them to teams takes."""

LIST_PAGES_MAX: Final = 1_000
"""Of 100 rows each: 100,000 people."""

_SYNCED: Final = re.compile(
    r"synchroni[sz]|\bsync|identity provider|externally managed", re.IGNORECASE
)
_INVITATION_LIMIT: Final = re.compile(r"invit.*limit|limit.*invit", re.IGNORECASE | re.DOTALL)


# People ----------------------------------------------------------------------------------


def get_user(
    app: GitHubApp, *, organization: str, login: str, installation_id: int | None = None
) -> User:
    """Look a user up by login; asked as the installation on the organisation.

    Raises:
        UserUnknown: GitHub has none of that login.
    """
    github = _reader(app, organization, installation_id)
    return _user(github, f"/users/{path_part(login, 'login')}", login)


def get_user_by_id(
    app: GitHubApp, *, organization: str, user_id: int, installation_id: int | None = None
) -> User:
    """Look a user up by id, which finds who has been renamed; see `get_user`.

    Raises:
        UserUnknown: The account is deleted.
    """
    github = _reader(app, organization, installation_id)
    return _user(github, f"/user/{int(user_id)}", f"with the id {user_id}")


# The organisation ------------------------------------------------------------------------


def get_organization(
    app: GitHubApp, *, organization: str, installation_id: int | None = None
) -> Organization:
    """Return the organisation's id and its login as it is spelled now."""
    github = _reader(app, organization, installation_id)
    return shapes.read_organization(github.send("GET", _org_path(organization)).data)


def get_membership(
    app: GitHubApp, *, organization: str, login: str, installation_id: int | None = None
) -> Membership:
    """Tell how somebody stands to the organisation now; an unknown login is no member either."""
    github = _reader(app, organization, installation_id)
    try:
        answer = github.send("GET", _membership_path(organization, login))
    except GitHubRejected as refusal:
        if refusal.status != HTTPStatus.NOT_FOUND:
            raise
        return {"state": "none", "role": None}
    return shapes.read_membership(answer.data)


def invite_member(
    app: GitHubApp, *, organization: str, login: str, installation_id: int | None = None
) -> Membership:
    """Invite somebody, as a member; only for who is neither member nor invited.

    Of a member it would change the role.

    Raises:
        UserUnknown: GitHub has none of that login.
        InvitationLimitReached: GitHub takes no more invitations of the organisation today.
    """
    github = _writer(app, organization, installation_id)
    try:
        answer = github.send("PUT", _membership_path(organization, login), {"role": "member"})
    except GitHubRejected as refusal:
        if refusal.status == HTTPStatus.NOT_FOUND:
            raise _user_unknown(login) from refusal
        _raise_for_limit(refusal, organization)
        raise
    return shapes.read_membership(answer.data)


def list_members(
    app: GitHubApp, *, organization: str, installation_id: int | None = None
) -> dict[int, str]:
    """Map the ids of all members to their logins; who is only invited is not among them."""
    github = _reader(app, organization, installation_id)
    users = map(shapes.read_user, _rows(github, f"{_org_path(organization)}/members"))
    return {user["id"]: user["login"] for user in users}


# Invitations -----------------------------------------------------------------------------


def list_invitations(
    app: GitHubApp,
    *,
    organization: str,
    failed: bool = False,
    installation_id: int | None = None,
) -> list[Invitation]:
    """List the open invitations, or those that failed (expired ones are among them)."""
    github = _reader(app, organization, installation_id)
    which = "failed_invitations" if failed else "invitations"
    rows = _rows(github, f"{_org_path(organization)}/{which}")
    return [shapes.read_invitation(row) for row in rows]


def create_invitation(
    app: GitHubApp,
    *,
    organization: str,
    user_id: int | None = None,
    email: str | None = None,
    installation_id: int | None = None,
) -> int:
    """Invite a user or an e-mail address, exactly one of them, and return the invitation's id.

    Raises:
        UserUnknown: There is no such account.
        InvitationLimitReached: GitHub takes no more invitations of the organisation today.
    """
    if (user_id is None) == (email is None):
        message = "an invitation goes to a user or to an address"
        raise ValueError(message)
    whom = {"email": email} if user_id is None else {"invitee_id": user_id}
    github = _writer(app, organization, installation_id)
    path = f"{_org_path(organization)}/invitations"
    try:
        answer = github.send("POST", path, {**whom, "role": "direct_member"})
    except GitHubRejected as refusal:
        if refusal.status == HTTPStatus.NOT_FOUND and user_id is not None:
            raise _user_unknown(f"with the id {user_id}") from refusal
        _raise_for_limit(refusal, organization)
        raise
    return int(shapes.read_object(answer.data, "invitation", "id")["id"])


def cancel_invitation(
    app: GitHubApp, *, organization: str, invitation_id: int, installation_id: int | None = None
) -> None:
    """Withdraw an invitation; one that is gone (accepted, expired, withdrawn) stays gone."""
    github = _writer(app, organization, installation_id)
    try:
        github.send("DELETE", f"{_org_path(organization)}/invitations/{int(invitation_id)}")
    except GitHubRejected as refusal:
        if refusal.status != HTTPStatus.NOT_FOUND:
            raise


# Teams -----------------------------------------------------------------------------------


def list_teams(
    app: GitHubApp, *, organization: str, installation_id: int | None = None
) -> list[Team]:
    """List the teams that the App sees, in GitHub's order; secret ones are among them."""
    github = _reader(app, organization, installation_id)
    rows = _rows(github, f"{_org_path(organization)}/teams")
    return [shapes.read_team(row) for row in rows]


def get_team(
    app: GitHubApp, *, organization: str, slug: str, installation_id: int | None = None
) -> Team | None:
    """Return a team, or None where the organisation has none of that slug."""
    github = _reader(app, organization, installation_id)
    try:
        answer = github.send("GET", _team_path(organization, slug))
    except GitHubRejected as refusal:
        if refusal.status != HTTPStatus.NOT_FOUND:
            raise
        return None
    return shapes.read_team(answer.data)


def is_team_synced(
    app: GitHubApp, *, organization: str, slug: str, installation_id: int | None = None
) -> bool:
    """Tell whether an identity provider is known to own who is in the team.

    GitHub lets an App see that of enterprises with managed users alone; of others it is "not
    known", which is False here and an answer with 403 when the team is written to.
    """
    github = _reader(app, organization, installation_id)
    try:
        answer = github.send("GET", f"{_team_path(organization, slug)}/external-groups")
    except GitHubRejected as refusal:
        if refusal.status in (
            HTTPStatus.BAD_REQUEST,  # of an organisation without managed users
            HTTPStatus.FORBIDDEN,
            HTTPStatus.NOT_FOUND,
        ):
            return False
        raise
    return bool(shapes.read_object(answer.data, "list of groups").get("groups"))


def get_team_membership(
    app: GitHubApp,
    *,
    organization: str,
    slug: str,
    login: str,
    installation_id: int | None = None,
) -> MembershipState:
    """Tell whether somebody is in a team now; `none` also where there is no such team."""
    github = _reader(app, organization, installation_id)
    try:
        answer = github.send("GET", _team_membership_path(organization, slug, login))
    except GitHubRejected as refusal:
        if refusal.status != HTTPStatus.NOT_FOUND:
            raise
        return "none"
    return shapes.read_state(answer.data)


def add_to_team(
    app: GitHubApp,
    *,
    organization: str,
    slug: str,
    login: str,
    installation_id: int | None = None,
) -> JoinState:
    """Add somebody to a team, as a member; who is not in the organisation is invited to it.

    Only for who is not in the team: of a maintainer it would change the role.

    Raises:
        TeamSynced: An identity provider owns who is in the team.
        TeamMissing: The organisation has no such team.
        UserUnknown: GitHub has none of that login.
        InvitationLimitReached: It would take an invitation, and GitHub takes no more today.
    """
    asked: dict[str, Any] = {"organization": organization, "installation_id": installation_id}
    github = _writer(app, organization, installation_id)
    path = _team_membership_path(organization, slug, login)
    try:
        answer = github.send("PUT", path, {"role": "member"})
    except GitHubRejected as refusal:
        if refusal.status == HTTPStatus.FORBIDDEN and (
            _SYNCED.search(refusal.message) or is_team_synced(app, slug=slug, **asked)
        ):
            message = f"the team {slug} of {organization} is synchronised by an identity provider"
            raise TeamSynced(message) from refusal
        if refusal.status == HTTPStatus.NOT_FOUND:
            if get_team(app, slug=slug, **asked) is None:
                message = f"{organization} has no team {slug}"
                raise TeamMissing(message) from refusal
            get_user(app, login=login, **asked)
        _raise_for_limit(refusal, organization)
        raise
    return shapes.read_state(answer.data)


def list_team_members(
    app: GitHubApp, *, organization: str, slug: str, installation_id: int | None = None
) -> dict[int, str]:
    """Map the ids of who is in a team, by child teams too, to their logins.

    Raises:
        TeamMissing: The organisation has no such team.
    """
    github = _reader(app, organization, installation_id)
    try:
        rows = list(_rows(github, f"{_team_path(organization, slug)}/members"))
    except GitHubRejected as refusal:
        if refusal.status != HTTPStatus.NOT_FOUND:
            raise
        message = f"{organization} has no team {slug}"
        raise TeamMissing(message) from refusal
    return {user["id"]: user["login"] for user in map(shapes.read_user, rows)}


# How it is asked --------------------------------------------------------------------------


def _reader(app: GitHubApp, organization: str, installation_id: int | None) -> Installation:
    return app.on_organization(
        organization, permissions=READ_MEMBERS, installation_id=installation_id
    )


def _writer(app: GitHubApp, organization: str, installation_id: int | None) -> Installation:
    return app.on_organization(
        organization, permissions=WRITE_MEMBERS, installation_id=installation_id
    )


def _org_path(organization: str) -> str:
    return f"/orgs/{path_part(organization, 'organization')}"


def _membership_path(organization: str, login: str) -> str:
    return f"{_org_path(organization)}/memberships/{path_part(login, 'login')}"


def _team_path(organization: str, slug: str) -> str:
    return f"{_org_path(organization)}/teams/{path_part(slug, 'team')}"


def _team_membership_path(organization: str, slug: str, login: str) -> str:
    return f"{_team_path(organization, slug)}/memberships/{path_part(login, 'login')}"


def _user(github: Installation, path: str, whom: str) -> User:
    try:
        answer = github.send("GET", path)
    except GitHubRejected as refusal:
        if refusal.status != HTTPStatus.NOT_FOUND:
            raise
        raise _user_unknown(whom) from refusal
    return shapes.read_user(answer.data)


def _rows(github: Installation, path: str) -> Iterator[object]:
    for answer in github.pages(path, pages_max=LIST_PAGES_MAX):
        rows = answer.data
        if not isinstance(rows, list):
            message = f"the answer to {path} is no list"
            raise GitHubUnavailable(message)
        yield from rows


def _user_unknown(whom: str) -> UserUnknown:
    return UserUnknown(f"GitHub has no user {whom}")


def _raise_for_limit(refusal: GitHubRejected, organization: str) -> None:
    if refusal.status == HTTPStatus.UNPROCESSABLE_ENTITY and _INVITATION_LIMIT.search(
        refusal.message
    ):
        message = f"{organization}: {refusal.message}"
        raise InvitationLimitReached(message) from refusal
