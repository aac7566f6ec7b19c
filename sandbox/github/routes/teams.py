"""Teams, and who is in them."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.github.answers import GitHubError, answer, api_url, documented, listed
from sandbox.github.organizations import Organization, Team, User
from sandbox.github.routes.invitations import shaped as shaped_invitation
from sandbox.github.routes.organizations import (
    invitee_in_path,
    organization_in_path,
    role_wanted,
    user_in_path,
)
from sandbox.github.service import service_of
from sandbox.github.shapes import teams as shapes
from sandbox.github.shapes import users as user_shapes
from sandbox.github.state import Account, GitHub

TEAM = "/orgs/{organization}/teams/{slug}"

SYNCHRONIZED = (
    "This team is externally managed: its members are synchronized with an identity provider. "
    "Learn more at https://docs.github.com/articles/"
    "synchronizing-teams-between-your-identity-provider-and-github"
)
"""GitHub documents the 403 and not its words."""


def team_in_path(
    request: Request, *, level: str = "read"
) -> tuple[Team, Account, Organization, GitHub]:
    """The team in the path; 404 where there is none."""
    account, organization, state = organization_in_path(request, level=level)
    team = organization.find_team(request.path_params["slug"])
    if team is None:
        raise GitHubError(404, "Not Found")
    return team, account, organization, state


@documented("teams/teams#list-teams")
async def list_teams(request: Request) -> Response:
    account, organization, _ = organization_in_path(request)
    found = sorted(organization.teams.values(), key=lambda team: team.name.lower())
    return listed(request, found, lambda team: shapes.team(team, account, api=api_url(request)))


@documented("teams/teams#get-a-team-by-name")
async def get_team(request: Request) -> Response:
    team, account, organization, _ = team_in_path(request)
    return answer(request, shapes.full(team, organization, account, api=api_url(request)))


@documented("teams/members#list-team-members")
async def list_team_members(request: Request) -> Response:
    team, _, organization, state = team_in_path(request)
    found = [state.people.users[one] for one in organization.in_team(team, "active")]
    return listed(request, found, lambda user: user_shapes.simple(user, api=api_url(request)))


@documented("teams/members#list-pending-team-invitations")
async def list_team_invitations(request: Request) -> Response:
    team, account, organization, state = team_in_path(request)
    by_user = [organization.invitation_of(one) for one in organization.in_team(team, "pending")]
    by_email = [one for one in organization.invitations.values() if team.slug in one.teams]
    found = [one for one in (*by_user, *by_email) if one is not None]
    return listed(
        request,
        found,
        lambda one: shaped_invitation(request, one, account, organization, state),
    )


@documented("teams/members#get-team-membership-for-a-user")
async def get_team_membership(request: Request) -> Response:
    team, account, organization, state = team_in_path(request)
    user = user_in_path(request, state)
    return membership_of(request, team, user, organization, account)


def membership_of(
    request: Request, team: Team, user: User, organization: Organization, account: Account
) -> Response:
    if organization.state_in_team(team, user.id) is None:
        raise GitHubError(404, "Not Found")
    data = shapes.membership(team, user, organization, account, api=api_url(request))
    return answer(request, data)


@documented("teams/members#add-or-update-team-membership-for-a-user")
async def add_team_membership(request: Request) -> Response:
    """Add somebody; whoever is not in the organisation is invited to it, and the team waits."""
    team, account, organization, state = team_in_path(request, level="write")
    user = invitee_in_path(request, state)
    role = role_wanted(await request.body(), ("member", "maintainer"))
    refuse_synchronized(team)
    if organization.state_of(user.id) is None:
        service_of(request).invite(organization, user_id=user.id)
    team.members[user.id] = role
    state.people.revision += 1
    return membership_of(request, team, user, organization, account)


def refuse_synchronized(team: Team) -> None:
    if team.synced:
        raise GitHubError(403, SYNCHRONIZED)


@documented("teams/members#remove-team-membership-for-a-user")
async def remove_team_membership(request: Request) -> Response:
    team, _, _, state = team_in_path(request, level="write")
    user = user_in_path(request, state)
    refuse_synchronized(team)
    if user.id not in team.members:
        raise GitHubError(404, "Not Found")
    del team.members[user.id]
    state.people.revision += 1
    return Response(status_code=204)


@documented("teams/external-groups#list-a-connection-between-an-external-group-and-a-team")
async def list_external_groups(request: Request) -> Response:
    """The groups of the identity provider that a team of managed users follows."""
    team, _, _, _ = team_in_path(request)
    if team.synced and not team.mapping_visible:
        raise GitHubError(404, "Not Found")
    groups = [shapes.external_group(team)] if team.synced else []
    return answer(request, {"groups": groups})


@documented("teams/team-sync#list-idp-groups-for-a-team")
async def list_group_mappings(request: Request) -> Response:
    """GitHub lets no App read these (OpenAPI, `enabledForGitHubApps`)."""
    team_in_path(request)
    raise GitHubError(403, "Resource not accessible by integration")


routes = [
    Route("/orgs/{organization}/teams", list_teams),
    Route(TEAM, get_team),
    Route(TEAM + "/members", list_team_members),
    Route(TEAM + "/invitations", list_team_invitations),
    Route(TEAM + "/memberships/{login}", get_team_membership),
    Route(TEAM + "/memberships/{login}", add_team_membership, methods=["PUT"]),
    Route(TEAM + "/memberships/{login}", remove_team_membership, methods=["DELETE"]),
    Route(TEAM + "/external-groups", list_external_groups),
    Route(TEAM + "/team-sync/group-mappings", list_group_mappings),
]
