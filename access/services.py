"""Issue and check API tokens, throttle sign-ins, set up accounts."""

import hashlib
import hmac
import ipaddress
import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import structlog
from django.contrib.auth import get_user_model, password_validation
from django.db import IntegrityError, OperationalError, transaction
from django.db.models import F, Q
from django.utils.crypto import salted_hmac

from access.models import SHOWN_CHARS, ApiToken, SignInWindow
from core.errors import Conflict, DomainError, NotFound

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, User

log = structlog.get_logger(__name__)

# Tells people and secret scanners what a found string is.
TOKEN_PREFIX = "ghadmin_"  # noqa: S105 -- the public part
TOKEN_BYTES = 32
# "Last used" is for seeing which tokens are idle; a write per request would buy nothing.
LAST_USED_PRECISION = timedelta(minutes=1)

# A person mistypes a few times; a guesser at this pace tries 480 passwords a day.
SIGN_IN_TRIES = 5
SIGN_IN_WINDOW = timedelta(minutes=15)
# Against one password tried on many accounts. An office behind one address stays far below.
SIGN_IN_TRIES_PER_ADDRESS = 50


class TokenNameTaken(Conflict):
    """The user has a token of that name already."""

    code = "token_name_taken"


class TooManySignIns(DomainError):
    """Too many failed sign-ins; the password was not even looked at.

    Attributes:
        retry_at: When trying again makes sense.
    """

    code = "too_many_sign_ins"
    status_code = 429

    def __init__(self, retry_at: datetime) -> None:
        super().__init__("Too many failed attempts to sign in.")
        self.retry_at = retry_at


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


def admit_sign_in(*, account: str, address: str, now: datetime) -> None:
    """Count a try to sign in before the password is looked at, so that a burst cannot slip through.

    `forgive_sign_in` takes it back when the password was right.

    Raises:
        TooManySignIns: The account from this address, or the address alone, used up its tries. The
            same for accounts that exist and that do not.
    """
    SignInWindow.objects.filter(starts_at__lte=now - SIGN_IN_WINDOW).delete()
    for key, limit in _limits(account, address):
        window, _ = SignInWindow.objects.get_or_create(key=key, defaults={"starts_at": now})
        counted = SignInWindow.objects.filter(key=key, tries__lt=limit).update(
            tries=F("tries") + 1
        )
        # Gone means that a sign-in of this moment was right and took the count away.
        if not counted and SignInWindow.objects.filter(key=key).exists():
            log.warning("access.sign_in_throttled", address=address)
            raise TooManySignIns(window.starts_at + SIGN_IN_WINDOW)


def forgive_sign_in(*, account: str, address: str) -> None:
    """Forget the failures of an account that signed in, and the successful try of its address."""
    (account_key, _), (address_key, _) = _limits(account, address)
    SignInWindow.objects.filter(key=account_key).delete()
    SignInWindow.objects.filter(key=address_key, tries__gt=0).update(tries=F("tries") - 1)


def _limits(account: str, address: str) -> tuple[tuple[str, int], tuple[str, int]]:
    network = _network(address)
    # The account's limit comes first: who has used it up does not use up the office's as well.
    return (
        (_key("account", account.strip().casefold(), network), SIGN_IN_TRIES),
        (_key("address", network), SIGN_IN_TRIES_PER_ADDRESS),
    )


def _key(*parts: str) -> str:
    return salted_hmac("access.sign_in", "\0".join(parts), algorithm="sha256").hexdigest()


def _network(address: str) -> str:
    # Whoever has one IPv6 address has the 2^64 of its network.
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    return (
        str(ipaddress.ip_network((parsed, 64), strict=False)) if parsed.version == 6 else address
    )


@transaction.atomic
def ensure_admin(*, username: str, password: str) -> str:
    """Make sure that an active administrator of that name has that password.

    Returns:
        `created`, `updated` or `unchanged`; unchanged keeps open sessions signed in.

    Raises:
        django.core.exceptions.ValidationError: The password is too weak.
    """
    users = get_user_model()
    user: User | None = users.objects.filter(username=username).first()
    outcome = "updated"
    if user is None:
        user, outcome = users(username=username), "created"
    elif user.is_active and user.is_superuser and user.check_password(password):
        return "unchanged"
    password_validation.validate_password(password, user)
    user.is_active = user.is_staff = user.is_superuser = True
    user.set_password(password)
    user.save()
    log.info("access.admin_ensured", user_id=user.pk, outcome=outcome)
    return outcome
