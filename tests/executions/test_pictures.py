"""The geometry of the small pictures."""

from datetime import UTC, datetime

import pytest

from executions.pictures import BAR_HEIGHT, hour_bars
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
