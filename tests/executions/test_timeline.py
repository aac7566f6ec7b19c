"""The picture of when each step ran."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from executions.models import Step
from executions.timeline import TIMELINE_WIDTH, timeline

START = datetime(2026, 11, 23, 10, tzinfo=UTC)
WEEK_S = 7 * 24 * 3600


def at(seconds):
    return None if seconds is None else START + timedelta(seconds=seconds)


def step(begin, end, *tries, kind="Task", status="succeeded"):
    """A step with tries of (start, end, status, error), in seconds after the start."""
    return Step(
        type=kind,
        status=status if end is not None else "running",
        entered_at=at(begin),
        ended_at=at(end),
        tries=[
            (at(one).isoformat(), other if other is None else at(other).isoformat(), said, error)
            for one, other, said, error in tries
        ],
    )


def drawn(*steps, ends_at, redriven_at=()):
    return timeline(
        steps, starts_at=START, ends_at=at(ends_at), redriven_at=[at(one) for one in redriven_at]
    )


def places(blocks):
    return [(block.kind, float(block.x), float(block.width)) for block in blocks]


def test_steps_are_placed_by_when_they_ran():
    lines = drawn(step(0, 25), step(25, 100), step(25, 50), ends_at=100).lines

    assert [places(line) for line in lines] == [
        [("succeeded", 0, 250)],
        [("succeeded", 250, 750)],
        [("succeeded", 250, 250)],
    ]


def test_what_runs_is_drawn_up_to_now():
    lines = drawn(step(0, 50), step(50, None), ends_at=100).lines

    assert places(lines[1]) == [("running", 500, 500)]


def test_each_try_is_a_block_and_what_lies_between_them_a_pause():
    tries = (0, 20, "failed", "Busy"), (60, 80, "timed_out", None), (80, 100, "succeeded", None)

    [line] = drawn(step(0, 100, *tries), ends_at=100).lines

    assert places(line) == [
        ("failed", 0, 200),
        ("pause", 200, 400),
        ("timed_out", 600, 200),
        ("succeeded", 800, 200),
    ]
    assert [block.title for block in line] == [
        "Try 1, failed, 20 s: Busy",
        "Waited 40 s",
        "Try 2, timed out, 20 s",
        "Try 3, succeeded, 20 s",
    ]


def test_a_wait_state_looks_different_from_work():
    lines = drawn(step(0, 50), step(50, 100, kind="Wait"), ends_at=100).lines

    assert [block.kind for line in lines for block in line] == ["succeeded", "waiting"]


def test_the_week_until_a_redrive_is_cut_short_and_said():
    found = drawn(
        step(0, 10), step(WEEK_S, WEEK_S + 10), ends_at=WEEK_S + 10, redriven_at=[WEEK_S]
    )

    [[first], [second]] = found.lines
    assert float(first.width) == pytest.approx(float(second.width), abs=1)
    assert float(first.width) > 450
    assert [(mark.kind, mark.title) for mark in found.marks] == [
        ("cut", "Nothing ran for 6 d 23 h"),
        ("redrive", "Resumed (1)"),
    ]


def test_a_step_that_a_redrive_tried_again_does_not_stretch_over_the_week_between():
    tries = (0, 10, "failed", "Busy"), (WEEK_S, WEEK_S + 10, "succeeded", None)

    [line] = drawn(step(0, WEEK_S + 10, *tries), ends_at=WEEK_S + 10, redriven_at=[WEEK_S]).lines

    first, pause, second = places(line)
    assert (first[0], pause[0], second[0]) == ("failed", "pause", "succeeded")
    assert first[2] == pytest.approx(second[2], abs=1)
    assert pause[2] < 50


def test_a_step_of_no_time_is_seen():
    [[block]] = drawn(step(100, 100), ends_at=100).lines

    assert float(block.width) >= 4
    assert float(block.x) + float(block.width) <= TIMELINE_WIDTH


@given(
    spans=st.lists(
        st.tuples(st.integers(-50, 400), st.none() | st.integers(-50, 400)), max_size=8
    ),
    ends_at=st.integers(0, 300),
    redriven_at=st.lists(st.integers(-10, 320), max_size=3),
)
def test_nothing_leaves_the_picture(spans, ends_at, redriven_at):
    steps = [
        step(begin, end, (begin, end, "failed", None), (begin + 9, end, "succeeded", None))
        if begin % 2
        else step(begin, end)
        for begin, end in spans
    ]

    found = drawn(*steps, ends_at=ends_at, redriven_at=sorted(redriven_at))

    for line in found.lines:
        for block in line:
            assert float(block.x) >= 0
            assert float(block.width) >= 0
            assert float(block.x) + float(block.width) <= TIMELINE_WIDTH + 0.02
    for mark in found.marks:
        assert 0 <= float(mark.x) <= TIMELINE_WIDTH
