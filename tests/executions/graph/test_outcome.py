from dataclasses import dataclass

from executions.graph.outcome import outcome
from executions.graph.scopes import Kind, read
from executions.graph.states import Status


@dataclass
class Visit:
    path: str
    state: str
    status: str = "succeeded"
    attempt: int = 1


def _outcome(definition, *visits):
    return outcome(read(definition), visits, lambda visit: f"#{visits.index(visit)}")


LOOP = {
    "StartAt": "Ask",
    "States": {
        "Ask": {
            "Type": "Task",
            "Next": "Done?",
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Tidy"}],
        },
        "Done?": {"Type": "Choice", "Choices": [], "Default": "Ask"},
        "Tidy": {"Type": "Pass", "End": True},
    },
}

EACH = {
    "StartAt": "Each",
    "States": {
        "Each": {
            "Type": "Map",
            "ItemProcessor": {
                "StartAt": "Work",
                "States": {
                    "Work": {"Type": "Task", "Next": "Store"},
                    "Store": {"Type": "Task", "End": True},
                },
            },
            "End": True,
        }
    },
}


def test_of_several_visits_the_latest_counts():
    statuses, taken = _outcome(
        LOOP,
        Visit("Ask", "Ask"),
        Visit("Done?", "Done?"),
        Visit("Ask", "Ask", "caught", attempt=5),
        Visit("Tidy", "Tidy", "running"),
    )

    assert statuses == {
        ("Ask",): Status("caught", tries=5, visits=2, href="#2"),
        ("Done?",): Status("succeeded", href="#1"),
        ("Tidy",): Status("running", href="#3"),
    }
    assert taken >= {
        ((), None, "Ask", Kind.NORMAL),
        ((), "Ask", "Done?", Kind.NORMAL),
        ((), "Done?", "Ask", Kind.NORMAL),
        ((), "Ask", "Tidy", Kind.CATCH),
    }
    assert ((), "Ask", "Tidy", Kind.NORMAL) not in taken
    assert ((), "Tidy", None, Kind.NORMAL) not in taken


def test_an_end_is_reached_by_success_alone():
    _, taken = _outcome(LOOP, Visit("Ask", "Ask", "caught"), Visit("Tidy", "Tidy"))

    assert ((), "Tidy", None, Kind.NORMAL) in taken


def test_of_iterations_the_worst_is_shown_and_all_are_counted():
    statuses, _ = _outcome(
        EACH,
        Visit("Each", "Each", "running"),
        Visit("Each/0/Work", "Work"),
        Visit("Each/1/Work", "Work", "failed", attempt=3),
        Visit("Each/2/Work", "Work"),
        Visit("Each/0/Store", "Store"),
        Visit("Each/2/Store", "Store", "running"),
    )

    assert statuses["Each", "Work"] == Status(
        "failed", tries=3, visits=3, counts=(("failed", 1), ("succeeded", 2)), href="#2"
    )
    assert statuses["Each",].counts == (("failed", 1), ("running", 1), ("succeeded", 1))


def test_an_iteration_between_two_states_still_runs():
    statuses, _ = _outcome(EACH, Visit("Each", "Each", "running"), Visit("Each/0/Work", "Work"))

    assert statuses["Each",].counts == (("running", 1),)


def test_iterations_of_maps_in_maps_are_counted_together():
    inner = {"StartAt": "In", "States": {"In": {**EACH["States"]["Each"]}}}
    definition = {
        "StartAt": "Out",
        "States": {"Out": {"Type": "Map", "ItemProcessor": inner, "End": True}},
    }

    statuses, _ = _outcome(
        definition,
        Visit("Out", "Out"),
        Visit("Out/0/In", "In"),
        Visit("Out/1/In", "In"),
        Visit("Out/0/In/0/Store", "Store"),
        Visit("Out/0/In/1/Store", "Store"),
        Visit("Out/1/In/0/Store", "Store"),
    )

    assert statuses["Out",].counts == (("succeeded", 2),)
    assert statuses["Out", "In"].counts == (("succeeded", 3),)
    assert statuses["Out", "In", "Store"].counts == (("succeeded", 3),)


def test_branches_are_no_iterations():
    branch = {"StartAt": "Left", "States": {"Left": {"Type": "Pass", "End": True}}}
    definition = {
        "StartAt": "Fan",
        "States": {"Fan": {"Type": "Parallel", "Branches": [branch], "End": True}},
    }

    statuses, _ = _outcome(definition, Visit("Fan", "Fan"), Visit("Fan/1/Left", "Left"))

    assert statuses == {
        ("Fan",): Status("succeeded", href="#0"),
        ("Fan", "Left"): Status("succeeded", href="#1"),
    }


def test_a_name_that_looks_like_a_path_is_found_by_its_name():
    definition = {"StartAt": "a/1/b", "States": {"a/1/b": {"Type": "Pass", "End": True}}}

    statuses, _ = _outcome(definition, Visit("a/1/b", "a/1/b"))

    assert statuses == {("a/1/b",): Status("succeeded", href="#0")}


def test_states_of_another_definition_are_left_out():
    statuses, taken = _outcome(EACH, Visit("Elsewhere", "Elsewhere"))

    assert statuses == {}
    assert taken == set()
