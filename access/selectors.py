"""Questions about accounts, tokens, roles and the audit."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User
from django.db.models import Count, QuerySet

from access.enums import Role
from access.models import ApiToken, Change
from access.roles import Need, role_of

# A refusal names whom to ask; with more administrators than this, the first by name.
_NAMED_ADMINS = 3


@dataclass(frozen=True)
class TokenRow:
    """A token as its owner's list shows it."""

    public_id: UUID
    name: str
    shown: str
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None
    is_expired: bool


def tokens_of(*, user: AbstractBaseUser, now: datetime) -> list[TokenRow]:
    """List a user's tokens, the newest first; their secrets are known to nobody."""
    return [
        TokenRow(
            public_id=token.public_id,
            name=token.name,
            shown=token.shown,
            created_at=token.created_at,
            last_used_at=token.last_used_at,
            expires_at=token.expires_at,
            is_expired=token.is_expired(now),
        )
        for token in ApiToken.objects.filter(user_id=user.pk).order_by("-created_at", "-pk")
    ]


@dataclass(frozen=True)
class Refusal:
    """Why an account may not do something, and who can change that.

    Attributes:
        to: What was asked for, as it follows "to".
        needed: The least role that may.
        role: The account's own.
        admins: Names of administrators, a few.
    """

    to: str
    needed: Role
    role: Role
    admins: list[str]

    @property
    def title(self) -> str:
        """The heart of it."""
        return f"This takes the role {self.needed.label.lower()}"

    @property
    def sentence(self) -> str:
        """All of it in one breath."""
        return (
            f"To {self.to} you need the role {self.needed.label.lower()}; yours is "
            f"{self.role.label.lower()}. {self.whom_to_ask}"
        )

    @property
    def whom_to_ask(self) -> str:
        """Name who gives roles."""
        if not self.admins:
            return "No account is an administrator's: `manage.py create_admin` makes one."
        return f"An administrator gives roles: {', '.join(self.admins)}."


def refusal(*, need: Need, user: AbstractBaseUser | AnonymousUser) -> Refusal:
    """Say why `user` may not do what takes `need`."""
    admins = User.objects.filter(is_superuser=True, is_active=True).order_by("username")
    return Refusal(
        to=need.to,
        needed=need.role,
        role=role_of(user) or Role.VIEWER,
        admins=list(admins.values_list("username", flat=True)[:_NAMED_ADMINS]),
    )


@dataclass(frozen=True)
class AccountRow:
    """An account as the administrators' list shows it."""

    username: str
    role: Role
    is_active: bool
    last_login: datetime | None
    joined_at: datetime
    tokens: int
    is_self: bool


def accounts(*, seen_by: AbstractBaseUser) -> list[AccountRow]:
    """List the accounts: those that may sign in first, by name."""
    users = User.objects.annotate(tokens=Count("api_tokens")).order_by("-is_active", "username")
    return [
        AccountRow(
            username=user.username,
            role=role_of(user) or Role.VIEWER,
            is_active=user.is_active,
            last_login=user.last_login,
            joined_at=user.date_joined,
            tokens=user.tokens,
            is_self=user.pk == seen_by.pk,
        )
        for user in users
    ]


def changes(*, username: str = "", shown: str = "") -> QuerySet[Change]:
    """List who changed what, the latest first.

    Args:
        username: Of this account alone; empty means of all.
        shown: "refused" lists what was refused, "open" what is not known to have ended.
    """
    found = Change.objects.order_by("-pk")
    if username:
        found = found.filter(username=username)
    if shown == "refused":
        return found.filter(is_refused=True)
    return found.filter(is_open=True) if shown == "open" else found
