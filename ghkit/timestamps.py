"""GitHub's ISO 8601 timestamps to aware UTC datetimes, and back."""

from __future__ import annotations

from datetime import UTC, date, datetime

from ghkit.errors import InvalidPayload


def parse_timestamp(value: object, *, field: str) -> datetime:
    """Read one of GitHub's timestamps, which end in `Z` or carry an offset, as UTC.

    Args:
        value: The text, for example `2026-11-02T10:34:58Z`.
        field: Dotted path of the value, for the error.

    Raises:
        InvalidPayload: Not such a text; one without a zone is not, for its instant is unknown.
    """
    if not isinstance(value, str):
        raise InvalidPayload(field, f"expected a timestamp, got {type(value).__name__}")
    try:
        parsed = datetime.fromisoformat(value)
        if parsed.tzinfo is None:
            raise InvalidPayload(field, "expected a timestamp with its zone")
        return parsed.astimezone(UTC)
    except (ValueError, OverflowError) as exc:
        raise InvalidPayload(field, "expected an ISO 8601 timestamp") from exc


def timestamp_text(moment: datetime) -> str:
    """Write an aware datetime as GitHub does: UTC, ending in `Z`."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def sortable_text(moment: datetime) -> str:
    """Write an aware datetime so that texts sort as their moments do: always microseconds."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def utc_day(moment: datetime) -> date:
    """Return the day, in UTC, that GitHub's usage reports book a moment under."""
    return moment.astimezone(UTC).date()
