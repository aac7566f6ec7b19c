from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from costs.periods import (
    NotAMonth,
    month_of,
    month_text,
    parse_month,
    shift_month,
    starts_at,
    utc_day,
)


@pytest.mark.parametrize(
    "text",
    [
        "2026-13",
        "2026-00",
        "2026-1",
        "26-01",
        "2026-011",
        "",
        "2026-01-01",
        "\uff12026-01",
        "0000-01",
    ],
)
def test_what_is_no_month_is_refused(text):
    with pytest.raises(NotAMonth):
        parse_month(text)


@pytest.mark.parametrize("text", ["2026-01", "2025-12", "0001-01", "9999-12"])
def test_a_month_is_written_as_it_was_read(text):
    assert month_text(parse_month(text)) == text


@pytest.mark.parametrize(
    ("month", "by", "shifted"),
    [
        (date(2026, 1, 1), -1, date(2025, 12, 1)),
        (date(2025, 12, 1), 1, date(2026, 1, 1)),
        (date(2026, 11, 1), -11, date(2025, 12, 1)),
        (date(2026, 5, 1), 0, date(2026, 5, 1)),
        (date(9999, 12, 1), 1, date(9999, 12, 1)),
        (date(1, 1, 1), -1, date(1, 1, 1)),
    ],
)
def test_months_shift_across_years_and_stop_at_the_ends_of_the_calendar(month, by, shifted):
    assert shift_month(month, by) == shifted


def test_the_month_of_a_moment_is_the_one_in_utc():
    tokyo = timezone(timedelta(hours=9))

    assert month_of(datetime(2026, 12, 1, 3, 0, tzinfo=tokyo)) == date(2026, 11, 1)
    assert utc_day(datetime(2026, 12, 1, 9, 0, tzinfo=tokyo)) == date(2026, 12, 1)


def test_a_day_starts_at_midnight_utc():
    assert starts_at(date(2026, 11, 30)) == datetime(2026, 11, 30, tzinfo=UTC)
