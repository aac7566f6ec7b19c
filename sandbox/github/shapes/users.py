"""Users, and who is in an organisation."""

from typing import Any

from sandbox.github import seeded
from sandbox.github.organizations import Invitation, Organization, User
from sandbox.github.shapes import HTML
from sandbox.github.shapes.accounts import APP_SLUG, account
from sandbox.github.state import Account

NOTHING_PUBLIC = {
    "company": None,
    "blog": "",
    "location": None,
    "email": None,
    "hireable": None,
    "bio": None,
    "twitter_username": None,
    "public_repos": 0,
    "public_gists": 0,
    "followers": 0,
    "following": 0,
}
"""What most profiles say of themselves; an e-mail in one would prove nothing anyway."""


def simple(user: User, *, api: str) -> dict[str, Any]:
    """GitHub's `simple-user`."""
    return account(user.login, user.id, "User", api=api)


def public(known: dict[str, Any], *, name: str | None, created_at: str) -> dict[str, Any]:
    """GitHub's `public-user`: a `simple-user` with its profile."""
    return {
        **known,
        "user_view_type": "public",
        "name": name,
        **NOTHING_PUBLIC,
        "created_at": created_at,
        "updated_at": created_at,
    }


def simple_organization(known: Account, *, api: str) -> dict[str, Any]:
    """GitHub's `organization-simple`."""
    url = f"{api}/orgs/{known.login}"
    return {
        "login": known.login,
        "id": known.id,
        "node_id": seeded.node_id("O", known.id),
        "url": url,
        "repos_url": f"{url}/repos",
        "events_url": f"{url}/events",
        "hooks_url": f"{url}/hooks",
        "issues_url": f"{url}/issues",
        "members_url": f"{url}/members{{/member}}",
        "public_members_url": f"{url}/public_members{{/member}}",
        "avatar_url": f"https://avatars.githubusercontent.com/u/{known.id}?v=4",
        "description": None,
    }


def full_organization(known: Account, *, api: str) -> dict[str, Any]:
    """GitHub's `organization-full`, as it shows it to whoever is no owner."""
    return {
        **simple_organization(known, api=api),
        "html_url": f"{HTML}/{known.login}",
        "name": known.login,
        "has_organization_projects": True,
        "has_repository_projects": True,
        "is_verified": False,
        "public_repos": 0,
        "public_gists": 0,
        "followers": 0,
        "following": 0,
        "type": "Organization",
        "created_at": known.created_at,
        "updated_at": known.created_at,
        "archived_at": None,
    }


def membership(
    user: User, organization: Organization, known: Account, *, api: str
) -> dict[str, Any]:
    """GitHub's `org-membership`."""
    url = f"{api}/orgs/{known.login}"
    return {
        "url": f"{url}/memberships/{user.login}",
        "state": organization.state_of(user.id),
        "role": organization.role_of(user.id),
        "organization_url": url,
        "direct_membership": True,
        "enterprise_teams_providing_indirect_membership": [],
        "organization": simple_organization(known, api=api),
        "user": simple(user, api=api),
    }


def invitation(
    kept: Invitation, user: User | None, known: Account, *, teams: int, api: str
) -> dict[str, Any]:
    """GitHub's `organization-invitation`; an e-mail's has no login."""
    return {
        "id": kept.id,
        "node_id": seeded.node_id("OI", kept.id),
        "login": user.login if user else None,
        "email": kept.email,
        "role": kept.role,
        "created_at": kept.created_at,
        "failed_at": kept.failed_at,
        "failed_reason": kept.failed_reason,
        "inviter": kept.inviter or the_app(api=api),
        "team_count": teams,
        "invitation_teams_url": f"{api}/organizations/{known.id}/invitations/{kept.id}/teams",
        "invitation_source": "member",
    }


def the_app(*, api: str) -> dict[str, Any]:
    """The App where GitHub names a user: its bot."""
    login = f"{APP_SLUG}[bot]"
    return account(login, seeded.number(f"bot {login}", digits=8), "Bot", api=api)
