"""Which events a route's patterns let through."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghkit import route_filters
from ghkit.route_filters import BadPattern, Patterns


def run(**fields):
    return {
        "repository": {"full_name": "octo-org/Web"},
        "workflow_run": {
            "head_branch": "release/2.0",
            "name": "Build",
            "path": ".github/workflows/build.yml@refs/heads/main",
        }
        | fields,
    }


@pytest.mark.parametrize(
    ("field", "include", "exclude", "passes"),
    [
        ("branches", (), (), True),
        ("branches", ("release/2.0",), (), True),
        ("branches", ("release/*",), (), True),
        ("branches", ("*",), (), False),  # a star is any text without a slash
        ("branches", ("**",), (), True),
        ("branches", ("main", "release/?.0"), (), True),
        ("branches", ("RELEASE/*",), (), False),  # Git's branches know upper and lower case
        ("branches", ("main",), (), False),
        ("branches", ("**",), ("release/**",), False),  # leaving out decides
        ("branches", (), ("dependabot/**",), True),
        ("repositories", ("octo-org/web",), (), True),  # GitHub's names do not care about case
        ("repositories", ("OCTO-ORG/*",), (), True),
        ("repositories", ("we?",), (), True),  # the name alone will do
        ("repositories", ("octo.org/web",), (), False),  # a full stop is a full stop
        ("workflows", ("Build",), (), True),
        ("workflows", ("build.yml",), (), True),
        ("workflows", (".github/workflows/*.yml",), (), True),
        ("workflows", ("deploy.yml",), (), False),
        ("organizations", ("nobody",), (), True),  # nothing that a run is filtered by
    ],
)
def test_patterns_let_through_what_they_say(field, include, exclude, passes):
    filters = {field: Patterns(include, exclude)}

    assert (route_filters.objection(filters, "workflow_run", run()) == "") is passes


def test_an_objection_names_the_pattern_and_what_it_met():
    left_out = {"branches": Patterns(exclude=("release/**",))}
    not_chosen = {"repositories": Patterns(include=("octo-org/api",))}

    assert route_filters.objection(left_out, "workflow_run", run()) == (
        "the filter leaves out branches like 'release/**': this one is 'release/2.0'"
    )
    assert route_filters.objection(not_chosen, "workflow_run", run()) == (
        "the filter lets in chosen repositories alone: this one is 'octo-org/Web'"
    )


def test_what_an_event_does_not_name_is_in_no_choice_and_left_out_by_nothing():
    chosen = {"branches": Patterns(include=("**",))}
    left_out = {"branches": Patterns(exclude=("**",))}
    nameless = run(head_branch=None)

    assert "this one is none" in route_filters.objection(chosen, "workflow_run", nameless)
    assert route_filters.objection(left_out, "workflow_run", nameless) == ""


def test_people_are_filtered_by_organization_and_team():
    body = {"organization": {"login": "octo-org"}, "team": {"slug": "core", "name": "The Core"}}

    assert route_filters.objection({"teams": Patterns(("core",))}, "membership", body) == ""
    assert route_filters.objection({"teams": Patterns(("the core",))}, "membership", body) == ""
    assert route_filters.objection({"organizations": Patterns(("x",))}, "organization", body)


@pytest.mark.parametrize(
    ("patterns", "problem"),
    [
        (["x"] * 101, "101 patterns"),
        (["x" * 256], "longer than 255"),
        (["a\x00b"], "a character that no name has"),
        (["*a" * 9], "more than 8 wildcards"),
    ],
)
def test_a_pattern_that_cannot_be_meant_is_named(patterns, problem):
    with pytest.raises(BadPattern, match=problem):
        route_filters.check_patterns(patterns)


@given(pattern=st.text("ab/.-+[", max_size=20), name=st.text("ab/.-+[", max_size=20))
def test_a_pattern_without_wildcards_means_that_name_alone(pattern, name):
    assert route_filters.matches("branches", pattern, name) is (pattern == name)


@given(parts=st.lists(st.text("ab/", max_size=5), min_size=1, max_size=4), filling=st.text("a/"))
def test_two_stars_stand_for_any_text(parts, filling):
    assert route_filters.matches("branches", "**".join(parts), filling.join(parts))


@given(pattern=st.text("a*", min_size=1, max_size=30), name=st.text("ab", max_size=255))
def test_no_sound_pattern_takes_long(pattern, name):
    try:
        route_filters.check_patterns([pattern])
    except BadPattern:
        return
    expected = re.fullmatch("[ab]*".join(map(re.escape, re.split(r"\*+", pattern))), name)

    assert route_filters.matches("branches", pattern, name) is bool(expected)
