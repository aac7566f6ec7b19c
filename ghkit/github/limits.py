"""Whether GitHub limits how often it is asked, and how much of the hour is left."""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, TypedDict

from ghkit.errors import GitHubRejected
from ghkit.github.organizations import READ_MEMBERS
from ghkit.github.shapes import read_object

if TYPE_CHECKING:
    from ghkit.github.app import GitHubApp


class HourlyLimit(TypedDict):
    """The primary limit of an installation: `remaining` of `limit` requests until `resets_at`."""

    limit: int
    remaining: int
    resets_at: datetime


def get_hourly_limit(
    app: GitHubApp, *, organization: str, installation_id: int | None = None
) -> HourlyLimit | None:
    """Ask what is left of this hour; asking costs nothing.

    None says that GitHub does not limit at all: an Enterprise Server answers 404, "Rate limiting is
    not enabled.", unless its administrators switched limits on (GitHub Docs, rest/rate-limit/rate-limit,
    read 2026-11-20). Its secondary limits are off then too.
    """
    github = app.on_organization(
        organization, permissions=READ_MEMBERS, installation_id=installation_id
    )
    try:
        answer = github.send("GET", "/rate_limit")
    except GitHubRejected as refusal:
        if refusal.status != HTTPStatus.NOT_FOUND:
            raise
        return None
    resources = read_object(answer.data, "rate limit", "resources")["resources"]
    core = read_object(
        read_object(resources, "rate limit", "core")["core"],
        "rate limit",
        "limit",
        "remaining",
        "reset",
    )
    return {
        "limit": int(core["limit"]),
        "remaining": int(core["remaining"]),
        "resets_at": datetime.fromtimestamp(int(core["reset"]), UTC),
    }
