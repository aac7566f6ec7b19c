"""The small GitHub as an ASGI application."""

from starlette.applications import Starlette
from starlette.middleware import Middleware

from sandbox.github.answers import GitHubError, error_for, not_found
from sandbox.github.middleware import Dressed, Gate, failure
from sandbox.github.routes import (
    apps,
    deliveries,
    invitations,
    meta,
    organizations,
    repositories,
    runs,
    teams,
)
from sandbox.github.service import GitHubService
from sandbox.middleware import Faulty, Logged


def create_app(service: GitHubService) -> Starlette:
    """Put the endpoints together; requests pass the middleware from left to right."""
    app = Starlette(
        routes=[
            *apps.routes,
            *deliveries.routes,
            *invitations.routes,
            *meta.routes,
            *organizations.routes,
            *repositories.routes,
            *runs.routes,
            *teams.routes,
        ],
        middleware=[
            Middleware(Logged, requests=service.requests),
            Middleware(Dressed, service=service),
            Middleware(Faulty, faults=service.faults, failure=failure),
            Middleware(Gate, service=service),
        ],
        exception_handlers={GitHubError: error_for, 404: not_found, 405: not_found},
    )
    app.state.service = service
    return app
