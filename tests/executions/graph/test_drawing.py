"""The SVG: what it says, and what it must never contain."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from executions.graph import drawing
from executions.graph.drawing import Sheet, TooLarge
from executions.graph.scopes import Kind
from executions.graph.states import URGENCY, Status
from tests.executions.graph.definitions import definitions

_SVG = "{http://www.w3.org/2000/svg}"
_ROOT = Path(__file__).parents[3]

FETCH = {
    "StartAt": "FetchJobs",
    "States": {
        "FetchJobs": {
            "Type": "Task",
            "Comment": "All jobs of the attempt.",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Retry": [{"ErrorEquals": ["GitHubUnavailable"], "MaxAttempts": 4}],
            "Catch": [{"ErrorEquals": ["Gone"], "Next": "Give up"}],
            "Next": "Done",
        },
        "Done": {"Type": "Succeed"},
        "Give up": {"Type": "Fail"},
    },
}


def parsed(svg):
    return ElementTree.fromstring(  # noqa: S314 -- our own
        svg.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
    )


def drawn(definition, statuses=None, taken=()):
    return parsed(Sheet(definition).draw(statuses or {}, taken, name="workflow-cost"))


def labels(svg):
    return [element.get("aria-label") for element in svg.iter() if element.get("aria-label")]


def classes(svg, word):
    return [one for one in svg.iter() if word in one.get("class", "").split()]


def test_states_are_told_in_order_of_reading_with_their_outcome():
    svg = drawn(
        FETCH,
        {
            ("FetchJobs",): Status("caught", tries=5, visits=2),
            ("Give up",): Status("failed"),
        },
    )

    assert labels(svg) == [
        "FetchJobs, Task, failed and caught, 5 tries, 2 visits",
        "Done, Succeed, not reached",
        "Give up, Fail, failed",
    ]


def test_a_link_has_no_text_of_its_own_beside_its_name():
    svg = drawn(FETCH, {("FetchJobs",): Status("failed", tries=5, href="#step-1")})

    (link,) = svg.iter(f"{_SVG}a")
    assert [one.tag for one in link] == [f"{_SVG}title", f"{_SVG}rect"]
    (seen,) = (one for one in classes(svg, "graph-state")[0] if one.get("aria-hidden"))
    assert [one.text for one in seen.iter(f"{_SVG}text")] == ["FetchJobs", "Lambda", "5 tries"]


def test_a_visited_state_links_to_its_step_and_others_link_nowhere():
    svg = drawn(FETCH, {("FetchJobs",): Status("running", href="?page=2#step-7")})

    assert [(link.get("href"), link.get("aria-label")) for link in svg.iter(f"{_SVG}a")] == [
        ("?page=2#step-7", "FetchJobs, Task, running")
    ]


def test_the_tooltip_tells_what_the_definition_says():
    svg = drawn(FETCH)

    state = classes(svg, "graph-state")[0]
    assert state.find(f"{_SVG}title").text == (
        "FetchJobs, Task, not reached\n"
        "Lambda\n"
        "All jobs of the attempt.\n"
        "Retries: 4 more for GitHubUnavailable"
    )


@pytest.mark.parametrize("code", URGENCY)
def test_a_status_is_shown_by_symbol_colour_and_word(code):
    svg = drawn(FETCH, {("FetchJobs",): Status(code)})

    state = classes(svg, "graph-state")[0]
    assert f"is-{code}" in state.get("class").split()
    assert [use.get("href") for use in classes(state, "graph-mark")] == [f"#graph-{code}"]
    assert len(state.get("aria-label").split(", ")) == 3


def test_an_unknown_status_is_no_class():
    svg = drawn(FETCH, {("FetchJobs",): Status('"><script>')})

    assert "is-unknown" in classes(svg, "graph-state")[0].get("class").split()
    assert labels(svg)[0] == "FetchJobs, Task, unknown"


def test_the_summary_counts_states():
    svg = drawn(FETCH, {("FetchJobs",): Status("succeeded"), ("Done",): Status("succeeded")})

    assert svg.find(f"{_SVG}title").text == "State graph of workflow-cost"
    assert svg.find(f"{_SVG}desc").text == "3 states, 2 succeeded, 1 not reached"


def test_a_taken_edge_its_tip_and_its_words_are_emphasised():
    taken = {((), None, "FetchJobs", Kind.NORMAL), ((), "FetchJobs", "Give up", Kind.CATCH)}

    svg = drawn(FETCH, {}, taken)

    assert len(classes(svg, "graph-way")) == 3
    assert [one.get("class") for one in classes(svg, "is-taken")] == [
        "graph-way is-taken",
        "graph-way is-catch is-taken",
        "graph-tip is-taken",
        "graph-tip is-catch is-taken",
        "graph-start is-taken",
        "graph-label is-catch is-taken",
    ]


def test_a_map_shows_how_its_iterations_stand():
    definition = {
        "StartAt": "Each",
        "States": {
            "Each": {
                "Type": "Map",
                "ItemProcessor": {
                    "StartAt": "Do",
                    "States": {"Do": {"Type": "Pass", "End": True}},
                },
                "End": True,
            }
        },
    }
    counts = (("failed", 2), ("running", 3), ("succeeded", 1200))

    svg = drawn(definition, {("Each",): Status("running", counts=counts)})

    assert labels(svg)[0] == (
        "Each, Map, running, iterations: 2 failed and 3 running and 1,200 succeeded"
    )
    assert {one.text for one in classes(svg, "graph-count")} == {"2", "3", "1,200"}


def test_tries_take_the_place_of_the_sign_of_a_retry():
    before = drawn(FETCH)
    after = drawn(FETCH, {("FetchJobs",): Status("failed", tries=5)})

    assert len(classes(before, "graph-retry")) == 1
    assert classes(after, "graph-retry") == []
    assert [one.text for one in classes(after, "graph-repeats")] == ["5 tries"]


def test_unreachable_states_are_marked():
    definition = {**FETCH, "States": {**FETCH["States"], "Lost": {"Type": "Pass", "End": True}}}

    svg = drawn(definition)

    assert [one.get("aria-label") for one in classes(svg, "is-unreachable")] == [
        "Lost, Pass, cannot be reached"
    ]


def test_long_names_are_cut_and_told_in_full():
    name = "N" * 80
    svg = drawn({"StartAt": name, "States": {name: {"Type": "Pass", "End": True}}})

    (shown,) = (one.text for one in classes(svg, "graph-name"))
    assert shown.endswith("…")
    assert labels(svg) == [f"{name}, Pass, not reached"]


_nasty = st.text(alphabet="<>&\"' a{}/é☃", min_size=1, max_size=12)


@settings(max_examples=60, deadline=None)
@given(name=_nasty, text=_nasty, href=_nasty)
def test_whatever_the_words_the_markup_stays_whole(name, text, href):
    definition = {
        "StartAt": name,
        "States": {
            name: {
                "Type": "Choice",
                "Comment": text,
                "Choices": [{"Variable": text, "StringEquals": text, "Next": "z"}],
            },
            "z": {
                "Type": "Task",
                "Resource": f"arn:aws:states:::{text}:{text}",
                "Retry": [{"ErrorEquals": [text]}],
                "Catch": [{"ErrorEquals": [text], "Next": name}],
                "End": True,
            },
        },
    }

    svg = parsed(
        Sheet(definition).draw(
            {(name,): Status("failed", href=href)}, {((), name, "z", Kind.NORMAL)}, name=text
        )
    )

    assert f"{name}, Choice, failed" in labels(svg)
    assert [link.get("href") for link in svg.iter(f"{_SVG}a")] == [href]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(definitions(), st.sampled_from(URGENCY))
def test_the_markup_obeys_the_policy_and_refers_to_nothing_missing(definition, code):
    sheet = Sheet(definition)
    statuses = {
        node.state.path: Status(code, tries=2, counts=(("failed", 1), ("succeeded", 20_000)))
        for node in sheet.graph.nodes
    }

    svg = parsed(sheet.draw(statuses, {("x",)}, name="x"))

    ids = [one.get("id") for one in svg.iter() if one.get("id")]
    assert len(ids) == len(set(ids))
    for element in svg.iter():
        assert not {name for name in element.attrib if name == "style" or name.startswith("on")}
        assert element.tag not in (f"{_SVG}style", f"{_SVG}script", f"{_SVG}foreignObject")
        if element.tag == f"{_SVG}use":
            assert element.get("href")[1:] in ids


@given(definitions(most=5, depth=1))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_drawing_twice_gives_the_same(definition):
    assert Sheet(definition).draw({}, (), name="x") == Sheet(definition).draw({}, (), name="x")


def test_every_class_has_a_look():
    css = (_ROOT / "static" / "css" / "graph.css").read_text("utf-8")
    machine = json.loads((_ROOT / "aws/statemachines/workflow-cost.asl.json").read_text("utf-8"))
    svg = drawn(machine, {("StoreRun",): Status("caught", tries=3)})

    used = {
        word for one in svg.iter() for word in one.get("class", "").split() if "graph-" in word
    }
    # They only group; the look is that of what they contain.
    assert {word for word in used if f".{word}" not in css} <= {"graph-end"}


def test_the_font_sizes_of_the_look_are_those_that_were_measured():
    css = (_ROOT / "static" / "css" / "graph.css").read_text("utf-8")

    for selector, size in (("graph-name", 13), ("graph-note", 11), ("graph-label", 11)):
        block = re.search(rf"^\.{selector} {{(.*?)}}", css, re.DOTALL | re.MULTILINE)
        assert f"font-size: {size}px" in block[1]


def test_more_than_anybody_could_read_is_refused():
    count = drawing.MOST_STATES + 1
    states = {f"S{number}": {"Type": "Pass", "Next": f"S{number + 1}"} for number in range(count)}

    with pytest.raises(TooLarge):
        Sheet({"StartAt": "S0", "States": states})


def test_maps_in_maps_without_an_end_are_refused():
    definition = {"StartAt": "S", "States": {"S": {"Type": "Pass", "End": True}}}
    for _ in range(400):
        definition = {
            "StartAt": "S",
            "States": {"S": {"Type": "Map", "ItemProcessor": definition, "End": True}},
        }

    with pytest.raises(TooLarge):
        Sheet(definition)
