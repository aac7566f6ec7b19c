"""Storing who is to be onboarded, with what is wrong already on paper."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import structlog
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.db import transaction

from core import work
from core.errors import DomainError
from onboarding.enums import BatchSource, BatchState, CheckCode, RowState
from onboarding.models.batches import LOGIN_GIVEN_CHARS, Batch, Row

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from django.contrib.auth.models import User

log = structlog.get_logger(__name__)

PEOPLE_MAX: Final = 5_000
"""In one batch. One transaction of about 0.1 s on SQLite, whose other writers wait meanwhile."""

ERROR_JOINT: Final = " "

_PROFILE: Final = re.compile(
    r"\A(?:https?://)?(?:www\.)?github\.com/([^/\s?#]+)/?\Z", re.IGNORECASE
)
# What `ghkit.github` lets into a path; GitHub itself says whether there is such a user.
_LOGIN: Final = re.compile(r"(?!\.{1,2}\Z)[A-Za-z0-9._-]{1,100}", re.ASCII)
_is_email = EmailValidator()


class NobodyNamed(DomainError):
    """The list is empty."""

    code = "nobody_named"


class TooManyPeople(DomainError):
    """More people than one batch takes."""

    code = "too_many_people"
    status_code = 413


class OrganizationUnnamed(DomainError):
    """Neither the request nor GITHUB_ORG says which organisation it is about."""

    code = "organization_unnamed"


@dataclass(frozen=True, slots=True)
class Named:
    """One person as somebody named them.

    Attributes:
        number: The row of the file or the place in the list, from 1; unique within a batch.
        login: As it was given.
        email: As it was given, if at all.
        problems: What the reader of the file could not make out in this row.
    """

    number: int
    login: str
    email: str = ""
    problems: tuple[str, ...] = ()


def create_batch(
    *,
    organization: str,
    people: Sequence[Named],
    source: BatchSource,
    user: User | None,
    now: datetime,
    title: str = "",
    is_confirmed: bool = False,
    repeats: bool = False,
) -> Batch:
    """Store a batch and have it checked; nothing is asked of anybody yet.

    Args:
        organization: Its login; GITHUB_ORG where empty.
        people: In order.
        source: How they were named.
        user: Who asked for it.
        now: When.
        title: The file's name.
        is_confirmed: Whether it runs as soon as it is checked.
        repeats: Whether those are onboarded again who have everything already.

    Raises:
        NobodyNamed, TooManyPeople, OrganizationUnnamed: Nothing was stored.
    """
    organization = organization.strip() or settings.GITHUB_ORG
    if not organization:
        message = "Name the organisation, or set GITHUB_ORG."
        raise OrganizationUnnamed(message)
    if not people:
        message = "Nobody is named: the list is empty."
        raise NobodyNamed(message)
    if len(people) > PEOPLE_MAX:
        message = f"{len(people):,} people are more than one onboarding takes ({PEOPLE_MAX:,})."
        raise TooManyPeople(message)
    batch = Batch(
        organization=organization[:100],
        source=source,
        title=_storable(title, 255),
        requested_by=user,
        requested_by_name=user.get_username() if user else "",
        requested_at=now,
        state=BatchState.CHECKING,
        is_confirmed=is_confirmed,
        repeats=repeats,
        updated_at=now,
        not_before=now,
    )
    rows = _rows(batch, people)
    with transaction.atomic():
        batch.save(force_insert=True)
        Row.objects.bulk_create(rows, batch_size=500)
        work.wake(Batch)
    log.info("onboarding.batch_created", batch=str(batch.public_id), people=len(rows))
    return batch


def login_of(given: str) -> str:
    """Read a login out of what people write: `ada`, `@ada`, `https://github.com/ada`."""
    text = given.strip()
    if match := _PROFILE.match(text):
        return match[1]
    return text.removeprefix("@")


def check(code: CheckCode, text: str, *, blocks: bool) -> dict[str, Any]:
    """Make a finding as `Row.checks` keeps it."""
    return {"code": str(code), "text": text, "blocks": blocks}


def error_of(checks: Sequence[dict[str, Any]]) -> str:
    """Join what stands in the way of a person; empty where nothing does."""
    return ERROR_JOINT.join(one["text"] for one in checks if one["blocks"])


def _rows(batch: Batch, people: Sequence[Named]) -> list[Row]:
    earlier: dict[str, Named] = {}
    rows = []
    for person in people:
        checks = checks_on_paper(person, earlier)
        error = error_of(checks)
        rows.append(
            Row(
                batch=batch,
                number=person.number,
                login_given=_storable(person.login, LOGIN_GIVEN_CHARS),
                email_given=_storable(person.email, 320).strip(),
                checks=checks,
                state=RowState.FAILED if error else RowState.CHECKING,
                error=error,
                work_state=work.WorkState.DONE,
            )
        )
    return rows


def checks_on_paper(person: Named, earlier: dict[str, Named]) -> list[dict[str, Any]]:
    """Find what is wrong with a row before anybody is asked about it."""
    found = [check(CheckCode.CELL, text, blocks=True) for text in person.problems]
    login = login_of(person.login)
    if not login and found:
        pass  # the cell's problem has been told
    elif not login:
        found.append(check(CheckCode.NO_LOGIN, "There is no login.", blocks=True))
    elif any(character.isspace() for character in login):
        text = f"“{_short(login)}” has a space in it; a GitHub login has none."
        found.append(check(CheckCode.LOGIN_MALFORMED, text, blocks=True))
    elif not _LOGIN.fullmatch(login):
        text = f"“{_short(login)}” cannot be a login: only letters, digits and hyphens can."
        found.append(check(CheckCode.LOGIN_MALFORMED, text, blocks=True))
    else:
        first = earlier.setdefault(login.casefold(), person)
        if first is not person:
            found.append(duplicate_of(first.number, first.login, person.login))
    email = person.email.strip()
    if email and not _is_address(email):
        text = f"“{_short(email)}” is not an e-mail address."
        found.append(check(CheckCode.EMAIL_MALFORMED, text, blocks=True))
    return found


def duplicate_of(number: int, spelled_there: str, spelled_here: str) -> dict[str, Any]:
    """Say that a row names somebody whom an earlier one names."""
    text = f"Row {number} names the same person"
    there = spelled_there.strip()
    text += "." if there == spelled_here.strip() else f", spelled “{_short(there)}”."
    return check(CheckCode.DUPLICATE, text, blocks=True)


def _is_address(text: str) -> bool:
    try:
        _is_email(text)
    except ValidationError:
        return False
    return len(text) <= 320


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}…"


def _storable(text: str, length: int) -> str:
    """Cut a text to what is kept; PostgreSQL stores no NUL."""
    return text.replace("\0", "�")[:length]
