import json
from pathlib import Path

import pytest

from executions.graph.scopes import Edge, Kind, read, states_of

_MACHINES = Path(__file__).parents[3] / "aws" / "statemachines"


def test_read_finds_every_kind_of_edge():
    definition = {
        "StartAt": "Ask",
        "States": {
            "Ask": {
                "Type": "Task",
                "Next": "Is it known?",
                "Catch": [
                    {"ErrorEquals": ["Gone"], "Next": "Give up"},
                    {"ErrorEquals": ["States.ALL"], "Next": "Give up"},
                ],
            },
            "Is it known?": {
                "Type": "Choice",
                "Choices": [{"Variable": "$.x", "IsPresent": True, "Next": "Work"}],
                "Default": "Rest",
            },
            "Rest": {"Type": "Wait", "Seconds": 5, "Next": "Ask"},
            "Work": {"Type": "Pass", "End": True},
            "Give up": {"Type": "Fail"},
        },
    }

    scope = read(definition)

    assert scope.edges == (
        Edge(None, "Ask", Kind.NORMAL),
        Edge("Ask", "Is it known?", Kind.NORMAL),
        Edge("Ask", "Give up", Kind.CATCH, ("Gone", "any error")),
        Edge("Is it known?", "Work", Kind.NORMAL, ("$.x present",)),
        Edge("Is it known?", "Rest", Kind.NORMAL, ("otherwise",)),
        Edge("Rest", "Ask", Kind.NORMAL, is_loop=True),
        Edge("Work", None, Kind.NORMAL),
    )


def test_rules_that_lead_to_one_state_are_one_edge():
    rule = {"Variable": "$.x", "NumericEquals": 1}
    definition = {
        "StartAt": "Which",
        "States": {
            "Which": {
                "Type": "Choice",
                "Choices": [
                    {**rule, "Next": "Stop"},
                    {**rule, "NumericEquals": 2, "Next": "Stop"},
                ],
                "Default": "Stop",
            },
            "Stop": {"Type": "Succeed"},
        },
    }

    assert read(definition).edges[1] == Edge(
        "Which", "Stop", Kind.NORMAL, ("$.x = 1", "$.x = 2", "otherwise")
    )


def test_states_inside_know_their_place():
    branch = {"StartAt": "Leaf", "States": {"Leaf": {"Type": "Pass", "End": True}}}
    fan = {"Type": "Parallel", "Branches": [branch], "End": True}
    definition = {
        "StartAt": "Each",
        "States": {
            "Each": {
                "Type": "Map",
                "Iterator": {"StartAt": "Fan", "States": {"Fan": fan}},
                "End": True,
            }
        },
    }

    states = {state.path: state for state in states_of(read(definition))}

    assert list(states) == [("Each",), ("Each", "Fan"), ("Each", "Fan", "Leaf")]
    assert states["Each",].note == "Map"
    assert states["Each", "Fan"].note == "Parallel, 1 branch"


def test_a_map_says_its_mode_and_width():
    inner = {"StartAt": "Leaf", "States": {"Leaf": {"Type": "Pass", "End": True}}}
    definition = {
        "StartAt": "Each",
        "States": {
            "Each": {
                "Type": "Map",
                "ItemProcessor": {**inner, "ProcessorConfig": {"Mode": "DISTRIBUTED"}},
                "MaxConcurrency": 40,
                "End": True,
            }
        },
    }

    assert read(definition).states["Each"].note == "Map, distributed, 40 at once"


def test_states_that_nothing_leads_to_are_known_as_such():
    definition = {
        "StartAt": "A",
        "States": {
            "Lost": {"Type": "Pass", "Next": "Lost too"},
            "Lost too": {"Type": "Pass", "Next": "A"},
            "A": {"Type": "Pass", "End": True},
        },
    }

    states = read(definition).states.values()

    assert [state.name for state in states if not state.is_reachable] == ["Lost", "Lost too"]


def test_room_for_repeats_is_kept_where_repeats_can_be():
    definition = {
        "StartAt": "Once",
        "States": {
            "Once": {"Type": "Task", "Next": "Ask"},
            "Ask": {"Type": "Task", "Next": "Enough?"},
            "Enough?": {"Type": "Choice", "Choices": [], "Default": "Ask"},
            "Again": {"Type": "Task", "Retry": [{"ErrorEquals": ["A"]}], "End": True},
            "Self": {"Type": "Task", "Next": "Self"},
        },
    }

    states = read(definition).states.values()

    assert [state.name for state in states if state.may_repeat] == [
        "Ask",
        "Enough?",
        "Again",
        "Self",
    ]


@pytest.mark.parametrize("definition", [{}, {"States": {}}, {"States": []}, {"States": None}])
def test_read_refuses_what_has_no_states(definition):
    with pytest.raises(ValueError, match="no States"):
        read(definition)


def test_read_forgives_what_is_younger_or_broken():
    definition = {
        "StartAt": 3,
        "States": {
            "A": {"Type": "Hologram", "Next": "Nowhere", "Choices": [5], "Catch": {}, "Retry": 1},
            "B": None,
            "C": {"Type": "Map", "Next": ["A"], "Iterator": {"States": {}}},
            "D": {"Type": "Choice", "Choices": [{"Next": {}}], "Default": []},
        },
    }

    scope = read(definition)

    assert [(state.name, state.type) for state in scope.states.values()] == [
        ("A", "Hologram"),
        ("B", "?"),
        ("C", "Map"),
        ("D", "Choice"),
    ]
    assert scope.edges == (Edge(None, "A", Kind.NORMAL),)


def test_a_machine_may_be_deeper_than_pythons_stack():
    count = 3000
    states = {
        f"S{number}": {"Type": "Pass", "Next": f"S{(number + 1) % count}"}
        for number in range(count)
    }

    scope = read({"StartAt": "S0", "States": states})

    assert [edge for edge in scope.edges if edge.is_loop] == [
        Edge(f"S{count - 1}", "S0", Kind.NORMAL, is_loop=True)
    ]


@pytest.mark.parametrize("file", sorted(_MACHINES.glob("*.json")), ids=lambda file: file.name)
def test_our_machines_have_no_state_that_nothing_leads_to(file):
    scope = read(json.loads(file.read_text("utf-8")))

    assert [state.name for state in states_of(scope) if not state.is_reachable] == []
