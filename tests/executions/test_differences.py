"""The difference of a state's input and output."""

import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from executions.differences import NotComparable, differences

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-9, 9)
    | st.sampled_from([0.5, 1.0])
    | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=5) | st.dictionaries(st.sampled_from("abcd"), inner, max_size=4)
    ),
    max_leaves=12,
)


def told(before, after):
    found = differences(json.dumps(before), json.dumps(after))
    return [(one.kind, one.path, one.before, one.after) for one in found]


def test_keys_that_came_went_and_changed_are_told_by_their_place():
    before = {"run": {"id": 7, "state": "queued"}, "old": [1]}
    after = {"run": {"id": 7, "state": "done"}, "new key": None}

    assert told(before, after) == [
        ("changed", "$.run.state", "queued", "done"),
        ("removed", "$.old", [1], None),
        ("added", '$["new key"]', None, None),
    ]


def test_an_element_put_in_front_is_one_addition_and_not_a_change_of_all_others():
    assert told([1, 2, 3], [0, 1, 2, 3]) == [("added", "$[0]", None, 0)]
    assert told([1, 2, 3], [1, 3]) == [("removed", "$[1]", 2, None)]


@pytest.mark.parametrize("pair", [(1, True), (1, 1.0), (0, False), ("1", 1), ({}, [])])
def test_what_is_written_differently_differs(pair):
    assert told(*pair) == [("changed", "$", *pair)]


@pytest.mark.parametrize("text", ["", "{", "NaN", "[" * 2000 + "]" * 2000])
def test_what_is_no_json_is_not_compared(text):
    with pytest.raises(NotComparable):
        differences(text, "{}")


def written(value):
    return json.dumps(value, sort_keys=True)


def applied(before, changes):
    """Make the newer value out of the older one and the list of changes."""
    root = {"root": copy.deepcopy(before)}
    at = lambda parts: _walk(root, ("root", *parts))  # noqa: E731
    for one in changes:
        if one.kind == "changed":
            holder, key = at(one.parts)
            holder[key] = one.after
    for one in reversed(changes):  # from the back, so that indexes stay true
        if one.kind == "removed":
            holder, key = at(one.parts)
            del holder[key]
    for one in changes:
        if one.kind == "added":
            holder, key = at(one.parts)
            holder.insert(key, one.after) if isinstance(holder, list) else holder.update(
                {key: one.after}
            )
    return root["root"]


def _walk(value, parts):
    for part in parts[:-1]:
        value = value[part]
    return value, parts[-1]


@given(before=JSON, after=JSON)
def test_the_changes_lead_from_the_older_value_to_the_newer(before, after):
    changes = differences(json.dumps(before), json.dumps(after))

    assert written(applied(before, changes)) == written(after)


@given(value=JSON)
def test_a_value_does_not_differ_from_itself(value):
    assert differences(json.dumps(value), json.dumps(value, indent=1)) == []


@given(before=JSON, after=JSON)
def test_the_way_back_has_as_many_changes(before, after):
    there, back = told(before, after), told(after, before)

    opposite = {"added": "removed", "removed": "added", "changed": "changed"}
    assert sorted(opposite[one[0]] for one in there) == sorted(one[0] for one in back)
