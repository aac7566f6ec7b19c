"""Files and texts that people bring, the bad ones above all."""

import io

import pytest
from openpyxl import Workbook

from core.tables import TableTooLarge, TableUnreadable
from onboarding.enums import BatchSource
from onboarding.services import batches
from tests.factories.batches import NOW


def read(content, **kwargs):
    content = content.encode() if isinstance(content, str) else content
    found = batches.read_people(content, **kwargs).people
    return [(one.number, one.login, one.email) for one in found]


def xlsx(*rows):
    book = Workbook()
    for row in rows:
        book.active.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def test_rows_bear_the_numbers_that_a_spreadsheet_shows():
    found = read("name,GitHub login,E-Mail\nAda,ada,ada@acme.com\n\nBob,bob,\n")

    assert found == [(2, "ada", "ada@acme.com"), (4, "bob", "")]


def test_a_workbook_reads_like_a_csv():
    assert read(xlsx(["login", "email"], ["ada", "ada@acme.com"], ["bob", None])) == [
        (2, "ada", "ada@acme.com"),
        (3, "bob", ""),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_an_encoding_changes_nothing(encoding):
    assert read("login;name\nada;Adél\nbob;Böb\n".encode(encoding)) == [
        (2, "ada", ""),
        (3, "bob", ""),
    ]


def test_a_column_of_logins_needs_no_header():
    assert read("ada\nbob\n") == [(1, "ada", ""), (2, "bob", "")]


def test_a_pasted_list_is_parted_by_whatever_is_no_login():
    assert read("ada, bob;eve\n@zoe\n", is_text=True) == [
        (1, "ada", ""),
        (2, "bob", ""),
        (3, "eve", ""),
        (4, "@zoe", ""),
    ]


def test_a_pasted_table_is_read_as_a_table():
    assert read("login\temail\nada\tada@acme.com\n", is_text=True) == [(2, "ada", "ada@acme.com")]


@pytest.mark.parametrize(
    ("content", "error", "words"),
    [
        ("name,department\nAda,Engineering\n", batches.ColumnMissing, "“name”, “department”"),
        ("login,user\nada,ada\n", batches.ColumnMissing, "Columns A and B are both a “login”"),
        ("", TableUnreadable, "empty|nothing"),
        (b"\0" * 50 * 1024 * 1024, TableTooLarge, "50.0 MB"),
        ("login\n" + "u\n" * 5_001, TableTooLarge, "5,000"),
        ("<html><body>Sign in</body></html>", TableUnreadable, "web page"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_reason(content, error, words):
    with pytest.raises(error, match=words):
        read(content)


@pytest.mark.django_db
def test_a_formula_fails_its_row_by_name_and_leaves_the_others():
    content = xlsx(["login", "note"], ['=CONCAT("a","da")', "x"], ["bob", "=1+1"])

    batch = batches.create_batch(
        organization="octo-org",
        people=batches.read_people(content).people,
        source=BatchSource.FILE,
        user=None,
        now=NOW,
    )

    formula, bob = batch.rows.order_by("number")
    assert (formula.number, formula.state) == (2, "failed")
    assert [one["code"] for one in formula.checks] == ["cell"]
    assert formula.error.startswith("Column A: ")
    assert (bob.state, bob.checks) == ("checking", [])
