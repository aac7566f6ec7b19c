"""Questions about accounts and tokens."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser

from access.models import ApiToken


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
