"""Every problem of a directory's file, by row and reason."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.tables import read_table
from onboarding.directory_files import read_people


def read(text):
    return read_people(read_table(text.encode()))


def test_columns_are_found_by_what_people_call_them_and_others_are_kept():
    read_file = read(
        "GitHub Username;E-Mail Address;Full Name;Dept;Job Title;Reports to;Employee ID;Site\n"
        "@Ada;ada@acme.com;Ada L;Engineering;Lead;bob;7;ZRH\n"
        "bob;;;;;;;\n"
    )

    assert read_file.problems == []
    assert [column.field for column in read_file.columns] == [
        "login",
        "email",
        "name",
        "department",
        "title",
        "manager",
        "employee_id",
        "",
    ]
    blank = dict.fromkeys(["email", "employee_id", "name", "department", "title", "manager"], "")
    assert read_file.people == {
        "ada": {
            "Site": "ZRH",
            "email": "ada@acme.com",
            "employee_id": "7",
            "name": "Ada L",
            "department": "Engineering",
            "title": "Lead",
            "manager": "bob",
        },
        "bob": blank,
    }


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        (
            "name,mail\nAda,a@b.ch\n",
            ["row 1: no column is called “login” (or github login, github, github user)"],
        ),
        ("login,LOGIN\na,b\n", ["row 1, column B: GitHub login stands in 2 columns; keep one"]),
        ("login,,site\na,b,c\n", ["row 1, column B: has no name"]),
        ("login,name\n,Ada\n", ["row 2, column A: the login is missing"]),
        (
            "login\nada lovelace\n",
            ["row 2, column A: “ada lovelace” is no login: it has a space"],
        ),
        (
            "login\nada!\n",
            ["row 2, column A: “ada!” is no login: letters, digits and hyphens alone"],
        ),
        (
            "login\nada\n\nAda\n",
            ["row 4, column A: “Ada” is the same person as “ada” in row 2"],
        ),
        ("login\nada\n@ada\n", ["row 3, column A: “ada” is the same login in row 2"]),
        ("login,email\nada,at home\n", ["row 2, column B: “at home” is no e-mail address"]),
        ("login,email\nada,a@b\n", ["row 2, column B: “a@b” is no e-mail address"]),
        (
            "login,name\nada,=1+1\n",
            ["row 2, column B: holds a formula; replace it by its value"],
        ),
    ],
)
def test_each_problem_names_its_row_and_reason(text, problems):
    assert [str(problem) for problem in read(text).problems] == problems


@given(logins=st.lists(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9-]{0,5}", fullmatch=True), max_size=8))
def test_everybody_is_read_once_or_complained_about(logins):
    read_file = read("login,x\n" + "".join(f"{login},1\n" for login in logins))

    assert set(read_file.people) == {login.lower() for login in logins}
    assert len(read_file.people) + len(read_file.problems) == len(logins)
