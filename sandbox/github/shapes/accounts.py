"""Accounts, the App itself, its installations and tokens."""

from typing import Any

from sandbox.github import seeded
from sandbox.github.shapes import HTML
from sandbox.github.state import PERMISSIONS, Account, Token

APP_NAME = "ghadmin"
APP_SLUG = "ghadmin"
EVENTS = ["membership", "organization", "workflow_run"]
"""What the App is subscribed to."""


def account(login: str, account_id: int, kind: str, *, api: str) -> dict[str, Any]:
    """GitHub's `simple-user`, which stands for organisations too."""
    url = f"{api}/users/{login}"
    return {
        "login": login,
        "id": account_id,
        "node_id": seeded.node_id("O" if kind == "Organization" else "U", account_id),
        "avatar_url": f"https://avatars.githubusercontent.com/u/{account_id}?v=4",
        "gravatar_id": "",
        "url": url,
        "html_url": f"{HTML}/{login}",
        "followers_url": f"{url}/followers",
        "following_url": f"{url}/following{{/other_user}}",
        "gists_url": f"{url}/gists{{/gist_id}}",
        "starred_url": f"{url}/starred{{/owner}}{{/repo}}",
        "subscriptions_url": f"{url}/subscriptions",
        "organizations_url": f"{url}/orgs",
        "repos_url": f"{url}/repos",
        "events_url": f"{url}/events{{/privacy}}",
        "received_events_url": f"{url}/received_events",
        "type": kind,
        "site_admin": False,
    }


def of_account(known: Account, *, api: str) -> dict[str, Any]:
    return account(known.login, known.id, known.type, api=api)


def app(app_id: int, home: Account, *, installations: int, api: str) -> dict[str, Any]:
    """GitHub's `integration`: the App as it sees itself."""
    return {
        "id": app_id,
        "client_id": client_id(app_id),
        "slug": APP_SLUG,
        "node_id": seeded.node_id("A", app_id),
        "owner": of_account(home, api=api),
        "name": APP_NAME,
        "description": "The control room of a GitHub organisation.",
        "external_url": f"{HTML}/apps/{APP_SLUG}",
        "html_url": f"{HTML}/apps/{APP_SLUG}",
        "created_at": home.created_at,
        "updated_at": home.created_at,
        "permissions": dict(PERMISSIONS),
        "events": EVENTS,
        "installations_count": installations,
    }


def client_id(app_id: int) -> str:
    """The App's client id, which may stand for its id in a JWT."""
    return f"Iv23li{seeded.commit(f'client {app_id}')[:14]}"


def installation(known: Account, *, app_id: int, api: str) -> dict[str, Any]:
    """GitHub's `installation`, on all of the account's repositories."""
    number = known.installation_id
    settings = (
        f"{HTML}/organizations/{known.login}/settings"
        if known.type == "Organization"
        else f"{HTML}/settings"
    )
    return {
        "id": number,
        "client_id": client_id(app_id),
        "account": of_account(known, api=api),
        "repository_selection": "all",
        "access_tokens_url": f"{api}/app/installations/{number}/access_tokens",
        "repositories_url": f"{api}/installation/repositories",
        "html_url": f"{settings}/installations/{number}",
        "app_id": app_id,
        "app_slug": APP_SLUG,
        "target_id": known.id,
        "target_type": known.type,
        "permissions": dict(PERMISSIONS),
        "events": EVENTS,
        "created_at": known.created_at,
        "updated_at": known.created_at,
        "single_file_name": None,
        "has_multiple_single_files": False,
        "single_file_paths": [],
        "suspended_by": None,
        "suspended_at": known.suspended_at or None,
    }


def installation_token(
    text: str, token: Token, *, repositories: list[dict[str, Any]] | None
) -> dict[str, Any]:
    """GitHub's `installation-token`; the repositories are listed only where it was narrowed."""
    answer: dict[str, Any] = {
        "token": text,
        "expires_at": token.expires_at,
        "permissions": token.permissions,
        "repository_selection": "all" if repositories is None else "selected",
    }
    if repositories is not None:
        answer["repositories"] = repositories
    return answer
