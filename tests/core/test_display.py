"""How values look to a person."""

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import display

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("amount", "places", "shown"),
    [
        ("1234.5", 2, "$1,234.50"),
        ("0.012", 3, "$0.012"),
        ("0.0125", 3, "$0.013"),  # half up, as people round; half even would say 0.012
        ("0.005", 2, "$0.01"),
        ("0.004", 2, "<$0.01"),
        ("0", 2, "$0.00"),
        ("-3", 2, "\N{MINUS SIGN}$3.00"),
        ("-0.001", 2, ">\N{MINUS SIGN}$0.01"),
        (None, 2, "unknown"),
        (Decimal("1E+3"), 2, "$1,000.00"),
    ],
)
def test_usd_rounds_for_the_eye(amount, places, shown):
    assert display.usd(amount, places) == shown


@given(st.decimals(min_value=Decimal("0.000001"), max_value=10**9, places=6))
def test_usd_never_shows_something_as_nothing(amount):
    assert display.usd(amount) != "$0.00"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (None, "\N{EN DASH}"),
        (0, "0 ms"),
        (0.84, "840 ms"),
        (4.25, "4.2 s"),
        (59.94, "59.9 s"),
        (59.96, "1 min 00 s"),
        (125, "2 min 05 s"),
        (3_599.7, "1 h 00 min"),
        (4_325, "1 h 12 min"),
        (187_200, "2 d 4 h"),
        (timedelta(minutes=3), "3 min 00 s"),
        (-5, "\N{MINUS SIGN}5 s"),
        (Decimal("1.5"), "1.5 s"),
    ],
)
def test_duration_shows_the_two_units_that_matter(seconds, shown):
    assert display.duration(seconds) == shown


@pytest.mark.parametrize(
    ("distance", "shown"),
    [
        (timedelta(0), "just now"),
        (timedelta(seconds=44), "just now"),
        (timedelta(seconds=45), "1 min ago"),
        (timedelta(minutes=4, seconds=29), "4 min ago"),
        (timedelta(minutes=59, seconds=29), "59 min ago"),
        (timedelta(minutes=59, seconds=30), "1 h ago"),
        (timedelta(hours=23, minutes=29), "23 h ago"),
        (timedelta(hours=23, minutes=30), "1 day ago"),
        (timedelta(days=3), "3 days ago"),
        (-timedelta(seconds=10), "just now"),
        (-timedelta(minutes=90), "in 2 h"),
    ],
)
def test_relative_time_says_how_long_ago(distance, shown):
    assert display.relative_time(NOON - distance, NOON) == shown


@pytest.mark.parametrize(
    ("minutes", "shown"),
    [
        (0, "0 min"),
        (12_345, "12,345 min"),
        ("100", "100 min"),
        (Decimal("1E+2"), "100 min"),
        (None, "unknown"),
    ],
)
def test_minutes_part_thousands(minutes, shown):
    assert display.minutes(minutes) == shown


def test_times_are_told_in_utc():
    evening = datetime(2026, 12, 31, 23, 30, 5, tzinfo=timezone(-timedelta(hours=5)))

    assert display.exact_time(evening) == "1 Jan 2027, 04:30:05 UTC"
    assert display.clock_time(evening) == "04:30:05 UTC"


@pytest.mark.parametrize(
    ("microseconds", "shown"), [(0, "000"), (999, "000"), (45_999, "045"), (999_999, "999")]
)
def test_a_precise_time_is_cut_to_the_millisecond(microseconds, shown):
    moment = datetime(2026, 11, 23, 12, 3, 5, microseconds, tzinfo=UTC)

    assert display.precise_time(moment) == f"23 Nov 2026, 12:03:05.{shown} UTC"


@pytest.mark.parametrize(
    ("code", "tone", "label"),
    [
        ("SUCCEEDED", "ok", "Succeeded"),
        ("success", "ok", "Success"),
        ("TIMED_OUT", "bad", "Timed out"),
        ("startup_failure", "bad", "Startup failure"),
        ("ABORTED", "warn", "Aborted"),
        ("in_progress", "run", "In progress"),
        ("ignored", "idle", "Ignored"),
        ("SOMETHING_NEW", "idle", "Something new"),
        (None, "idle", "Unknown"),
    ],
)
def test_a_state_has_a_tone_and_a_readable_word(code, tone, label):
    state = display.state(code)

    assert (state.tone, state.label) == (tone, label)


def test_states_of_one_tone_are_still_told_apart_by_their_symbol():
    assert display.state("failed").icon != display.state("timed_out").icon
    assert display.state("running").icon != display.state("waiting").icon


def test_pretty_json_keeps_every_digit():
    text = (
        '{"cost": 0.10, "big": 1.50e3, "n": 12345678901234567890, "é": "ü", "empty": [], "x": [1]}'
    )

    assert display.pretty_json(text) == (
        '{\n  "cost": 0.10,\n  "big": 1.50e3,\n  "n": 12345678901234567890,\n  "é": "ü",\n'
        '  "empty": [],\n  "x": [\n    1\n  ]\n}'
    )


def test_half_a_surrogate_pair_is_shown_as_json_escapes_it_for_no_page_can_carry_it():
    text = '{"\\ud800 key": ["ü \\udfff", "\\ud83d\\ude00"]}'

    shown = display.pretty_json(text)

    assert shown == '{\n  "\\ud800 key": [\n    "ü \\udfff",\n    "\U0001f600"\n  ]\n}'
    assert shown.encode()
    assert json.loads(shown) == json.loads(text)


@pytest.mark.parametrize("text", ["not json", "", '{"open": ', "[" * 5_000 + "]" * 5_000])
def test_pretty_json_gives_back_what_it_cannot_read(text):
    assert display.pretty_json(text) == text


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.text()
        | st.floats(allow_nan=False, allow_infinity=False),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=20,
    )
)
def test_pretty_json_means_the_same(value):
    text = json.dumps(value)

    assert json.loads(display.pretty_json(text)) == value
    assert "".join(
        part for _, part in display.json_tokens(display.pretty_json(text))
    ) == display.pretty_json(text)


def test_json_tokens_tell_keys_from_strings():
    assert list(display.json_tokens('{"a": "b", "c": -1.5, "d": null}')) == [
        ("", "{"),
        ("key", '"a"'),
        ("", ": "),
        ("string", '"b"'),
        ("", ", "),
        ("key", '"c"'),
        ("", ": "),
        ("number", "-1.5"),
        ("", ", "),
        ("key", '"d"'),
        ("", ": "),
        ("word", "null"),
        ("", "}"),
    ]
