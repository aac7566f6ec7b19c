"""The GitHub App as the Lambdas use it: its key from the secret, its limits waited out.

The state machine waits, not the Lambda: a handler that meets a rate limit answers when to come
back (`retry_at`), and the machine's Wait state does it for nothing.
"""

from __future__ import annotations

import json
import os
import secrets
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, TypeVar

from aws_lambda_powertools.utilities import parameters
from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError

from ghkit.errors import AppKeyUnusable, GitHubRejected, RateLimited
from ghkit.github import GitHubApp
from ghkit.timestamps import timestamp_text

if TYPE_CHECKING:
    from collections.abc import Callable

_T = TypeVar("_T")

SECRET_MAX_AGE_S: Final = 300
"""How long the App's key is kept; a rotated one is fetched at GitHub's first refusal anyway."""

WAITS_MAX: Final = 5
"""GitHub's windows last an hour: whoever waited for five of them needs a person, not a sixth."""

SPREAD_S: Final = 30
"""Executions that wait for the same reset do not all come back in the same second; after a wait that
is shorter than this they are spread over no more than it took."""


def ask(question: Callable[[GitHubApp], _T]) -> _T:
    """Ask GitHub, twice where it refuses the key: that may have been replaced since it was read.

    Raises:
        AppKeyUnusable: The secret holds no App id and private key.
        GhkitError: As the question says.
    """
    try:
        return question(_github())
    except GitHubRejected as refusal:
        if refusal.status != HTTPStatus.UNAUTHORIZED:
            raise
        return question(_github(force_fetch=True))


def retry_at(limit: RateLimited, *, waits: int) -> str:
    """Say when to come back after a limit, which is re-raised after `WAITS_MAX` waits."""
    if waits >= WAITS_MAX:
        raise limit
    wait_s = int((limit.retry_at - datetime.now(UTC)).total_seconds())
    spread_s = min(SPREAD_S, max(wait_s, 1))
    at = limit.retry_at + timedelta(seconds=1 + secrets.randbelow(spread_s))
    return timestamp_text(at.replace(microsecond=0))


def _github(*, force_fetch: bool = False) -> GitHubApp:
    try:
        secret = parameters.get_secret(
            os.environ["GITHUB_APP_SECRET_ARN"], max_age=SECRET_MAX_AGE_S, force_fetch=force_fetch
        )
    except GetParameterError as exc:
        message = f"the App's secret cannot be read: {exc}"
        raise AppKeyUnusable(message) from exc
    return app(str(secret))


@lru_cache(maxsize=1)
def app(secret: str) -> GitHubApp:
    """Keep one client, and so its tokens, for as long as the key stays the same."""
    try:
        values = json.loads(secret)
        app_id, private_key = str(values["app_id"]), str(values["private_key"])
    except (ValueError, TypeError, KeyError) as exc:
        message = 'the App\'s secret is not {"app_id": …, "private_key": …}'
        raise AppKeyUnusable(message) from exc
    return GitHubApp(
        os.environ["GITHUB_API_URL"], app_id, private_key, now=lambda: datetime.now(UTC)
    )
