"""The web process's entry point: GitHub's deliveries ahead of Django, every other path through it.

`granian --interface rsgi ghadmin.rsgi:application`
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ghadmin.wsgi import application as django_application
from ghadmin.wsgi_pages import WsgiPages
from webhooks.endpoint import PATHS, Endpoint

if TYPE_CHECKING:
    from granian.rsgi import HTTPProtocol, Scope


class Application:
    """Sends each request where it belongs."""

    def __init__(self) -> None:
        self._deliveries = Endpoint()
        self._pages = WsgiPages(django_application)

    async def __rsgi__(self, scope: Scope, protocol: HTTPProtocol) -> None:
        """Answer one request."""
        handle = self._deliveries if scope.path in PATHS else self._pages
        await handle(scope, protocol)


application = Application()
