import pytest
from hypothesis import given
from hypothesis import strategies as st

from executions.graph.metrics import shorten, text_width, wrap


@given(st.text(max_size=60), st.integers(20, 200))
def test_shortened_text_fits_and_says_that_it_was_cut(text, width):
    shown = shorten(text, 11, width)

    assert text_width(shown, 11) <= width
    assert shown == text or shown.endswith("…")


def test_text_that_fits_is_left_alone():
    assert shorten("ReadRunEvent", 13, 200) == "ReadRunEvent"


@given(st.text(alphabet="ab cd", max_size=80), st.integers(1, 4))
def test_wrapped_text_keeps_to_its_lines(text, lines):
    broken = wrap(text, 11, 60, lines)

    assert len(broken) <= lines
    assert all(text_width(line, 11) <= 60 for line in broken)


def test_wrap_breaks_at_spaces_and_cuts_the_rest():
    assert wrap("one two three four five six", 11, 70, 2) == ("one two", "three four…")


@pytest.mark.parametrize(
    ("wide", "narrow"), [("WWW", "iii"), ("日本", "ab"), ("é", "e\u0301"[1:])]
)
def test_letters_have_widths_of_their_own(wide, narrow):
    assert text_width(wide, 13) > text_width(narrow, 13)
