"""API tokens, the count of failed sign-ins, and who changed what. Accounts are Django's."""

import uuid
from datetime import datetime

from django.conf import settings
from django.db import models

from access.enums import Role

# The characters of a token that a list shows, so that a person knows which one it is: the common
# prefix and four of the 43 random ones, which leaves 234 bits to guess.
SHOWN_CHARS = 12


class ApiToken(models.Model):
    """A secret that stands for its user in the REST API; only its SHA-256 is kept.

    A plain hash is enough, and quick: the secret is 256 random bits, so there is no dictionary to
    try. (Passwords are another matter; Django hashes those slowly.)
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens"
    )
    name = models.CharField(max_length=80)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    shown = models.CharField(max_length=SHOWN_CHARS, editable=False)
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "name"], name="access_token_name_once_a_user"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.shown}…)"

    def is_expired(self, now: datetime) -> bool:
        """Whether the token stopped working at or before `now`."""
        return self.expires_at is not None and self.expires_at <= now


class SignInWindow(models.Model):
    """How often signing in was tried since `starts_at`, for one account from one address.

    `key` is a keyed hash: what people type into the name's field is at times their password.
    """

    key = models.CharField(max_length=64, unique=True)
    starts_at = models.DateTimeField(db_index=True)
    tries = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.tries} tries since {self.starts_at:%H:%M:%S}"


class Change(models.Model):
    """One line of the audit: who changed what, by which way in, or was refused to.

    The name and the role are those of that moment; the account may be gone or changed since. A line
    stands before its change is made, so that none is made without one; it stays open where the
    process was killed in between, or the view broke.
    """

    USERNAME_CHARS = 150  # Django's own limit
    DID_CHARS = 120
    PATH_CHARS = 300

    at = models.DateTimeField()
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    username = models.CharField(max_length=USERNAME_CHARS)
    role = models.CharField(max_length=10, choices=Role.choices)
    token_name = models.CharField(max_length=80, blank=True)
    did = models.CharField(max_length=DID_CHARS)
    path = models.CharField(max_length=PATH_CHARS)
    is_refused = models.BooleanField()
    is_open = models.BooleanField(default=False)  # nobody knows yet, or ever, what came of it

    class Meta:
        indexes = [
            models.Index(fields=["username", "id"], name="access_change_by_username"),
            models.Index(
                fields=["id"], condition=models.Q(is_refused=True), name="access_change_refused"
            ),
            models.Index(
                fields=["id"], condition=models.Q(is_open=True), name="access_change_open"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.username}: {self.did}"
