"""Who gets which teams, and why."""

import contextlib
import json
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ghkit import team_rules
from ghkit.errors import InvalidPayload
from ghkit.team_rules import Choice, Rule, TeamRules

RULES = TeamRules(
    version=3,
    default=("everyone",),
    rules=(
        Rule(when=(("department", "Engineering"),), teams=("engineering", "on-call")),
        Rule(when=(("department", "Engineering"), ("title", "Lead")), teams=("leads", "everyone")),
        Rule(when=(("email_domain", "acme.com"),), teams=("acme",)),
    ),
)

words = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=8)
# A slug's lower case must be its own, which not every letter's is.
slugs = st.text("abcdefghijklmnopqrstuvwxyz0123456789-_.", min_size=1, max_size=12)
domains = st.from_regex(r"[a-z]{1,8}\.[a-z]{2,3}", fullmatch=True)
teams = st.lists(slugs, max_size=4, unique=True).map(tuple)


@st.composite
def single_rules(draw):
    when = draw(
        st.fixed_dictionaries(
            {}, optional={"department": words, "title": words, "email_domain": domains}
        ).filter(bool)
    )
    ordered = tuple((key, when[key]) for key in team_rules.CONDITIONS if key in when)
    return Rule(when=ordered, teams=draw(teams.filter(bool)))


all_rules = st.builds(
    TeamRules,
    version=st.integers(1, team_rules.VERSION_MAX),
    default=teams,
    rules=st.lists(single_rules(), max_size=5).map(tuple),
)
records = st.fixed_dictionaries(
    {},
    optional={
        "department": words | st.none(),
        "title": words | st.integers(),
        "email": domains.map("x@{}".format) | words,
    },
)


@pytest.mark.parametrize(
    ("record", "chosen"),
    [
        ({}, ["everyone"]),
        ({"department": "Sales"}, ["everyone"]),
        ({"department": "  engineering "}, ["everyone", "engineering", "on-call"]),
        (
            {"department": "Engineering", "title": "LEAD"},
            ["everyone", "engineering", "on-call", "leads"],
        ),
        ({"title": "Lead"}, ["everyone"]),
        ({"email": "ada@ACME.com"}, ["everyone", "acme"]),
        ({"email": "ada@mail.acme.com"}, ["everyone"]),
        ({"email": "acme.com"}, ["everyone"]),
        ({"department": None, "title": 7, "email": ["ada@acme.com"]}, ["everyone"]),
    ],
)
def test_everybody_gets_the_default_and_what_every_matching_rule_gives(record, chosen):
    assert [choice.slug for choice in team_rules.choose_teams(RULES, record)] == chosen


def test_each_team_says_which_rules_gave_it_and_why():
    record = {"department": "Engineering", "title": "Lead", "email": "ada@acme.com"}

    choices = team_rules.choose_teams(RULES, record)

    lead = "rule 2: department is Engineering and title is Lead"
    assert choices == [
        Choice("everyone", f"everybody gets it; {lead}", (0, 2)),
        Choice("engineering", "rule 1: department is Engineering", (1,)),
        Choice("on-call", "rule 1: department is Engineering", (1,)),
        Choice("leads", lead, (2,)),
        Choice("acme", "rule 3: e-mail domain is acme.com", (3,)),
    ]


@pytest.mark.parametrize(
    "department",
    [
        "Büro  Süd",
        "BÜRO SÜD",
        unicodedata.normalize("NFD", "Büro Süd"),
        "Büro\N{NO-BREAK SPACE}Süd",
        "\tbüro süd\n",
    ],
)
def test_spellings_that_people_take_for_the_same_match(department):
    rules = TeamRules(1, (), (Rule((("department", "Büro Süd"),), ("south",)),))

    assert [c.slug for c in team_rules.choose_teams(rules, {"department": department})] == [
        "south"
    ]


@given(rules=all_rules, record=records)
def test_a_choice_names_each_team_once_and_exactly_the_rules_that_match(rules, record):
    choices = team_rules.choose_teams(rules, record)

    assert len({choice.slug for choice in choices}) == len(choices)
    matching = {0: rules.default} | {
        number: rule.teams
        for number, rule in enumerate(rules.rules, start=1)
        if rule.matches(record)
    }
    expected = list(dict.fromkeys(slug for given in matching.values() for slug in given))
    assert [choice.slug for choice in choices] == expected
    for choice in choices:
        assert choice.rules == tuple(n for n, given in matching.items() if choice.slug in given)
    assert set(expected) <= set(rules.slugs)


