"""Repositories, and who may see them."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.github import tokens
from sandbox.github.answers import GitHubError, answer, api_url, documented
from sandbox.github.service import service_of, utc_now
from sandbox.github.shapes.repositories import full
from sandbox.github.state import Account, Repository


def visible_repository(request: Request, *, permission: str) -> tuple[Repository, Account]:
    """The repository in the path and its owner, where the caller may read this much of it.

    Raises:
        GitHubError: 401 and 403 as for any token; 404 where there is none, or none to be seen.
    """
    state = service_of(request).state
    caller = tokens.require_installation(
        state, request.headers, permission=permission, now=utc_now()
    )
    repository = state.find_repository(
        request.path_params["owner"], request.path_params["repository"]
    )
    owner = state.find_account(request.path_params["owner"])
    if repository is None or owner is None or not caller.can_see(repository):
        raise GitHubError(404, "Not Found")
    return repository, owner


@documented("repos/repos#get-a-repository")
async def get_repository(request: Request) -> Response:
    repository, owner = visible_repository(request, permission="metadata")
    return answer(request, full(repository, owner, api=api_url(request)))


routes = [Route("/repos/{owner}/{repository}", get_repository)]
