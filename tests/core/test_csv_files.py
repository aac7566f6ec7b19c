import csv
import io

import pytest

from core import csv_files


def read(rows):
    text = "".join(csv_files.lines(rows))
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def test_rows_come_back_as_they_were():
    rows = [["login", "name"], ["mona", 'Mona "the cat", Lisa'], ["ünï", "two\nlines"]]

    assert read(rows) == rows


def test_numbers_stay_numbers_and_nothing_is_empty():
    assert read([[7, None, -3]]) == [["7", "", "-3"]]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_what_a_spreadsheet_would_run_is_text(start):
    assert read([[f"{start}HYPERLINK(1)"]]) == [[f"'{start}HYPERLINK(1)"]]
