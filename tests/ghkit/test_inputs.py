"""Every state machine's input is checked against its contract."""

from pathlib import Path

import pytest

from ghkit.errors import InvalidPayload
from ghkit.inputs import INPUTS, check_input

MACHINES = Path(__file__).parents[2] / "aws" / "statemachines"
BATCH = {
    "batch": "b",
    "organization": {"login": "acme", "id": 42},
    "installation_id": None,
    "requested_by": "ann",
    "users": [{"row": 1, "id": 7, "login": "bob"}],
}


def test_every_machine_of_the_stack_has_a_contract():
    assert set(INPUTS) == {path.name.removesuffix(".asl.json") for path in MACHINES.iterdir()}


def test_a_batch_comes_back_as_it_was():
    assert INPUTS["onboard-members"].read(BATCH) == BATCH


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"users": []}, "users"),
        ({"users": [{}] * 1_001}, "users"),
        ({"users": "bob"}, "users"),
        ({"users": [{"row": 1, "id": 7, "login": "../x"}]}, "users[0].login"),
        ({"users": [{"row": 0, "id": 7, "login": "bob"}]}, "users[0].row"),
        ({"organization": None}, "organization"),
    ],
)
def test_a_batch_that_makes_no_sense_names_the_field(change, field):
    with pytest.raises(InvalidPayload) as caught:
        check_input("onboard-members", BATCH | change)

    assert caught.value.field == field


def test_a_machine_without_a_contract_takes_any_object_and_nothing_else():
    check_input("somebody-elses", {"any": "thing"})

    with pytest.raises(InvalidPayload):
        check_input("somebody-elses", [])
