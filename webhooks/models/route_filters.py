"""What an administrator lets through of a route."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from ghkit.route_filters import Filter, Patterns


class RouteFilter(models.Model):
    """The patterns of one route; without a row everything is let through."""

    event = models.CharField(max_length=64)
    action = models.CharField(max_length=100, blank=True)
    # {"branches": {"include": ["main"], "exclude": []}}; see ghkit.route_filters.
    patterns = models.JSONField(default=dict)
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["event", "action"], name="route_filter_once_a_route")
        ]

    def __str__(self) -> str:
        return f"{self.event}.{self.action}"

    @property
    def filter(self) -> Filter:
        """The patterns by field, as `ghkit.route_filters` takes them."""
        return {
            field: Patterns(tuple(both.get("include", ())), tuple(both.get("exclude", ())))
            for field, both in self.patterns.items()
        }
