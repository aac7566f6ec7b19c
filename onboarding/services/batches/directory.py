"""The company directory as the preflight asks it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core import directory
from ghkit.errors import (
    DirectoryAnswerUnreadable,
    DirectoryRejected,
    DirectoryUnavailable,
    PersonUnknown,
)
from onboarding.enums import CheckCode
from onboarding.services.batches.creating import check

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Company:
    """What the directory says of somebody: a record, or a finding why there is none."""

    record: Mapping[str, object] | None = None
    check: dict[str, Any] | None = None


def look_up(*, login: str, github_id: int) -> Company:
    """Ask the directory; it never raises, for a directory that is away holds up no report.

    Only that it does not know the person, or tells nonsense, stands in the way. Where it cannot be
    asked from here, the execution asks it.
    """
    try:
        record = directory.directory().find(login=login, github_id=github_id)
    except PersonUnknown:
        text = f"The company directory knows no {login}."
        return Company(check=check(CheckCode.NOT_IN_DIRECTORY, text, blocks=True))
    except DirectoryAnswerUnreadable as exc:
        text = f"The directory's record of {login} cannot be read: {exc}."
        return Company(check=check(CheckCode.DIRECTORY_UNREADABLE, text, blocks=True))
    except directory.DirectoryNotConfigured as exc:
        text = f"Directory not checked: {exc}"
        return Company(check=check(CheckCode.DIRECTORY_AWAY, text, blocks=False))
    except (DirectoryUnavailable, DirectoryRejected) as exc:
        text = f"Directory not checked, it is asked again when it runs: {exc}."
        return Company(check=check(CheckCode.DIRECTORY_AWAY, text, blocks=False))
    return Company(record={**record})
