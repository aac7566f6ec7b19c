from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from ghkit.errors import InvalidPayload
from ghkit.timestamps import parse_timestamp, timestamp_text, utc_day


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-02T10:34:58Z",
        "2026-11-02T10:34:58+00:00",
        "2026-11-02T06:34:58-04:00",
        "2026-11-02T10:34:58.000Z",
    ],
)
def test_each_form_github_writes_is_the_same_instant_in_utc(text):
    parsed = parse_timestamp(text, field="run.created_at")

    assert parsed == datetime(2026, 11, 2, 10, 34, 58, tzinfo=UTC)
    assert parsed.tzinfo is UTC


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (None, "expected a timestamp, got NoneType"),
        (1793615698, "expected a timestamp, got int"),
        ("yesterday", "expected an ISO 8601 timestamp"),
        ("2026-11-02T10:34:58", "expected a timestamp with its zone"),
        ("2026-11-02", "expected a timestamp with its zone"),
        ("0001-01-01T00:00:00+14:00", "expected an ISO 8601 timestamp"),
    ],
)
def test_anything_else_is_refused_by_the_name_of_its_field(value, problem):
    with pytest.raises(InvalidPayload) as caught:
        parse_timestamp(value, field="run.created_at")

    assert (caught.value.field, caught.value.problem) == ("run.created_at", problem)


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 11, 2, 10, 34, 58, tzinfo=UTC),
        datetime(2026, 11, 2, 6, 34, 58, tzinfo=timezone(timedelta(hours=-4))),
    ],
)
def test_a_moment_is_written_as_github_writes_it(moment):
    assert timestamp_text(moment) == "2026-11-02T10:34:58Z"


def test_the_day_of_a_moment_is_the_day_in_utc():
    evening_in_new_york = datetime(2026, 10, 31, 21, tzinfo=timezone(timedelta(hours=-4)))

    assert utc_day(evening_in_new_york) == date(2026, 11, 1)
