"""Throttle sign-ins, by account and by address."""

import ipaddress
from datetime import datetime, timedelta

import structlog
from django.db.models import F
from django.utils.crypto import salted_hmac

from access.models import SignInWindow
from core.errors import DomainError

log = structlog.get_logger(__name__)

# A person mistypes a few times; a guesser at this pace tries 480 passwords a day.
SIGN_IN_TRIES = 5
SIGN_IN_WINDOW = timedelta(minutes=15)
# Against one password tried on many accounts. An office behind one address stays far below.
SIGN_IN_TRIES_PER_ADDRESS = 50


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
