"""CSV files as they come out of spreadsheets, directories and editors."""

import contextlib
import csv
import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.tables import Limits, Problem, TableTooLarge, TableUnreadable, read_table

TEXT = "login;name\nada;Ada Lovelace\njürg;Jürg Bär\n"
ROWS = [(1, ("login", "name")), (2, ("ada", "Ada Lovelace")), (3, ("jürg", "Jürg Bär"))]


def numbered(table):
    return [(row.number, row.cells) for row in table.rows]


@pytest.mark.parametrize(
    ("codec", "named", "is_guessed"),
    [
        ("utf-8", "UTF-8", False),
        ("utf-8-sig", "UTF-8", False),
        ("utf-16", "UTF-16", False),
        ("utf-16-le", "UTF-16", True),
        ("utf-16-be", "UTF-16", True),
        ("utf-32", "UTF-32", False),
        ("latin-1", "Latin-1 (Windows-1252)", True),
        ("cp1252", "Latin-1 (Windows-1252)", True),
    ],
)
def test_every_usual_encoding_gives_the_same_rows_and_is_named(codec, named, is_guessed):
    table = read_table(TEXT.encode(codec))

    assert numbered(table) == ROWS
    assert table.reading == ("CSV", named, "parted by semicolon")
    assert bool(table.warnings) == is_guessed


def test_a_byte_without_meaning_in_windows_1252_is_still_read():
    table = read_table(b"login,name\nada,\xe4 \x81\n")

    assert table.reading[1] == "Latin-1"
    assert [str(problem) for problem in table.problems] == [
        "row 2, column B: holds a character that cannot be shown (U+0081)"
    ]


@pytest.mark.parametrize(
    ("delimiter", "name"), [(",", "comma"), (";", "semicolon"), ("\t", "tab")]
)
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_the_delimiter_is_found_whatever_ends_the_lines(delimiter, name, line_end):
    lines = [f'login{delimiter}"last; first, name"', f'ada{delimiter}"Lovelace\t, Ada;"', ""]

    table = read_table(line_end.join(lines).encode())

    assert [row.cells for row in table.rows] == [
        ("login", "last; first, name"),
        ("ada", "Lovelace , Ada;"),
    ]
    assert table.reading[2] == f"parted by {name}"


def test_excels_own_line_about_the_delimiter_is_obeyed_and_keeps_the_numbers():
    table = read_table(b"sep=|\nlogin|a,b,c\nada|x\n")

    assert numbered(table) == [(2, ("login", "a,b,c")), (3, ("ada", "x"))]


def test_a_single_column_is_a_table_too():
    assert numbered(read_table(b"login\nada\n\nbob")) == [
        (1, ("login",)),
        (2, ("ada",)),
        (4, ("bob",)),
    ]


def test_rows_have_the_numbers_that_a_spreadsheet_shows():
    content = b'\nlogin,name\n,,\n"ada","Ada\nLovelace"\n  ,\t\nbob,Bob\n'

    assert numbered(read_table(content)) == [
        (2, ("login", "name")),
        (4, ("ada", "Ada Lovelace")),
        (6, ("bob", "Bob")),
    ]


def test_cells_lose_what_nobody_sees():
    content = "login, name ,x\n\u200bada\ufeff ,\u00a0Jose\u0301   Bar ,\n".encode()

    assert read_table(content).body[0].cells == ("ada", "José Bar")


@pytest.mark.parametrize(
    "cell",
    [
        "=1+1",
        '=HYPERLINK("x")',
        "+cmd|' /C calc'!A0",
        "-2+3+cmd|' /C calc'!A0",
        "@SUM(1+1)",
        "\N{FULLWIDTH EQUALS SIGN}1",
    ],
)
def test_a_formula_is_a_problem_of_its_row_and_the_others_are_read(cell):
    quoted = cell.replace('"', '""')

    table = read_table(f'login,name\nada,"{quoted}"\nbob,Bob\n'.encode())

    assert table.problems == (Problem(2, 2, "holds a formula; replace it by its value"),)
    assert table.rows[2].cells == ("bob", "Bob")


