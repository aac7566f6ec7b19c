"""A form made of a contract gives back what the contract describes."""

import json
from typing import Literal, TypedDict

from hypothesis import given
from hypothesis import strategies as st

from executions.contract_forms import ContractForm


class Inner(TypedDict):
    login: str
    id: int


class Whole(TypedDict):
    reason: Literal["manual", "batch"]
    flag: bool
    note: str | None
    member: Inner
    users: list[Inner]
    team: Inner | None


texts = st.text(st.characters(codec="utf-8", exclude_characters="\x00\r\n"), max_size=20)
inner = st.fixed_dictionaries({"login": texts, "id": st.integers(-(2**40), 2**40)})


def posted(value):
    data = {
        "reason": value["reason"],
        "note": value["note"] or "",
        "member.login": value["member"]["login"],
        "member.id": str(value["member"]["id"]),
        "users": json.dumps(value["users"]),
        "team": json.dumps(value["team"]),
    }
    return data | {"flag": "true" if value["flag"] else "false"}


@given(
    st.fixed_dictionaries(
        {
            "reason": st.sampled_from(["manual", "batch"]),
            "flag": st.booleans(),
            "note": st.none() | texts.filter(bool),
            "member": inner,
            "users": st.lists(inner, max_size=3),
            "team": st.none() | inner,
        }
    )
)
def test_what_is_written_into_the_form_is_the_input(value):
    form = ContractForm(Whole, posted(value))

    assert form.is_valid(), form.errors
    assert json.loads(form.input_json()) == value


def test_fields_stand_in_groups_and_a_choice_offers_what_the_contract_names():
    form = ContractForm(Whole)

    assert [(name, [field.name for field in fields]) for name, fields in form.groups] == [
        ("", ["reason", "flag", "note", "users", "team"]),
        ("member", ["member.login", "member.id"]),
    ]
    assert form.fields["reason"].choices == [("manual", "manual"), ("batch", "batch")]


def test_what_is_no_json_is_named():
    form = ContractForm(
        Whole, {"reason": "manual", "flag": "true", "member.id": "1", "users": "[1,"}
    )

    assert not form.is_valid()
    assert "not JSON" in str(form.errors["users"])
