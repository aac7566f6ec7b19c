"""The company directory as the dashboard asks it before it starts anything."""

from __future__ import annotations

from django.conf import settings

from core.errors import DomainError
from ghkit.directory import Directory, parse_fields
from ghkit.errors import DirectoryRejected


class DirectoryNotConfigured(DomainError):
    """The dashboard has no company directory: set COMPANY_DIRECTORY_URL."""

    code = "directory_not_configured"


def directory() -> Directory:
    """Return the HTTP directory of the settings; nothing is sent yet.

    Raises:
        DirectoryNotConfigured: There is none, or its URL or mapping cannot be used.
    """
    if not settings.COMPANY_DIRECTORY_URL:
        message = "The company directory is not known to the dashboard."
        raise DirectoryNotConfigured(message)
    try:
        return Directory(
            settings.COMPANY_DIRECTORY_URL,
            settings.COMPANY_DIRECTORY_TOKEN,
            parse_fields(settings.COMPANY_DIRECTORY_FIELDS),
        )
    except DirectoryRejected as exc:
        message = f"The company directory cannot be asked: {exc}."
        raise DirectoryNotConfigured(message) from exc
