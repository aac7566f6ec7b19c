"""Rules while they are edited, and what differs between two versions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghkit import team_rules
from ghkit.team_rules import Rule, TeamRules
from onboarding.rule_drafts import Draft, DraftRow, RuleChange, compare


def rule(department, *teams):
    return Rule((("department", department),), teams)


OLD = TeamRules(1, ("everyone",), (rule("A", "a"), rule("B", "b"), rule("C", "c")))


def test_a_draft_of_published_rules_is_those_rules():
    rules = TeamRules(3, ("all",), (Rule((("title", "Lead"), ("email_domain", "x.ch")), ("l",)),))

    draft = Draft.of(rules)

    assert draft.finished_rules(version=3) == rules
    assert Draft.from_json(draft.to_json()) == draft
    assert Draft.of(None) == Draft()


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (DraftRow(), ""),
        (DraftRow(department=" "), ""),
        (DraftRow(department="A", teams=("a",)), ""),
        (DraftRow(teams=("a",)), "Say whom it is for: a department, a title or an e-mail domain."),
        (DraftRow(title="Lead"), "Choose a team."),
        (
            DraftRow(email_domain="ada@acme.com", teams=("a",)),
            "E-mail domain: expected a domain, not an address.",
        ),
        (DraftRow(title="x" * 256, teams=("a",)), "Title: expected at most 255 characters."),
        (DraftRow(title="x", teams=("a b",)), "Team: expected a team's slug."),
    ],
)
def test_an_unfinished_row_says_what_is_missing(row, problem):
    assert row.problem() == problem
    assert Draft(rows=(row,)).is_finished == (not problem)


def test_unfinished_rows_are_left_out_of_the_rules():
    draft = Draft(("e",), (DraftRow(title="x"), DraftRow(department="A", teams=("a",))))

    assert draft.finished_rules(version=2) == TeamRules(2, ("e",), (rule("A", "a"),))


def test_rows_are_added_moved_and_taken_away():
    a, b = DraftRow(title="a"), DraftRow(title="b")
    draft = Draft(rows=(a, b))

    assert draft.with_row_added().rows == (a, b, DraftRow())
    assert draft.without_row(0).rows == (b,)
    assert draft.without_row(7) == draft
    assert draft.with_row_moved(0, 1).rows == (b, a)
    assert draft.with_row_moved(1, -1).rows == (b, a)
    assert draft.with_row_moved(0, -1) == draft.with_row_moved(1, 1) == draft
    assert draft.with_row_moved(9, -1) == draft


@pytest.mark.parametrize(
    ("new", "changes"),
    [
        (OLD, []),
        (
            TeamRules(2, ("all", "everyone"), OLD.rules),
            [RuleChange("changed", "Everybody", ("all",), (), ("everyone",))],
        ),
        (
            TeamRules(2, OLD.default, (rule("A", "a", "x"), rule("B", "b"), rule("C", "c"))),
            [RuleChange("changed", "department is A", ("x",), (), ("a",))],
        ),
        (
            TeamRules(2, OLD.default, (rule("D", "d"), *OLD.rules[:2])),
            [
                RuleChange("added", "department is D", ("d",)),
                RuleChange("removed", "department is C", (), ("c",)),
            ],
        ),
        (
            TeamRules(2, OLD.default, (OLD.rules[2], *OLD.rules[:2])),
            [RuleChange("moved", "department is C", (), (), ("c",))],
        ),
        (
            TeamRules(2, OLD.default, (*OLD.rules, rule("A", "second"))),
            [RuleChange("added", "department is A", ("second",))],
        ),
    ],
)
def test_the_difference_names_each_rule_that_was_touched(new, changes):
    assert compare(OLD, new) == changes


def test_everything_is_new_where_nothing_was_published():
    assert [change.kind for change in compare(None, OLD)] == ["changed", "added", "added", "added"]


rules = st.lists(st.builds(rule, st.sampled_from("ABCD"), st.sampled_from("xyz")), max_size=5).map(
    lambda found: TeamRules(1, (), tuple(found))
)


@given(old=rules, new=rules)
def test_no_difference_means_that_nobody_gets_anything_else(old, new):
    if compare(old, new):
        return
    for department in "ABCD":
        record = {"department": department}
        assert team_rules.choose_teams(old, record) == team_rules.choose_teams(new, record)