@pytest.mark.parametrize("cell", ["+41 (0)44 123", "-", "=", "@ada", "-3.5", "a=b", "@acme/team"])
def test_what_people_write_is_no_formula(cell):
    assert read_table(f"login,x\nada,{cell}\n".encode()).problems == ()


def test_a_row_longer_than_the_header_is_a_problem():
    table = read_table(b"login,name\nada,Lovelace, Ada\nbob,Bob,,\n")

    assert [str(problem) for problem in table.problems] == [
        "row 2: has 3 cells, but the header only 2"
    ]


def test_without_a_header_no_row_is_too_long():
    assert read_table(b"ada\nbob,x\n", has_header=False).problems == ()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b" \n,,,\n \n", "empty"),
        (b"\xff\xfea\0b", "begins as UTF-16"),
        (b"\xff\xfea\0\0\xd8", "begins as UTF-16"),
        (b"\xef\xbb\xbflogin\n\xe4", "begins as UTF-8, but its byte 6"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "no text file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old Excel file"),
        (b"<html><table>", "web page"),
        (b'login,name\nada,"Ada\nbob,Bob\n', "Row 2 cannot be read"),
        (b'login,name\nada,"Ada" L\n', "Row 2 cannot be read"),
        (b"login\n" + b'"' + b"x" * 200_000 + b'"', "Row 2 cannot be read"),
    ],
)
def test_what_is_no_table_is_refused_in_a_sentence(content, message):
    with pytest.raises(TableUnreadable, match=message):
        read_table(content)


def test_a_file_over_a_limit_is_refused_and_says_which():
    limits = Limits(max_bytes=60, max_rows=2, max_columns=3, max_cell_chars=5)

    assert len(read_table(b"login\na\nb\n", limits=limits).rows) == 3
    with pytest.raises(TableTooLarge, match="more than 2 rows"):
        read_table(b"login\na\nb\nc\n", limits=limits)
    with pytest.raises(TableTooLarge, match="more than 2 rows"):
        read_table(b"a\nb\nc\n", limits=limits, has_header=False)
    with pytest.raises(TableTooLarge, match="Row 2 has 4 cells"):
        read_table(b"login\na,b,c,d\n", limits=limits)
    with pytest.raises(TableTooLarge, match="at most 0 MB"):
        read_table(b"x" * 61, limits=limits)
    assert [str(p) for p in read_table(b"login\nabcdef\n", limits=limits).problems] == [
        "row 2, column A: has 6 characters; at most 5 are read"
    ]


cells = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=6).map(
    lambda text: f"x{text}"
)


@given(
    rows=st.lists(st.lists(cells, min_size=2, max_size=4), min_size=1, max_size=5),
    delimiter=st.sampled_from(",;\t"),
    codec=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_what_any_program_writes_is_read_back(rows, delimiter, codec):
    out = io.StringIO(newline="")
    # The first record decides about the delimiter, so that it must have one outside quotes.
    csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows(rows)

    table = read_table(out.getvalue().encode(codec), has_header=False)

    normal = [tuple(read_one(cell) for cell in row) for row in rows]
    assert [row.cells for row in table.rows] == normal


def read_one(cell):
    return read_table(f'"{cell.replace(chr(34), chr(34) * 2)}"\n'.encode()).rows[0].cells[0]


@given(content=st.binary() | st.text().map(str.encode))
@example(content=b"sep=\n")
@example(content=b"\0\0\0\0\0\0")
@example(content=b"PK\x03\x04")
@example(content=b"sep=\x00\na")
def test_any_bytes_are_read_or_refused(content):
    table = None
    with contextlib.suppress(TableUnreadable):
        table = read_table(content)

    assert table is None or all(row.cells[-1] for row in table.rows if not table.problems)
