"""The App itself, where it is installed, and its installation tokens."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.github import tokens
from sandbox.github.answers import (
    GitHubError,
    answer,
    api_url,
    body_of,
    documented,
    link_header,
    listed,
    page_of,
)
from sandbox.github.service import GitHubService, service_of, utc_now
from sandbox.github.shapes import accounts
from sandbox.github.shapes.repositories import full
from sandbox.github.state import Account

KINDS = {
    "permissions": dict,
    "repositories": list,
    "repository_ids": list,
}
"""What the body of a token request may say, and in which kind of value."""


def require_app(request: Request) -> GitHubService:
    """The service, where the App itself asks."""
    service = service_of(request)
    tokens.require_app(
        request.headers, app_id=service.app_id, public_key=service.public_key, now=utc_now()
    )
    return service


@documented("apps/apps#get-the-authenticated-app")
async def get_app(request: Request) -> Response:
    service = require_app(request)
    home = service.state.home
    installations = sum(one.is_installed for one in service.state.accounts.values())
    data = accounts.app(service.app_id, home, installations=installations, api=api_url(request))
    return answer(request, data)


def installed_on(request: Request, account: Account | None) -> Response:
    if account is None or not account.is_installed:
        raise GitHubError(404, "Not Found")
    service = service_of(request)
    return answer(
        request,
        accounts.installation(account, app_id=service.app_id, api=api_url(request)),
    )


@documented("apps/apps#get-a-repository-installation-for-the-authenticated-app")
async def get_repository_installation(request: Request) -> Response:
    state = require_app(request).state
    repository = state.find_repository(
        request.path_params["owner"], request.path_params["repository"]
    )
    return installed_on(request, state.find_account(repository.owner) if repository else None)


@documented("apps/apps#get-an-organization-installation-for-the-authenticated-app")
async def get_organization_installation(request: Request) -> Response:
    account = require_app(request).state.find_account(request.path_params["login"])
    is_organization = account is not None and account.type == "Organization"
    return installed_on(request, account if is_organization else None)


@documented("apps/apps#get-a-user-installation-for-the-authenticated-app")
async def get_user_installation(request: Request) -> Response:
    account = require_app(request).state.find_account(request.path_params["login"])
    return installed_on(request, account)


@documented("apps/apps#create-an-installation-access-token-for-an-app")
async def create_token(request: Request) -> Response:
    service = require_app(request)
    account = service.state.find_installation(request.path_params["installation_id"])
    if account is None or not account.is_installed:
        raise GitHubError(404, "Not Found")
    tokens.refuse_suspended(account)
    text, token = tokens.issue(
        service.state,
        account,
        app_id=service.app_id,
        order=token_order(await request.body()),
        now=utc_now(),
    )
    repositories = None
    if token.repository_ids is not None:
        repositories = [
            full(repository, account, api=api_url(request))
            for repository in service.state.repositories_of(account)
            if repository.id in token.repository_ids
        ]
    data = accounts.installation_token(text, token, repositories=repositories)
    return answer(request, data, status=201)


def token_order(body: bytes) -> dict[str, Any]:
    """What the body asks the token to be narrowed to; no body asks for everything.

    Raises:
        GitHubError: 400 for broken JSON, 422 for fields of the wrong kind.
    """
    order = body_of(body)
    for name, kind in KINDS.items():
        if not isinstance(order.get(name) or kind(), kind):
            raise GitHubError(422, f"Invalid request.\n\nFor '{name}', wrong type of value.")
    return order


@documented("apps/webhooks#get-a-webhook-configuration-for-an-app")
async def get_hook_config(request: Request) -> Response:
    hooks = require_app(request).hooks
    data = {"content_type": "json", "insecure_ssl": "0", "url": hooks.url}
    # GitHub shows that there is a secret, and never which.
    return answer(request, data | ({"secret": "********"} if hooks.secret else {}))


@documented("apps/apps#list-installations-for-the-authenticated-app")
async def list_installations(request: Request) -> Response:
    service = require_app(request)
    api = api_url(request)
    known = sorted(
        (one for one in service.state.accounts.values() if one.is_installed),
        key=lambda one: one.installation_id,
    )
    return listed(
        request, known, lambda one: accounts.installation(one, app_id=service.app_id, api=api)
    )


@documented("apps/apps#get-an-installation-for-the-authenticated-app")
async def get_installation(request: Request) -> Response:
    state = require_app(request).state
    return installed_on(request, state.find_installation(request.path_params["installation_id"]))


@documented("apps/installations#list-repositories-accessible-to-the-app-installation")
async def list_installation_repositories(request: Request) -> Response:
    state = service_of(request).state
    caller = tokens.require_installation(
        state, request.headers, permission="metadata", now=utc_now()
    )
    covered = [
        repository
        for repository in state.repositories_of(caller.account)
        if caller.can_see(repository)
    ]
    page, api = page_of(request), api_url(request)
    data = {
        "total_count": len(covered),
        "repository_selection": "selected" if caller.token.repository_ids else "all",
        "repositories": [full(one, caller.account, api=api) for one in page.cut(covered)],
    }
    return answer(request, data, headers=link_header(request, page, len(covered)))


routes = [
    Route("/app", get_app),
    Route("/app/hook/config", get_hook_config),
    Route("/app/installations", list_installations),
    Route("/app/installations/{installation_id:int}", get_installation),
    Route("/installation/repositories", list_installation_repositories),
    Route(
        "/app/installations/{installation_id:int}/access_tokens", create_token, methods=["POST"]
    ),
    Route("/repos/{owner}/{repository}/installation", get_repository_installation),
    Route("/orgs/{login}/installation", get_organization_installation),
    Route("/users/{login}/installation", get_user_installation),
]
