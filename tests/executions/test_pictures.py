"""The geometry of the small pictures."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from executions.models import Step
from executions.pictures import BAR_HEIGHT, TIMELINE_WIDTH, hour_bars, timeline
from executions.selectors import Hour

START = datetime(2026, 11, 23, 10, tzinfo=UTC)


def hour(**counts):
    return Hour(START, {status.upper(): count for status, count in counts.items()})


def heights(bar):
    return [(block.tone, float(block.height)) for block in bar.blocks]


def test_hour_bars_stand_on_each_other_up_to_the_highest():
    high, low, empty = hour_bars(
        [hour(succeeded=6, failed=2, aborted=1), hour(succeeded=1), hour()]
    )

    assert sum(height for _, height in heights(high)) == pytest.approx(BAR_HEIGHT)
    assert [tone for tone, _ in heights(high)] == ["ok", "bad"]
    assert float(high.blocks[0].y) + float(high.blocks[0].height) == pytest.approx(BAR_HEIGHT)
    assert float(high.blocks[1].y) + float(high.blocks[1].height) == pytest.approx(
        float(high.blocks[0].y)
    )
    assert heights(low)[0][1] < heights(high)[0][1]
    assert empty.blocks == []
    assert high.title == "10:00 UTC: 6 succeeded, 3 failed"
    assert empty.title == "10:00 UTC: none"


def test_one_failure_among_thousands_is_still_seen():
    [bar] = hour_bars([hour(succeeded=10_000, failed=1)])

    assert dict(heights(bar))["bad"] >= 2


def test_no_hours_are_no_bars():
    assert hour_bars([]) == []


def steps(*spans):
    return [
        Step(
            entered_at=START + timedelta(seconds=begin),
            ended_at=None if end is None else START + timedelta(seconds=end),
        )
        for begin, end in spans
    ]


def bars(found, *, ends_at):
    drawn = timeline(found, starts_at=START, ends_at=START + timedelta(seconds=ends_at))
    return [(float(bar.x), float(bar.width)) for bar in drawn]


def test_timeline_places_steps_by_when_they_ran():
    assert bars(steps((0, 25), (25, 100), (25, 50)), ends_at=100) == [
        (0, 250),
        (250, 750),
        (250, 250),
    ]


def test_timeline_draws_what_runs_up_to_now():
    assert bars(steps((0, 50), (50, None)), ends_at=100) == [(0, 500), (500, 500)]


def test_timeline_cuts_the_week_until_a_redrive_short():
    week = 7 * 24 * 3600

    first, second = bars(steps((0, 10), (week, week + 10)), ends_at=week + 10)

    assert first[1] == pytest.approx(second[1], abs=1)
    assert first[1] > 450


def test_timeline_shows_a_step_of_no_time():
    [(x, width)] = bars(steps((100, 100)), ends_at=100)

    assert width >= 4
    assert x + width <= TIMELINE_WIDTH


@given(
    spans=st.lists(
        st.tuples(st.integers(-50, 400), st.none() | st.integers(-50, 400)), max_size=8
    ),
    ends_at=st.integers(0, 300),
)
def test_timeline_never_leaves_the_picture(spans, ends_at):
    for x, width in bars(steps(*spans), ends_at=ends_at):
        assert x >= 0
        assert width > 0
        assert x + width <= TIMELINE_WIDTH + 0.01
