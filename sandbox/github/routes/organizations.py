"""Users, organisations, and who is a member of one."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.github import tokens
from sandbox.github.answers import GitHubError, answer, api_url, body_of, documented, listed
from sandbox.github.organizations import Organization, User
from sandbox.github.service import service_of, utc_now
from sandbox.github.shapes import users as shapes
from sandbox.github.shapes.accounts import of_account
from sandbox.github.state import Account, GitHub

ROLES = {"member": "direct_member", "admin": "admin"}
"""What an invitation to each role is called."""


def signed_in(request: Request, *, permission: str, level: str = "read") -> tokens.Caller:
    """The installation that asks."""
    state = service_of(request).state
    return tokens.require_installation(
        state, request.headers, permission=permission, level=level, now=utc_now()
    )


def organization_in_path(
    request: Request, *, level: str = "read"
) -> tuple[Account, Organization, GitHub]:
    """The organisation in the path with its people, where the caller may read or write them.

    Raises:
        GitHubError: 404 where it is none; 401 and 403 as for any token, and 403 for another's.
    """
    caller = signed_in(request, permission="members", level=level)
    state = service_of(request).state
    account = state.find_account(request.path_params["organization"])
    if account is None or account.type != "Organization":
        raise GitHubError(404, "Not Found")
    if caller.account.id != account.id:
        raise GitHubError(403, "Resource not accessible by integration")
    organization = state.organization_of(account)
    if organization.expire(now=utc_now()):
        state.people.revision += 1
    return account, organization, state


def user_in_path(request: Request, state: GitHub) -> User:
    """The user whose login is in the path; 404 where there is none."""
    user = state.people.find(request.path_params["login"])
    if user is None:
        raise GitHubError(404, "Not Found")
    return user


def invitee_in_path(request: Request, state: GitHub) -> User:
    """The user in the path, who is to be added somewhere; 422 for an organisation."""
    account = state.find_account(request.path_params["login"])
    if account is not None and account.type == "Organization":
        raise GitHubError(422, "Cannot add an organization as a member.")
    return user_in_path(request, state)


def role_wanted(body: bytes, roles: tuple[str, ...]) -> str:
    """The role that a body asks for; `member` without one."""
    role = body_of(body).get("role", "member")
    if role not in roles:
        raise GitHubError(422, f'Invalid request.\n\nNo subschema in "role" matched {role!r}.')
    return str(role)


# Users


def profile(request: Request, *, user: User | None, account: Account | None) -> Response:
    api = api_url(request)
    if user is not None:
        known = shapes.simple(user, api=api)
        data = shapes.public(known, name=user.name, created_at=user.created_at)
        return answer(request, data)
    if account is not None:
        known = of_account(account, api=api)
        data = shapes.public(known, name=account.login, created_at=account.created_at)
        return answer(request, data)
    raise GitHubError(404, "Not Found")


@documented("users/users#get-a-user")
async def get_user(request: Request) -> Response:
    signed_in(request, permission="metadata")
    state, login = service_of(request).state, request.path_params["login"]
    return profile(request, user=state.people.find(login), account=state.find_account(login))


@documented("users/users#get-a-user-using-their-id")
async def get_user_by_id(request: Request) -> Response:
    signed_in(request, permission="metadata")
    state, number = service_of(request).state, request.path_params["account_id"]
    account = next((one for one in state.accounts.values() if one.id == number), None)
    return profile(request, user=state.people.users.get(number), account=account)


# Organisations and their members


@documented("orgs/orgs#get-an-organization")
async def get_organization(request: Request) -> Response:
    signed_in(request, permission="metadata")
    account = service_of(request).state.find_account(request.path_params["organization"])
    if account is None or account.type != "Organization":
        raise GitHubError(404, "Not Found")
    return answer(request, shapes.full_organization(account, api=api_url(request)))


@documented("orgs/members#list-organization-members")
async def list_members(request: Request) -> Response:
    _, organization, state = organization_in_path(request)
    role = request.query_params.get("role", "all")
    if role not in ("all", "admin", "member"):
        raise GitHubError(422, f"Invalid value for parameter 'role': {role}")
    found = [
        state.people.users[user_id]
        for user_id, has in organization.members.items()
        if role in ("all", has)
    ]
    return listed(request, found, lambda user: shapes.simple(user, api=api_url(request)))


@documented("orgs/members#check-organization-membership-for-a-user")
async def check_member(request: Request) -> Response:
    _, organization, state = organization_in_path(request)
    if user_in_path(request, state).id not in organization.members:
        raise GitHubError(404, "Not Found")
    return Response(status_code=204)


@documented("orgs/members#get-organization-membership-for-a-user")
async def get_membership(request: Request) -> Response:
    account, organization, state = organization_in_path(request)
    user = user_in_path(request, state)
    if organization.state_of(user.id) is None:
        raise GitHubError(404, "Not Found")
    return answer(request, shapes.membership(user, organization, account, api=api_url(request)))


@documented("orgs/members#set-organization-membership-for-a-user")
async def set_membership(request: Request) -> Response:
    """Change a member's role, or invite whoever is neither a member nor invited."""
    account, organization, state = organization_in_path(request, level="write")
    user = invitee_in_path(request, state)
    role = role_wanted(await request.body(), ("member", "admin"))
    invitation = organization.invitation_of(user.id)
    if user.id in organization.members:
        organization.members[user.id] = role
    elif invitation is not None:
        invitation.role = ROLES[role]
    else:
        service_of(request).invite(organization, user_id=user.id, role=ROLES[role])
    state.people.revision += 1
    return answer(request, shapes.membership(user, organization, account, api=api_url(request)))


@documented("orgs/members#remove-organization-membership-for-a-user")
async def remove_membership(request: Request) -> Response:
    _, organization, state = organization_in_path(request, level="write")
    user = user_in_path(request, state)
    if organization.state_of(user.id) is None:
        raise GitHubError(404, "Not Found")
    organization.leave(user.id)
    state.people.revision += 1
    return Response(status_code=204)


routes = [
    Route("/users/{login}", get_user),
    Route("/user/{account_id:int}", get_user_by_id),
    Route("/orgs/{organization}", get_organization),
    Route("/orgs/{organization}/members", list_members),
    Route("/orgs/{organization}/members/{login}", check_member),
    Route("/orgs/{organization}/members/{login}", remove_membership, methods=["DELETE"]),
    Route("/orgs/{organization}/memberships/{login}", get_membership),
    Route("/orgs/{organization}/memberships/{login}", set_membership, methods=["PUT"]),
    Route("/orgs/{organization}/memberships/{login}", remove_membership, methods=["DELETE"]),
]
