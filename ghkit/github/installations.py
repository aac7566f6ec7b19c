"""Where the App is installed, and which repositories each installation covers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ghkit.errors import GitHubUnavailable
from ghkit.github.app import Installation

if TYPE_CHECKING:
    from ghkit.github.app import GitHubApp

READ_METADATA: Final = {"metadata": "read"}
"""The permission that every installation has."""


def list_installations(app: GitHubApp) -> list[dict[str, Any]]:
    """List the App's installations, suspended ones too, as GitHub describes them.

    Source: GitHub Docs, rest/apps/apps#list-installations-for-the-authenticated-app.

    Raises:
        ListTooLong: There are more than `PAGES_MAX` pages of them.
        GitHubUnavailable, RateLimited, GitHubRejected: As `GitHubApp`.
    """
    return [
        installation
        for answer in app.pages("/app/installations")
        for installation in _objects(answer.data, "installations")
    ]


def list_repositories(app: GitHubApp, *, installation_id: int, owner: str) -> list[dict[str, Any]]:
    """List the repositories that an installation covers, as GitHub describes them.

    Source: GitHub Docs, rest/apps/installations#list-repositories-accessible-to-the-app-installation.

    Raises:
        InstallationMissing: It is suspended or gone.
        ListTooLong, GitHubUnavailable, RateLimited, GitHubRejected: As above.
    """
    installation = Installation(app, installation_id, owner, READ_METADATA)
    return [
        repository
        for answer in installation.pages("/installation/repositories")
        for repository in _objects(
            answer.data.get("repositories") if isinstance(answer.data, dict) else None,
            "repositories",
        )
    ]


def _objects(data: Any, what: str) -> list[dict[str, Any]]:
    if not isinstance(data, list) or not all(
        isinstance(one, dict) and isinstance(one.get("id"), int) for one in data
    ):
        message = f"the answer is no list of {what}"
        raise GitHubUnavailable(message)
    return data
