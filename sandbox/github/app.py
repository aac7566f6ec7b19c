"""The small GitHub as an ASGI application."""

from starlette.applications import Starlette
from starlette.middleware import Middleware

from sandbox.github.answers import GitHubError, error_for, not_found
from sandbox.github.middleware import Dressed, Faulty, Gate, Logged
from sandbox.github.routes import apps, deliveries, meta, repositories, runs
from sandbox.github.service import GitHubService


def create_app(service: GitHubService) -> Starlette:
    """Put the endpoints together; requests pass the middleware from left to right."""
    app = Starlette(
        routes=[
            *apps.routes,
            *deliveries.routes,
            *meta.routes,
            *repositories.routes,
            *runs.routes,
        ],
        middleware=[Middleware(each, service=service) for each in (Logged, Dressed, Faulty, Gate)],
        exception_handlers={GitHubError: error_for, 404: not_found, 405: not_found},
    )
    app.state.service = service
    return app
