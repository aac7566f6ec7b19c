"""The GitHub App as the dashboard uses it, made of the settings."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

from django.conf import settings

from core.errors import DomainError
from ghkit.errors import AppKeyUnusable
from ghkit.github import GitHubApp


class GitHubNotConfigured(DomainError):
    """The dashboard has no GitHub App: set GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY."""

    code = "github_not_configured"


# PyGithub's requester keeps the request that it is sending in itself, so each thread has its own.
class _Clients(threading.local):
    def __init__(self) -> None:
        self.made: dict[tuple[str, str, str], GitHubApp] = {}


_clients = _Clients()


def app() -> GitHubApp:
    """Return this thread's client of the App, which keeps its tokens.

    Raises:
        GitHubNotConfigured: Id or key is missing, or the key signs nothing.
    """
    key = (settings.GITHUB_API_URL, settings.GITHUB_APP_ID, settings.GITHUB_APP_PRIVATE_KEY)
    if key not in _clients.made:
        try:
            _clients.made[key] = GitHubApp(*key, now=lambda: datetime.now(UTC))
        except AppKeyUnusable as exc:
            message = f"GitHub cannot be asked: {exc}."
            raise GitHubNotConfigured(message) from exc
    return _clients.made[key]
