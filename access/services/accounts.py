"""Create accounts, give them roles, shut and open them."""

import secrets
from typing import TYPE_CHECKING

import structlog
from django.contrib.auth import get_user_model, password_validation
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from access.enums import Role
from access.roles import flags_of, role_of
from core.errors import Conflict, NotFound

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

log = structlog.get_logger(__name__)

# Typed once by a person who then chooses their own: 96 bits, no letters to confuse.
_FIRST_PASSWORD_BYTES = 12


class UsernameTaken(Conflict):
    """An account of that name exists, perhaps in other capitals."""

    code = "username_taken"


class LastAdmin(Conflict):
    """Nobody would be left who could give roles."""

    code = "last_admin"


def new_password() -> str:
    """Make a password for its owner's first sign-in."""
    return secrets.token_hex(_FIRST_PASSWORD_BYTES)


@transaction.atomic
def create_account(*, username: str, role: Role, password: str) -> User:
    """Create an account.

    Raises:
        UsernameTaken: There is an account of that name, in whatever capitals.
    """
    message = f"There is an account named “{username}” already."
    if User.objects.filter(username__iexact=username).exists():
        raise UsernameTaken(message)
    user = User(username=username, **flags_of(role))
    user.set_password(password)
    try:
        with transaction.atomic():
            user.save(force_insert=True)
    except IntegrityError as error:
        raise UsernameTaken(message) from error
    log.info("access.account_created", account_id=user.pk, role=role.value)
    return user


@transaction.atomic
def set_role(*, username: str, role: Role) -> User:
    """Give an account a role; its sessions and tokens have it from their next request on.

    Raises:
        LastAdmin: It is the only active administrator, and would be none any more.
        NotFound: There is no such account.
    """
    user = _locked(username)
    if role != Role.ADMIN:
        _refuse_last_admin(user)
    for flag, value in flags_of(role).items():
        setattr(user, flag, value)
    user.save(update_fields=["is_staff", "is_superuser"])
    log.info("access.role_given", account_id=user.pk, role=role.value)
    return user


@transaction.atomic
def set_active(*, username: str, is_active: bool) -> User:
    """Shut an account, which ends its sessions and stops its tokens at once, or open it again.

    Raises:
        LastAdmin: It is the only active administrator.
        NotFound: There is no such account.
    """
    user = _locked(username)
    if not is_active:
        _refuse_last_admin(user)
    user.is_active = is_active
    user.save(update_fields=["is_active"])
    log.info("access.account_opened" if is_active else "access.account_shut", account_id=user.pk)
    return user


@transaction.atomic
def reset_password(*, username: str, password: str) -> User:
    """Give an account another password; its sessions end, its tokens go on.

    Raises:
        NotFound: There is no such account.
    """
    user = _locked(username)
    user.set_password(password)
    user.save(update_fields=["password"])
    log.info("access.password_reset", account_id=user.pk)
    return user


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
    elif user.is_active and role_of(user) == Role.ADMIN and user.check_password(password):
        return "unchanged"
    password_validation.validate_password(password, user)
    user.is_active = True
    for flag, value in flags_of(Role.ADMIN).items():
        setattr(user, flag, value)
    user.set_password(password)
    user.save()
    log.info("access.admin_ensured", user_id=user.pk, outcome=outcome)
    return outcome


def _locked(username: str) -> User:
    # Two administrators who demote each other at one moment would leave nobody: all administrators
    # are locked first, in one order (on SQLite the transaction already has the only write lock).
    list(User.objects.select_for_update().filter(is_superuser=True).order_by("pk"))
    # An address may name NUL, which PostgreSQL does not take, not even in a question.
    named = User.objects.select_for_update().filter(username=username)
    user = None if "\0" in username else named.first()
    if user is None:
        message = f"There is no account named “{username}”."
        raise NotFound(message)
    return user


def _refuse_last_admin(user: "AbstractBaseUser") -> None:
    admins = User.objects.filter(is_superuser=True, is_active=True)
    if role_of(user) == Role.ADMIN and not admins.exclude(pk=user.pk).exists():
        message = "This is the only active administrator: make somebody else one first."
        raise LastAdmin(message)
