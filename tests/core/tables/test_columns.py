"""Finding columns by name, and what goes back into a spreadsheet."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.tables import column_letter, csv_lines, defused, find_columns, is_formula, read_table


def test_columns_are_found_however_their_names_are_spelled():
    header = ["GitHub-Login", "", "E-Mail Address", "LOGIN", "Cost Centre"]
    spellings = {
        "login": ["login", "github login"],
        "email": ["email address"],
        "title": ["title"],
    }

    assert find_columns(header, spellings) == {"login": [0, 3], "email": [2]}


@pytest.mark.parametrize(
    ("number", "letter"), [(1, "A"), (26, "Z"), (27, "AA"), (702, "ZZ"), (703, "AAA")]
)
def test_columns_have_the_letters_that_a_spreadsheet_shows(number, letter):
    assert column_letter(number) == letter


@pytest.mark.parametrize(
    "text", ["=1", "+1", "-1", "@x", "\tx", "\rx", "\N{FULLWIDTH EQUALS SIGN}1"]
)
def test_nothing_that_goes_out_is_worked_out(text):
    assert defused(text) == f"'{text}"


@given(text=st.text())
def test_a_defused_text_is_no_formula_and_still_tells_what_it_was(text):
    assert not is_formula(defused(text))
    assert defused(text).removeprefix("'") == text.removeprefix("'")


def test_written_rows_can_be_read_again():
    lines = list(csv_lines([["login", "error"], ["jürg", 'a "b",\nc'], ["ada", None], ["x", 3]]))

    assert lines[0].startswith("\ufeff")
    assert list(csv.reader(io.StringIO("".join(lines)[1:]))) == [
        ["login", "error"],
        ["jürg", 'a "b",\nc'],
        ["ada", ""],
        ["x", "3"],
    ]
    assert [row.cells[0] for row in read_table("".join(lines).encode()).rows] == [
        "login",
        "jürg",
        "ada",
        "x",
    ]
