"""Note who changed what: before it is done, so that a kill loses no line."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import structlog

from access.models import Change
from access.roles import role_of

if TYPE_CHECKING:
    from django.contrib.auth.models import User

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Deed:
    """What somebody asks for.

    Attributes:
        user: Who.
        token_name: Of the token that it is asked by; empty on a page.
        did: What, as it follows "to".
        path: The address that is posted to, without its query.
        at: When.
    """

    user: "User"
    token_name: str
    did: str
    path: str
    at: datetime


def open_change(deed: Deed) -> Change:
    """Note that somebody is about to change something; `close_change` or `drop_change` follows."""
    change = _line_of(deed, is_open=True)
    change.save(force_insert=True)
    return change


def close_change(change: Change) -> None:
    """Note that what was about to be changed is changed."""
    Change.objects.filter(pk=change.pk).update(is_open=False)
    _log("access.change_made", change)


def drop_change(change: Change) -> None:
    """Take a line back: nothing was changed after all."""
    Change.objects.filter(pk=change.pk).delete()


def note_refusal(deed: Deed) -> None:
    """Note that the account's role did not allow it."""
    change = _line_of(deed, is_refused=True)
    change.save(force_insert=True)
    _log("access.change_refused", change)


def _line_of(deed: Deed, *, is_open: bool = False, is_refused: bool = False) -> Change:
    return Change(
        user=deed.user,
        username=deed.user.get_username(),
        role=role_of(deed.user) or "",
        token_name=deed.token_name,
        did=deed.did[: Change.DID_CHARS],
        # PostgreSQL stores no NUL, which an address may name.
        path=deed.path[: Change.PATH_CHARS].replace("\0", "\N{REPLACEMENT CHARACTER}"),
        is_refused=is_refused,
        is_open=is_open,
        at=deed.at,
    )


def _log(event: str, change: Change) -> None:
    log.info(
        event,
        user_id=change.user_id,
        token_name=change.token_name,
        did=change.did,
        path=change.path,
    )
