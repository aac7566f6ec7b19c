"""Who may do what: the one rule that pages and the REST API go by.

A view says what it takes by `@needs(...)`. A view that says nothing lets everybody who is signed in
read, and administrators alone change something: whoever forgets it shuts a door, and opens none.
`access.middleware` asks here for the pages, `access.permissions` for the REST API.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

from access.enums import Role

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
V = TypeVar("V", bound=Callable[..., Any])


@dataclass(frozen=True)
class Need:
    """What it takes to use a view.

    Attributes:
        role: The least role that may.
        to: What is done by it, as it follows "to": "retry an execution".
        also_to_read: Whether reading takes that role as well.
    """

    role: Role
    to: str
    also_to_read: bool = False

    def allows(self, user: AbstractBaseUser | AnonymousUser, method: str) -> bool:
        """Whether `user`, who is signed in, may send a request of that method."""
        if method in SAFE_METHODS and not self.also_to_read:
            return True
        role = role_of(user)
        return role is not None and role.includes(self.role)


UNSTATED = Need(Role.ADMIN, "change this")


def needs(role: Role, *, to: str, also_to_read: bool = False) -> Callable[[V], V]:
    """Say what a view takes; stands on functions and on classes of views."""

    def state(view: V) -> V:
        view.need = Need(role, to, also_to_read)  # type: ignore[attr-defined]
        return view

    return state


def need_of(view: Any) -> Need:
    """Tell what a view takes: the function's own word, else its class's, else the careful default."""
    by_class = getattr(view, "cls", None) or getattr(view, "view_class", None)
    need = getattr(view, "need", None) or getattr(by_class, "need", UNSTATED)
    return need if isinstance(need, Need) else UNSTATED


def role_of(user: AbstractBaseUser | AnonymousUser) -> Role | None:
    """Tell the role of an account; None for a stranger.

    The role is kept in Django's own two flags, which every account has and every request has read.
    """
    if not user.is_authenticated:
        return None
    if getattr(user, "is_superuser", False):
        return Role.ADMIN
    return Role.OPERATOR if getattr(user, "is_staff", False) else Role.VIEWER


def flags_of(role: Role) -> dict[str, bool]:
    """Give the flags that make an account's role."""
    return {"is_superuser": role == Role.ADMIN, "is_staff": role != Role.VIEWER}
