"""The company directory as the dashboard asks it before it starts anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings

from core.aws import dynamodb, stack
from core.aws.errors import AwsError
from core.errors import DomainError
from ghkit.directory import Directory, parse_fields, parse_record
from ghkit.errors import DirectoryRejected, DirectoryUnavailable, PersonUnknown

if TYPE_CHECKING:
    from ghkit.directory import CompanyRecord


class DirectoryNotConfigured(DomainError):
    """The dashboard has no company directory: set COMPANY_DIRECTORY_URL."""

    code = "directory_not_configured"


class UploadedDirectory:
    """DirectoryTable, read as the state machine's FetchCompanyInfo reads it."""

    def find(self, *, login: str, github_id: int | str) -> CompanyRecord:  # noqa: ARG002 -- as Directory
        """Read one person's record as it is now.

        Raises:
            PersonUnknown: The table has no such person.
            DirectoryUnavailable: AWS did not answer, or not with the item.
            DirectoryAnswerUnreadable: The record makes no sense.
        """
        try:
            item = dynamodb.get_item(stack.output("DirectoryTable"), {"login": login.lower()})
        except AwsError as exc:
            message = f"the table of the directory cannot be read: {exc}"
            raise DirectoryUnavailable(message) from exc
        if item is None:
            message = f"the company directory does not know {login}"
            raise PersonUnknown(message)
        return parse_record(str(item.get("record")))


def provider() -> str:
    """Tell what the deployed stack asks: `http`, `table`, or "" where that is not known."""
    try:
        return stack.output("CompanyDirectory")
    except AwsError:
        return ""


def directory() -> Directory | UploadedDirectory:
    """Return the HTTP directory of the settings, else the table where the stack asks that one.

    Raises:
        DirectoryNotConfigured: There is neither, or the URL or mapping cannot be used.
    """
    if not settings.COMPANY_DIRECTORY_URL:
        if provider() == "table":
            return UploadedDirectory()
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
