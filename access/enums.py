"""What an account may do."""

from django.db import models


class Role(models.TextChoices):
    """Three steps, each of which may do what the one before may."""

    VIEWER = "viewer", "Viewer"
    OPERATOR = "operator", "Operator"
    ADMIN = "admin", "Administrator"

    @property
    def step(self) -> int:
        """How far up the role stands, from 0."""
        return list(type(self)).index(self)

    @property
    def may(self) -> str:
        """Say what the role is for."""
        return {
            Role.VIEWER: "reads everything, changes nothing",
            Role.OPERATOR: "also retries, stops, starts, replays and onboards",
            Role.ADMIN: "also changes team rules, filters, the directory and accounts",
        }[self]
