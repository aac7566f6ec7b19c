"""Note who changed what."""

from datetime import datetime
from typing import TYPE_CHECKING

import structlog

from access.models import Change
from access.roles import role_of

if TYPE_CHECKING:
    from django.contrib.auth.models import User

log = structlog.get_logger(__name__)


def note_change(
    *, user: "User", token_name: str, did: str, path: str, is_refused: bool, now: datetime
) -> None:
    """Note that somebody changed something, or was refused to.

    Args:
        user: Who.
        token_name: Of the token that it was done by; empty on a page.
        did: What, as it follows "to".
        path: The address that was posted to, without its query.
        is_refused: Whether the account's role did not allow it.
        now: The present.
    """
    Change.objects.create(
        user=user,
        username=user.get_username(),
        role=role_of(user) or "",
        token_name=token_name,
        did=did[: Change.DID_CHARS],
        # PostgreSQL stores no NUL, which an address may name.
        path=path[: Change.PATH_CHARS].replace("\0", "\N{REPLACEMENT CHARACTER}"),
        is_refused=is_refused,
        at=now,
    )
    log.info(
        "access.change_refused" if is_refused else "access.change_made",
        user_id=user.pk,
        token_name=token_name,
        did=did,
        path=path,
    )
