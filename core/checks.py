"""System checks that name a half-set integration before the first request does.

`manage.py` runs them; the web process and the worker call `require_sound_settings` at their start.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register, run_checks  # noqa: A004 -- Django's name
from django.core.exceptions import ImproperlyConfigured

# A SHA-256 HMAC is as strong as its key; GitHub's form takes any text.
MIN_SECRET_LENGTH = 16
MIN_RETENTION_DAYS = 7


def require_sound_settings() -> None:
    """Stop the start of a process whose settings contradict each other.

    Raises:
        ImproperlyConfigured: With every error, one a line.
    """
    errors = [found for found in run_checks() if found.is_serious() and not found.is_silenced()]
    if errors:
        raise ImproperlyConfigured("\n".join(str(error) for error in errors))


@register(Tags.security)
def check_secret_key(**_: Any) -> list[CheckMessage]:
    """Name a missing SECRET_KEY; sessions and CSRF tokens are signed with it."""
    try:
        if settings.SECRET_KEY:
            return []
    except ImproperlyConfigured:  # how Django answers for an empty one
        pass
    return [
        Error(
            "SECRET_KEY is not set: sessions and CSRF tokens are signed with it.",
            hint="Set SECRET_KEY or SECRET_KEY_FILE to at least 50 random characters.",
            id="ghadmin.E001",
        )
    ]


@register()
def check_github_app(**_: Any) -> list[CheckMessage]:
    """Name the missing half of the GitHub App's identity."""
    if bool(settings.GITHUB_APP_ID) == bool(settings.GITHUB_APP_PRIVATE_KEY):
        return []
    missing = "GITHUB_APP_PRIVATE_KEY" if settings.GITHUB_APP_ID else "GITHUB_APP_ID"
    return [
        Error(
            f"{missing} is not set, but its other half is.",
            hint="GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY (or _FILE) belong together.",
            id="ghadmin.E002",
        )
    ]


@register()
def check_webhook_secret(**_: Any) -> list[CheckMessage]:
    """Name a webhook secret that is missing, alone in its rotation, or too short to be one."""
    new, old = settings.GITHUB_WEBHOOK_SECRET, settings.GITHUB_WEBHOOK_SECRET_OLD
    if old and not new:
        return [
            Error(
                "GITHUB_WEBHOOK_SECRET_OLD is set without GITHUB_WEBHOOK_SECRET.",
                hint="While rotating both are set; afterwards only GITHUB_WEBHOOK_SECRET.",
                id="ghadmin.E003",
            )
        ]
    if not new:
        return [
            Warning(
                "GITHUB_WEBHOOK_SECRET is not set: every webhook is answered with 503.",
                hint="Set it (or GITHUB_WEBHOOK_SECRET_FILE) to the secret of the GitHub App.",
                id="ghadmin.W001",
            )
        ]
    return [
        Warning(
            f"{name} is shorter than {MIN_SECRET_LENGTH} characters: it can be guessed offline.",
            id="ghadmin.W002",
        )
        for name in ("GITHUB_WEBHOOK_SECRET", "GITHUB_WEBHOOK_SECRET_OLD")
        if 0 < len(getattr(settings, name)) < MIN_SECRET_LENGTH
    ]


@register()
def check_urls(**_: Any) -> list[CheckMessage]:
    """Name a base URL that is none."""
    return [
        Error(f"{name} is not an http(s) URL: {value!r}.", id="ghadmin.E004")
        for name in ("GITHUB_API_URL", "AWS_ENDPOINT_URL")
        if (value := getattr(settings, name)) and not _is_http_url(value)
    ]


@register()
def check_stack(**_: Any) -> list[CheckMessage]:
    """Name an empty stack or region: nothing in AWS would be found."""
    return [
        Error(f"{name} is empty.", id="ghadmin.E005")
        for name in ("GHADMIN_STACK", "AWS_REGION")
        if not getattr(settings, name)
    ]


@register()
def check_retention(**_: Any) -> list[CheckMessage]:
    """Name periods that would remove what recovery still compares, or rows before their bodies."""
    bodies, rows = settings.DELIVERY_BODY_RETENTION_DAYS, settings.DELIVERY_RETENTION_DAYS
    found: list[CheckMessage] = []
    if bodies < MIN_RETENTION_DAYS:
        found.append(
            Error(
                f"DELIVERY_BODY_RETENTION_DAYS is {bodies}; {MIN_RETENTION_DAYS} is the least.",
                hint="GitHub's log reaches three days back, and is compared with what is here.",
                id="ghadmin.E006",
            )
        )
    if rows < bodies:
        found.append(
            Error(
                f"DELIVERY_RETENTION_DAYS ({rows}) is shorter than"
                f" DELIVERY_BODY_RETENTION_DAYS ({bodies}).",
                hint="A delivery is removed with its body at the latest.",
                id="ghadmin.E006",
            )
        )
    return found


@register()
def check_recovery(**_: Any) -> list[CheckMessage]:
    """Name a pace of recovery that is none."""
    return [
        Error(f"{name} must be above 0.", id="ghadmin.E007")
        for name in ("RECOVERY_EVERY_S", "GITHUB_REDELIVERIES_PER_MINUTE")
        if getattr(settings, name) <= 0
    ]


def _is_http_url(value: str) -> bool:
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.netloc)