@given(rules=all_rules, department=words)
@example(rules=RULES, department="ENGINEERING")
def test_case_and_outer_spaces_of_a_record_never_matter(rules, department):
    # ß and its like have capitals that fold to something longer, hence casefold and not lower.
    plain = team_rules.choose_teams(rules, {"department": department})

    assert team_rules.choose_teams(rules, {"department": f" {department.casefold()}  "}) == plain
    decomposed = unicodedata.normalize("NFD", department)
    assert team_rules.choose_teams(rules, {"department": decomposed}) == plain


@given(text=st.text())
def test_folding_twice_changes_nothing(text):
    assert team_rules._fold(team_rules._fold(text)) == team_rules._fold(text)


@given(rules=all_rules)
def test_what_is_written_is_read_back_unchanged(rules):
    assert team_rules.parse_rules(team_rules.to_text(rules)) == rules


def test_reading_puts_right_what_people_write_differently():
    document = {
        "version": 1,
        "default": [" Everyone ", "everyone"],
        "rules": [{"teams": ["a"], "when": {"email_domain": "@Acme.COM", "department": " Ops "}}],
        "comment": "of a later version",
    }

    assert team_rules.read_rules(document) == TeamRules(
        1, ("everyone",), (Rule((("department", "Ops"), ("email_domain", "acme.com")), ("a",)),)
    )


def test_rules_may_be_absent():
    assert team_rules.read_rules({"version": 1}) == TeamRules(1, (), ())


def rule(**changes):
    return {"version": 1, "rules": [{"when": {"title": "Lead"}, "teams": ["leads"]} | changes]}


@pytest.mark.parametrize(
    ("document", "field", "problem"),
    [
        ([], "team rules", "expected an object"),
        ({}, "version", "expected a whole number"),
        ({"version": True}, "version", "expected a whole number"),
        ({"version": "1"}, "version", "expected a whole number"),
        ({"version": 0}, "version", f"expected a number from 1 to {2**53 - 1}"),
        ({"version": 2**53}, "version", f"expected a number from 1 to {2**53 - 1}"),
        ({"version": 1, "default": "everyone"}, "default", "expected a list"),
        ({"version": 1, "default": ["ok", 5]}, "default[1]", "expected a text"),
        ({"version": 1, "default": [" "]}, "default[0]", "expected a team's slug"),
        ({"version": 1, "default": ["a b"]}, "default[0]", "expected a team's slug"),
        ({"version": 1, "default": ["../x"]}, "default[0]", "expected a team's slug"),
        ({"version": 1, "default": ["x" * 256]}, "default[0]", "expected at most 255 characters"),
        ({"version": 1, "rules": {}}, "rules", "expected a list"),
        ({"version": 1, "rules": ["x"]}, "rules[0]", "expected an object"),
        (rule(unless={}), "rules[0]", "expected nothing but when, teams"),
        (rule(when=None), "rules[0].when", "expected an object"),
        (rule(when={}), "rules[0].when", "expected a condition; for everybody use the default"),
        (
            rule(when={"title": "Lead", "country": "CH"}),
            "rules[0].when",
            "expected nothing but department, title, email_domain",
        ),
        (rule(when={"title": None}), "rules[0].when.title", "expected a text"),
        (rule(when={"title": " "}), "rules[0].when.title", "expected a text that is not empty"),
        (
            rule(when={"title": "a\0b"}),
            "rules[0].when.title",
            "expected a text that can be printed",
        ),
        (
            rule(when={"email_domain": "ada@acme.com"}),
            "rules[0].when.email_domain",
            "expected a domain, not an address",
        ),
        (rule(teams=None), "rules[0].teams", "expected a list"),
        (rule(teams=[]), "rules[0].teams", "expected a team"),
    ],
)
def test_what_cannot_be_rules_is_refused_naming_the_culprit(document, field, problem):
    with pytest.raises(InvalidPayload) as caught:
        team_rules.parse_rules(json.dumps(document))

    assert (caught.value.field, caught.value.problem) == (field, problem)


@pytest.mark.parametrize("text", ["", "{", "NaN]", "[" * 10_000])
def test_what_is_no_json_is_refused(text):
    with pytest.raises(InvalidPayload, match="team rules: expected JSON"):
        team_rules.parse_rules(text)


@given(text=st.text())
def test_any_text_is_read_or_refused(text):
    with contextlib.suppress(InvalidPayload):
        team_rules.parse_rules(text)


def test_rules_that_no_state_machine_can_carry_are_neither_written_nor_read():
    many = Rule((("title", "t" * 255),), ("x" * 255,))
    rules = TeamRules(1, (), (many,) * 200)
    text = json.dumps(team_rules.to_document(rules))

    with pytest.raises(InvalidPayload, match="expected at most 65536 bytes"):
        team_rules.to_text(rules)
    with pytest.raises(InvalidPayload, match="expected at most 65536 bytes"):
        team_rules.parse_rules(text)
