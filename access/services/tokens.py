"""Issue, revoke and find API tokens."""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import structlog
from django.db import IntegrityError, OperationalError, transaction
from django.db.models import Q

from access.models import SHOWN_CHARS, ApiToken
from core.errors import Conflict, NotFound

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

log = structlog.get_logger(__name__)

# Tells people and secret scanners what a found string is.
TOKEN_PREFIX = "ghadmin_"  # noqa: S105 -- the public part
TOKEN_BYTES = 32
# "Last used" is for seeing which tokens are idle; a write per request would buy nothing.
LAST_USED_PRECISION = timedelta(minutes=1)


class TokenNameTaken(Conflict):
    """The user has a token of that name already."""

    code = "token_name_taken"


def digest_of(secret: str) -> str:
    """Hash a token for storage and look-up."""
    return hashlib.sha256(secret.encode()).hexdigest()


@transaction.atomic
def issue_token(
    *,
    user: "AbstractBaseUser",
    name: str,
    lifetime: timedelta | None,
    now: datetime,
    is_replacing: bool = False,
) -> tuple[ApiToken, str]:
    """Create a token and return it with its secret, which cannot be had again.

    Args:
        user: Whom the token stands for.
        name: What the token is for; once per user.
        lifetime: How long it works; None for ever.
        now: The present.
        is_replacing: Whether a token of that name is revoked in favour of this one.

    Raises:
        TokenNameTaken: The user has a token of that name.
    """
    if is_replacing:
        ApiToken.objects.filter(user_id=user.pk, name=name).delete()
    secret = TOKEN_PREFIX + secrets.token_urlsafe(TOKEN_BYTES)
    token = ApiToken(
        user_id=user.pk,
        name=name,
        digest=digest_of(secret),
        shown=secret[:SHOWN_CHARS],
        created_at=now,
        expires_at=now + lifetime if lifetime else None,
    )
    try:
        with transaction.atomic():
            token.save(force_insert=True)
    except IntegrityError as error:
        if not ApiToken.objects.filter(user_id=user.pk, name=name).exists():
            raise
        message = f"You have a token named “{name}” already."
        raise TokenNameTaken(message) from error
    log.info("access.token_issued", token_id=str(token.public_id), user_id=user.pk)
    return token, secret


@transaction.atomic
def revoke_token(*, user: "AbstractBaseUser", public_id: UUID) -> str:
    """Delete a user's own token and return its name; it stops working at once.

    Raises:
        NotFound: The user has no such token (whether another one has it is not said).
    """
    token = ApiToken.objects.filter(user_id=user.pk, public_id=public_id).first()
    if token is None:
        message = "You have no such token."
        raise NotFound(message)
    token.delete()
    log.info("access.token_revoked", token_id=str(public_id), user_id=user.pk)
    return token.name


def find_token(*, secret: str, now: datetime) -> ApiToken | None:
    """Find the valid token of a secret, with its user, and note that it was used.

    None for an unknown or expired one and for a user who is not active, without saying which. The
    look-up goes by hash, so its timing tells nothing about any secret; the comparison is constant.
    """
    digest = digest_of(secret)
    token = ApiToken.objects.select_related("user").filter(digest=digest).first()
    if token is None or not hmac.compare_digest(token.digest, digest):
        return None
    if token.is_expired(now) or not token.user.is_active:
        return None
    _note_use(token, now)
    return token


def _note_use(token: ApiToken, now: datetime) -> None:
    before = now - LAST_USED_PRECISION
    if token.last_used_at is not None and token.last_used_at > before:
        return
    stale = Q(last_used_at=None) | Q(last_used_at__lte=before)
    try:
        ApiToken.objects.filter(stale, pk=token.pk).update(last_used_at=now)
    except OperationalError:
        # The database is busy writing: a read must not fail for the sake of this note.
        log.warning("access.token_use_not_noted", token_id=str(token.public_id))
