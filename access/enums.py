"""What an account may do."""

from django.db import models


class Role(models.TextChoices):
    """Three steps, each of which may do what the one before may."""

    VIEWER = "viewer", "Viewer"
    OPERATOR = "operator", "Operator"
    ADMIN = "admin", "Administrator"

    def includes(self, other: "Role") -> bool:
        """Whether it may do all that the other may."""
        steps = list(Role)
        return steps.index(self) >= steps.index(other)

    @property
    def may(self) -> str:
        """Say what the role is for."""
        return {
            Role.VIEWER: "reads everything, changes nothing",
            Role.OPERATOR: "also retries, stops, starts, replays and onboards",
            Role.ADMIN: "also changes team rules, filters, the directory and accounts",
        }[self]
