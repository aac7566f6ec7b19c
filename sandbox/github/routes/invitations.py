"""Invitations to an organisation: pending, failed, sent, taken back."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.github.answers import (
    GitHubError,
    answer,
    api_url,
    body_of,
    documented,
    invalid,
    listed,
)
from sandbox.github.organizations import Invitation, Organization, Team
from sandbox.github.routes.organizations import organization_in_path
from sandbox.github.service import service_of
from sandbox.github.shapes import teams as team_shapes
from sandbox.github.shapes import users as shapes
from sandbox.github.state import Account, GitHub

INVITATIONS = "/orgs/{organization}/invitations"

ROLES = ("direct_member", "admin", "billing_manager")

RESOURCE = "OrganizationInvitation"


def teams_of(invitation: Invitation, organization: Organization) -> list[Team]:
    """The teams that the invited person joins on accepting."""
    if invitation.user_id is not None:
        return organization.teams_of(invitation.user_id)
    return [organization.teams[slug] for slug in invitation.teams if slug in organization.teams]


def shaped(
    request: Request,
    invitation: Invitation,
    account: Account,
    organization: Organization,
    state: GitHub,
) -> dict[str, Any]:
    user = state.people.users.get(invitation.user_id or 0)
    count = len(teams_of(invitation, organization))
    return shapes.invitation(invitation, user, account, teams=count, api=api_url(request))


def invitation_list(request: Request, *, failed: bool) -> Response:
    account, organization, state = organization_in_path(request)
    kept = organization.failed if failed else organization.invitations
    return listed(
        request,
        list(kept.values()),
        lambda one: shaped(request, one, account, organization, state),
    )


@documented("orgs/members#list-pending-organization-invitations")
async def list_invitations(request: Request) -> Response:
    return invitation_list(request, failed=False)


@documented("orgs/members#list-failed-organization-invitations")
async def list_failed(request: Request) -> Response:
    return invitation_list(request, failed=True)


@documented("orgs/members#create-an-organization-invitation")
async def create_invitation(request: Request) -> Response:
    account, organization, state = organization_in_path(request, level="write")
    order = body_of(await request.body())
    user_id, email = order.get("invitee_id"), order.get("email")
    if (user_id is None) == (email is None):
        raise GitHubError(422, "Invalid request.\n\nExactly one of invitee_id, email is needed.")
    if email is not None and not (isinstance(email, str) and "@" in email):
        raise invalid(RESOURCE, "email", "Email is invalid")
    if email is None and user_id not in state.people.users:
        raise invalid(RESOURCE, "invitee_id", "Invitee could not be found")
    role = order.get("role", "direct_member")
    if role not in ROLES:
        raise invalid(RESOURCE, "role", "Role is not included in the list")
    teams = [organization.team_by_id(number) for number in order.get("team_ids") or []]
    if None in teams:
        raise invalid(RESOURCE, "team_ids", "Team could not be found")
    refuse_known(organization, user_id=user_id, email=email)
    invitation = service_of(request).invite(organization, user_id=user_id, email=email, role=role)
    for team in teams:
        if team is not None:
            enlist(invitation, team)
    state.people.revision += 1
    data = shaped(request, invitation, account, organization, state)
    return answer(request, data, status=201)


def refuse_known(organization: Organization, *, user_id: int | None, email: str | None) -> None:
    """Refuse to invite whoever is in the organisation, or invited, already."""
    state = organization.state_of(user_id) if user_id is not None else None
    is_invited = any(
        email is not None and one.email == email for one in organization.invitations.values()
    )
    if state == "active":
        raise invalid(RESOURCE, "data", "Invitee is already a part of this organization")
    if state == "pending" or is_invited:
        raise invalid(RESOURCE, "data", "Invitee has already been invited to this organization")


def enlist(invitation: Invitation, team: Team) -> None:
    """Let a team wait for the invited person."""
    if invitation.user_id is not None:
        team.members.setdefault(invitation.user_id, "member")
    else:
        invitation.teams.append(team.slug)


def invitation_in_path(request: Request, organization: Organization) -> Invitation:
    invitation = organization.invitations.get(request.path_params["invitation_id"])
    if invitation is None:
        raise GitHubError(404, "Not Found")
    return invitation


@documented("orgs/members#cancel-an-organization-invitation")
async def cancel_invitation(request: Request) -> Response:
    _, organization, state = organization_in_path(request, level="write")
    organization.cancel(invitation_in_path(request, organization))
    state.people.revision += 1
    return Response(status_code=204)


@documented("orgs/members#list-organization-invitation-teams")
async def list_invitation_teams(request: Request) -> Response:
    account, organization, _ = organization_in_path(request)
    found = teams_of(invitation_in_path(request, organization), organization)
    return listed(
        request, found, lambda team: team_shapes.team(team, account, api=api_url(request))
    )


routes = [
    Route(INVITATIONS, list_invitations),
    Route(INVITATIONS, create_invitation, methods=["POST"]),
    Route("/orgs/{organization}/failed_invitations", list_failed),
    Route(INVITATIONS + "/{invitation_id:int}", cancel_invitation, methods=["DELETE"]),
    Route(INVITATIONS + "/{invitation_id:int}/teams", list_invitation_teams),
]
