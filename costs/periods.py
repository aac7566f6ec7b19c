"""Calendar months, in UTC, written as the first day of each."""

import re
from datetime import UTC, date, datetime, time

from core.errors import DomainError

_MONTH = re.compile(r"(\d{4})-(\d{2})", re.ASCII)


class NotAMonth(DomainError):
    """What was given as a month is none."""

    code = "invalid_month"

    def __init__(self) -> None:
        super().__init__("A month is written as YYYY-MM, for example 2026-01.")


def parse_month(text: str) -> date:
    """Read `2026-11`.

    Raises:
        NotAMonth: There is no such month.
    """
    match = _MONTH.fullmatch(text)
    try:
        return date(int(match[1]), int(match[2]), 1) if match else _refuse()
    except ValueError:
        return _refuse()


def month_text(month: date) -> str:
    """Write a month as URLs and the API do: `2026-11`."""
    return f"{month.year:04}-{month.month:02}"


def month_of(day: date) -> date:
    """Return the month of a day; of a moment, the month in UTC."""
    if isinstance(day, datetime):
        day = utc_day(day)
    return day.replace(day=1)


def shift_month(month: date, by: int) -> date:
    """Go `by` months ahead, or back where it is negative; stop at the ends of the calendar."""
    number = month.year * 12 + month.month - 1 + by
    number = min(max(number, date.min.year * 12), date.max.year * 12 + 11)
    return date(number // 12, number % 12 + 1, 1)


def utc_day(moment: datetime) -> date:
    """Return the day in UTC, which is GitHub's day in its usage reports."""
    return moment.astimezone(UTC).date()


def starts_at(day: date) -> datetime:
    """Return the first moment of a day."""
    return datetime.combine(day, time.min, tzinfo=UTC)


def _refuse() -> date:
    raise NotAMonth
