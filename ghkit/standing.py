"""How a person stands to an organisation: asked of GitHub, since its events carry no time.

What is observed has a moment, and the later moment wins wherever it is stored.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from ghkit.errors import MemberGone, TeamSynced, UserUnknown
from ghkit.github import organizations
from ghkit.timestamps import parse_timestamp, sortable_text

if TYPE_CHECKING:
    from datetime import datetime
    from typing import Literal

    from ghkit.contracts import ChangeKeys, MemberRef, MembershipChange, OrganizationRef, Standing
    from ghkit.github import GitHubApp
    from ghkit.github.shapes import MembershipState

TEAM_PREFIX: Final = "team#"
"""Before a team's slug in the table of members: the attribute that holds how somebody stands."""

INVITATION_PREFIX: Final = "invite#"
"""Before an invitation's id: the sort key of a record that has no person yet."""

FRESH_FOR: Final = timedelta(minutes=5)
"""How long a membership counts as just seen."""


def read(
    app: GitHubApp,
    *,
    organization: OrganizationRef,
    member: MemberRef,
    team: str | None,
    installation_id: int | None,
    observed_at: datetime,
) -> Standing:
    """Ask how somebody stands to an organisation and to one of its teams.

    Args:
        app: Who asks.
        organization: Where; without an id that is asked, too.
        member: Whom; the id decides, the login is only used if the account is gone.
        team: A slug, or None where no team is in question.
        installation_id: Where an event named one.
        observed_at: The present moment.

    Raises:
        GhkitError: As `ghkit.github.organizations` says.
    """
    where: dict[str, Any] = {
        "organization": organization["login"],
        "installation_id": installation_id,
    }
    state: MembershipState = "none"
    try:
        user = organizations.get_user_by_id(app, user_id=member["id"], **where)
    except UserUnknown:  # deleted: a member nowhere
        login = member["login"]
    else:
        login = user["login"]
        state = organizations.get_membership(app, login=login, **where)["state"]
    found = unknown(
        organization, {"id": member["id"], "login": login}, observed_at=observed_at, retry_at=None
    )
    found["state"] = state
    if state == "none" or organization["id"] is None:
        # An organisation that is not there has no members either: make sure that it is.
        asked = organizations.get_organization(app, **where)
        found["organization"], found["organization_id"] = asked["login"], str(asked["id"])
    if team is not None:
        found["team_state"] = _team_state(
            "none"
            if state == "none"
            else organizations.get_team_membership(app, slug=team, login=login, **where)
        )
    return found


def unknown(
    organization: OrganizationRef,
    member: MemberRef,
    *,
    observed_at: datetime,
    retry_at: str | None,
) -> Standing:
    """Write down who is meant before GitHub has said anything."""
    return {
        "organization": organization["login"],
        "organization_id": "" if organization["id"] is None else str(organization["id"]),
        "github_id": str(member["id"]),
        "login": member["login"],
        "state": "none",
        "team_state": None,
        "observed_at": sortable_text(observed_at),
        "retry_at": retry_at,
    }


def invite(
    app: GitHubApp, standing: Standing, *, installation_id: int | None, observed_at: datetime
) -> Standing:
    """Invite who is neither member nor invited by now, and return how the person then stands.

    Raises:
        GhkitError: As `organizations.invite_member` says.
    """
    whom: dict[str, Any] = {
        "organization": standing["organization"],
        "login": standing["login"],
        "installation_id": installation_id,
    }
    # An execution may be resumed days later, and of a member the invitation would change the role.
    membership = organizations.get_membership(app, **whom)
    if membership["state"] == "none":
        membership = organizations.invite_member(app, **whom)
    return {
        **standing,
        "state": membership["state"],
        "observed_at": sortable_text(observed_at),
        "retry_at": None,
    }


def add_to_team(
    app: GitHubApp,
    standing: Standing,
    *,
    slug: str,
    installation_id: int | None,
    now: datetime,
) -> Literal["active", "pending", "synced"]:
    """See to it that a member, present or invited, is in a team; twice is once.

    A team that an identity provider owns is left alone: `synced`, unless the person is in it.

    Args:
        app: Who asks.
        standing: Looked at once more where it is older than `FRESH_FOR`, as of a resumed execution.
        slug: The team's.
        installation_id: Where an event named one.
        now: The present moment.

    Raises:
        MemberGone: The person is not in the organisation any more; to add would be to invite.
        TeamMissing: The organisation has no such team.
        GhkitError: As `ghkit.github.organizations` says.
    """
    where: dict[str, Any] = {
        "organization": standing["organization"],
        "installation_id": installation_id,
    }
    whom = {"login": standing["login"], **where}
    state = organizations.get_team_membership(app, slug=slug, **whom)
    if state != "none":
        return state
    observed_at = parse_timestamp(standing["observed_at"], field="standing.observed_at")
    is_old = now - observed_at > FRESH_FOR
    if is_old and organizations.get_membership(app, **whom)["state"] == "none":
        message = f"{standing['login']} has left {standing['organization']}"
        raise MemberGone(message)
    if organizations.is_team_synced(app, slug=slug, **where):
        return "synced"
    try:
        return organizations.add_to_team(app, slug=slug, **whom)
    except TeamSynced:
        return "synced"


def keys(change: MembershipChange) -> ChangeKeys:
    """Say where a change is stored in the table of members."""
    organization, invitation, team = change["organization"], change["invitation"], change["team"]
    invitation_id = str(invitation["id"]) if invitation else ""
    return {
        "organization_id": str(organization["id"] or ""),
        "invitation": f"{INVITATION_PREFIX}{invitation_id}" if invitation else "",
        "invitation_id": invitation_id,
        "team": f"{TEAM_PREFIX}{team['slug']}" if team else "",
    }


def _team_state(state: MembershipState) -> Literal["active", "pending", "removed"]:
    return "removed" if state == "none" else state
