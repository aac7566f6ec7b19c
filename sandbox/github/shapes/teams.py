"""Teams, and who is in them."""

from typing import Any

from sandbox.github import seeded
from sandbox.github.organizations import Organization, Team, User
from sandbox.github.shapes import HTML
from sandbox.github.shapes.users import full_organization
from sandbox.github.state import Account


def team(kept: Team, known: Account, *, api: str) -> dict[str, Any]:
    """GitHub's `team`: a row of the list."""
    url = f"{api}/organizations/{known.id}/team/{kept.id}"
    return {
        "id": kept.id,
        "node_id": seeded.node_id("T", kept.id),
        "url": url,
        "html_url": f"{HTML}/orgs/{known.login}/teams/{kept.slug}",
        "name": kept.name,
        "slug": kept.slug,
        "description": kept.description,
        "privacy": kept.privacy,
        "notification_setting": "notifications_enabled",
        "permission": "pull",
        "members_url": f"{url}/members{{/member}}",
        "repositories_url": f"{url}/repos",
        "type": "organization",
        "organization_id": known.id,
        "parent": None,
    }


def full(kept: Team, organization: Organization, known: Account, *, api: str) -> dict[str, Any]:
    """GitHub's `team-full`: what the team's own address answers."""
    return {
        **team(kept, known, api=api),
        "created_at": kept.created_at,
        "updated_at": kept.created_at,
        "members_count": len(organization.in_team(kept, "active")),
        "repos_count": 0,
        "organization": full_organization(known, api=api),
    }


def membership(
    kept: Team, user: User, organization: Organization, known: Account, *, api: str
) -> dict[str, Any]:
    """GitHub's `team-membership`; an owner of the organisation is always a maintainer."""
    is_owner = organization.role_of(user.id) == "admin"
    return {
        "url": f"{api}/organizations/{known.id}/team/{kept.id}/memberships/{user.login}",
        "role": "maintainer" if is_owner else kept.members[user.id],
        "state": organization.state_in_team(kept, user.id),
    }


def external_group(kept: Team) -> dict[str, Any]:
    """A group of the identity provider that a team follows, as `external-groups` lists it."""
    return {
        "group_id": kept.id,
        "group_name": f"idp-{kept.slug}",
        "updated_at": kept.created_at,
    }
