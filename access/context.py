"""What every template knows of the account that looks."""

from django.http import HttpRequest
from django.utils.functional import cached_property

from access.enums import Role
from access.roles import role_of


class May:
    """What the account may do; pages leave out, or explain, what it may not.

    Nobody is asked who it is before a template wants to know: the page of a failure is made while
    the database is away.
    """

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    @cached_property
    def role(self) -> Role | None:
        """The account's; None for a stranger."""
        # A request that middleware refused early has no user yet.
        user = getattr(self._request, "user", None)
        return role_of(user) if user is not None else None

    @property
    def operate(self) -> bool:
        """Whether it retries, stops, starts, replays and onboards."""
        return self._is(Role.OPERATOR)

    @property
    def administer(self) -> bool:
        """Whether it changes rules, filters, the directory and accounts."""
        return self._is(Role.ADMIN)

    def _is(self, least: Role) -> bool:
        return self.role is not None and self.role.includes(least)


def may(request: HttpRequest) -> dict[str, May]:
    """Give templates `may.operate`, `may.administer` and `may.role`."""
    return {"may": May(request)}
