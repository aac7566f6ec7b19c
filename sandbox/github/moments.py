"""Moments as GitHub writes them."""

from datetime import UTC, datetime


def iso(moment: datetime) -> str:
    """A moment as GitHub writes it: `2026-11-23T10:00:00Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment_of(text: str) -> datetime:
    """The aware moment that such a text names.

    Raises:
        ValueError: It names none, or says no time zone.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("no time zone")
    return moment
