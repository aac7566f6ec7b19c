"""Excel workbooks, the harmless and the others."""

import contextlib
import datetime
import io
import zipfile

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.styles import Font

from core.tables import Limits, TableTooLarge, TableUnreadable, read_table


def saved(workbook):
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


def made(*rows):
    workbook = openpyxl.Workbook()
    for row in rows:
        workbook.active.append(row)
    return workbook


def repacked(content, **parts):
    """Write the archive anew with some parts replaced, by the stem of their names."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            stem = name.rpartition("/")[2].partition(".")[0]
            new.writestr(name, parts.get(stem, old.read(name)))
    return out.getvalue()


def sheet_of(data):
    namespace = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    text = f'<worksheet xmlns="{namespace}"><sheetData>{data}</sheetData></worksheet>'
    return repacked(saved(made(["login"])), sheet1=text.encode())


def test_rows_are_read_with_the_numbers_that_the_spreadsheet_shows():
    workbook = made(["login", "name"], [], ["ada", " Ada  Lovelace "], [None, None])
    workbook.active["A9"] = "bob"

    table = read_table(saved(workbook))

    assert [(row.number, row.cells) for row in table.rows] == [
        (1, ("login", "name")),
        (3, ("ada", "Ada Lovelace")),
        (9, ("bob",)),
    ]
    assert (table.reading, table.warnings) == (("Excel workbook", "sheet “Sheet”"), ())


def test_values_are_written_as_somebody_would_type_them():
    values = [7, 7.0, 7.25, True, False, datetime.date(2026, 11, 25), "=text".strip("=")]
    moment = datetime.datetime.fromisoformat("2026-11-25T09:30")

    table = read_table(saved(made(["a"] * 8, [*values, moment])))

    assert table.body[0].cells == (
        "7",
        "7",
        "7.25",
        "TRUE",
        "FALSE",
        "2026-11-25",
        "text",
        "2026-11-25T09:30:00",
    )


def test_formulas_and_errors_are_problems_of_their_cells_alone():
    table = read_table(saved(made(["login", "name"], ["=A1", "Ada"], ["bob", "#N/A"], ["c", "C"])))

    assert [str(problem) for problem in table.problems] == [
        "row 2, column A: holds a formula; replace it by its value (paste as values)",
        "row 3, column B: holds the error #N/A",
    ]
    assert [row.cells for row in table.body] == [("", "Ada"), ("bob",), ("c", "C")]


def test_an_array_formula_is_a_formula():
    workbook = made(["login"], ["ada"])
    workbook.active["A3"] = openpyxl.worksheet.formula.ArrayFormula("A3", "=SUM(A1:A2)")

    assert [problem.row for problem in read_table(saved(workbook)).problems] == [3]


def test_the_first_sheet_with_something_is_read_and_the_others_are_named():
    workbook = openpyxl.Workbook()
    workbook.active.sheet_state = "hidden"
    workbook.active.append(["secret"])
    workbook.create_sheet("Empty")
    workbook.create_sheet("People").append(["login"])
    workbook.create_sheet("Notes").append(["later"])

    table = read_table(saved(workbook))

    assert table.rows[0].cells == ("login",)
    assert table.warnings == (
        "Only the sheet “People” was read; others hold something too: “Notes”, “Sheet”.",
    )


def test_a_workbook_without_anything_is_refused():
    with pytest.raises(TableUnreadable, match="empty"):
        read_table(saved(openpyxl.Workbook()))


def test_a_row_beyond_what_excel_knows_is_refused_and_not_waited_for():
    data = '<row r="99999999999"><c r="A1" t="inlineStr"><is><t>x</t></is></c></row>'

    with pytest.raises(TableTooLarge, match="beyond 1,048,576"):
        read_table(sheet_of(data))


def test_a_cell_far_to_the_right_is_refused_and_not_dropped():
    with pytest.raises(TableTooLarge, match="Row 1 has 16,384 cells"):
        read_table(sheet_of('<row r="1"><c r="XFD1" t="inlineStr"><is><t>x</t></is></c></row>'))


def test_columns_that_are_only_styled_do_not_cost_the_machine():
    rows = "".join(f'<row r="{n}"><c r="XFD{n}" s="0"/></row>' for n in range(1, 400))

    with pytest.raises(TableTooLarge, match="too wide"):
        read_table(sheet_of(rows), limits=Limits(max_rows=10, max_columns=10))


def test_styled_cells_without_content_are_nothing():
    workbook = made(["login"], ["ada"])
    workbook.active["C5"].font = Font(bold=True)

    assert len(read_table(saved(workbook)).rows) == 2


def test_a_bomb_is_not_unpacked_beyond_the_limit():
    content = repacked(saved(made(["login"])), styles=b" " * 3_000_000)

    assert len(content) < 20_000
    with pytest.raises(TableTooLarge, match="unpacks to more than 2 MB"):
        read_table(content, limits=Limits(max_unpacked_bytes=2 * 2**20))


def test_a_part_that_holds_more_than_it_declares_is_refused():
    content = repacked(saved(made(["login"])), sheet1=b" " * 100_000)
    # The archive's notes of the sheet's size say 9 bytes instead of 100,000.
    true_size, lie = (100_000).to_bytes(4, "little"), (9).to_bytes(4, "little")
    assert content.count(true_size) >= 1

    with pytest.raises(TableUnreadable, match="damaged"):
        read_table(content.replace(true_size, lie))


@pytest.mark.parametrize("name", ["sheet1", "workbook", "styles"])
def test_entities_are_refused(name):
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]><x>&a;</x>'

    with pytest.raises(TableUnreadable, match="damaged"):
        read_table(repacked(saved(made(["login"])), **{name: bomb}))


def test_pictures_do_not_count_as_content():
    content = saved(made(["login"], ["ada"]))
    out = io.BytesIO(content)
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/photo.png", b" " * 3_000_000)

    limits = Limits(max_unpacked_bytes=2 * 2**20)

    assert len(read_table(out.getvalue(), limits=limits).body) == 1


def test_too_many_rows_are_refused():
    content = saved(made(["login"], ["a"], ["b"], ["c"]))

    assert len(read_table(content, limits=Limits(max_rows=3)).body) == 3
    with pytest.raises(TableTooLarge, match="more than 2 rows"):
        read_table(content, limits=Limits(max_rows=2))


@pytest.mark.parametrize("name", ["content.xml", "word/document.xml"])
def test_another_kind_of_archive_is_named_as_such(name):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(name, "<x/>")

    with pytest.raises(TableUnreadable, match="no Excel workbook"):
        read_table(out.getvalue())


WORKBOOK = saved(made(["login", "name"], ["ada", 7], ["bob", datetime.date(2026, 1, 1)]))


@pytest.mark.filterwarnings("ignore::UserWarning")
@settings(max_examples=60)
@given(at=st.integers(0, len(WORKBOOK) - 1), new=st.binary(max_size=6), cut=st.integers(0, 200))
def test_any_damage_is_refused_or_read(at, new, cut):
    content = WORKBOOK[:at] + new + WORKBOOK[at + len(new) :]

    with contextlib.suppress(TableUnreadable):
        read_table(content[: len(content) - cut])


with zipfile.ZipFile(io.BytesIO(WORKBOOK)) as archive:
    XML_PARTS = {
        name.rpartition("/")[2].partition(".")[0]: archive.read(name)
        for name in archive.namelist()
    }


@pytest.mark.filterwarnings("ignore::UserWarning")
@settings(max_examples=60)
@given(
    name=st.sampled_from(sorted(XML_PARTS)),
    at=st.floats(0, 1),
    new=st.text('<>/"=0a:', max_size=4),
)
def test_any_damage_within_the_xml_is_refused_or_read(name, at, new):
    part = XML_PARTS[name]
    place = int(at * len(part))
    damaged = part[:place] + new.encode() + part[place + len(new) :]

    with contextlib.suppress(TableUnreadable):
        read_table(repacked(WORKBOOK, **{name: damaged}))
