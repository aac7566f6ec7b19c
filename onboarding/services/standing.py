"""How somebody stands at GitHub at this moment, asked while a person waits."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from core import github
from core.github import GitHubNotConfigured
from ghkit.errors import GhkitError
from ghkit.github import organizations
from onboarding.enums import MemberStatus

if TYPE_CHECKING:
    from datetime import datetime

    from ghkit.github.shapes import MembershipState
    from onboarding.models import Member

PATIENCE_S: Final = 6.0
"""No new question is asked after this; one that is under way has GitHub's own ten seconds."""

TEAMS_ASKED: Final = 40
"""One question each, of the 5,000 an hour that an installation has."""


STANDING_OF: Final[dict[MemberStatus, MembershipState]] = {
    MemberStatus.ACTIVE: "active",
    MemberStatus.PENDING: "pending",
    MemberStatus.INVITED: "pending",
    MemberStatus.REMOVED: "none",
}
"""What GitHub says of a person whose record is true."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What GitHub said.

    Attributes:
        asked_at: When.
        login: What it is now; empty where nobody could be asked about.
        membership: None where GitHub did not say.
        teams: How the person stands to each team that was asked about, by slug.
        not_asked: Teams of which it was not asked, for there was no time.
        problem: Why GitHub did not say all of this; empty where it did.
    """

    asked_at: datetime
    login: str = ""
    membership: MembershipState | None = None
    teams: dict[str, MembershipState] = field(default_factory=dict)
    not_asked: int = 0
    problem: str = ""


def standing_at_github(member: Member, *, now: datetime) -> Standing:
    """Ask GitHub about a person: the organisation first, then the recorded teams, then the others.

    GitHub has no list of somebody's teams for an App, so each team is asked about. Never raises for
    GitHub: a page that shows this is worth reading without it.
    """
    ends_at = time.monotonic() + PATIENCE_S
    teams: dict[str, MembershipState] = {}
    login, membership, slugs = "", None, []
    problem = ""
    try:
        app, organization = github.app(), member.organization
        login = organizations.get_user_by_id(
            app, organization=organization, user_id=member.github_id or 0
        )["login"]
        membership = organizations.get_membership(app, organization=organization, login=login)[
            "state"
        ]
        slugs = [team.slug for team in member.teams.all()]
        if membership != "none":
            others = organizations.list_teams(app, organization=organization)
            slugs += [team["slug"] for team in others if team["slug"] not in slugs]
        for slug in slugs[:TEAMS_ASKED]:
            if time.monotonic() > ends_at:
                break
            teams[slug] = organizations.get_team_membership(
                app, organization=organization, slug=slug, login=login
            )
    except (GitHubNotConfigured, GhkitError) as exc:
        problem = f"{exc}".rstrip(".") + "."
    return Standing(
        asked_at=now,
        login=login,
        membership=membership,
        teams=teams,
        not_asked=len(slugs) - len(teams),
        problem=problem,
    )
