"""Publishing team rules: one item, one step, nothing lost."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from core.aws.errors import AwsUnavailable
from ghkit import team_rules
from ghkit.team_rules import Rule, TeamRules
from onboarding.models import RuleDraft, RuleSet
from onboarding.rule_drafts import Draft, DraftRow
from onboarding.services import rules as services

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 25, 12, 30, 1, 250_000, tzinfo=UTC)
DRAFT = Draft(("everyone",), (DraftRow(department="Engineering", teams=("engineering",)),))
RULES = TeamRules(1, ("everyone",), (Rule((("department", "Engineering"),), ("engineering",)),))


@pytest.fixture
def bob(django_user_model):
    return django_user_model.objects.create_user("bob")


def drafted(user, draft=DRAFT, *, based_on=0):
    services.save_draft(user=user, draft=draft, based_on=based_on, now=NOW)
    return draft


def publish(user, draft=DRAFT, *, based_on=0, note="", now=NOW):
    return services.publish(user=user, draft=draft, based_on=based_on, note=note, now=now)


def test_publishing_writes_one_item_records_the_version_and_ends_the_draft(tables, ada):
    drafted(ada)

    published = publish(ada, note="  The first ones. ")

    assert tables.rules == {
        "id": "published",
        "version": 1,
        "published_at": "2026-11-25T12:30:01.250000Z",
        "published_by": "ada",
        "note": "The first ones.",
        "rules": team_rules.to_text(RULES),
    }
    assert RuleSet.objects.get() == published
    assert (published.rules, published.published_at) == (RULES, NOW)
    assert not RuleDraft.objects.exists()
    assert [operation for operation, _ in tables.calls] == ["PutItem"]


def test_of_two_admins_at_once_the_second_hears_of_the_first_and_keeps_the_draft(tables, ada, bob):
    drafted(ada)
    other = drafted(bob, Draft(("leads",), ()))
    publish(ada)

    with pytest.raises(services.RulesChanged, match="ada published version 1 meanwhile"):
        publish(bob, other)

    assert tables.rules["published_by"] == "ada"
    assert RuleDraft.objects.get().document == other.to_json()
    assert RuleSet.objects.count() == 1


def test_after_a_conflict_the_draft_can_be_published_on_top(tables, ada, bob):
    other = drafted(bob, Draft(("leads",), ()))
    publish(ada)

    services.accept_published(user=bob, version=1)

    assert RuleDraft.objects.get(user=bob).based_on == 1
    assert publish(bob, other, based_on=1).version == 2
    assert json.loads(tables.rules["rules"])["default"] == ["leads"]


def test_an_answer_that_got_lost_is_not_taken_for_somebody_else(tables, ada):
    # AWS did it; its client tries again by itself, and that second try meets the first one's item.
    tables.refusals.append(("PutItem", 500, {"__type": "InternalServerError"}, True))

    assert publish(ada).version == 1
    assert [operation for operation, _ in tables.calls] == ["PutItem", "PutItem", "GetItem"]


def test_a_version_that_was_published_and_not_recorded_is_recorded_when_it_is_read(tables, ada):
    publish(ada, note="Before the crash.")
    RuleSet.objects.all().delete()

    found = services.read_published(now=NOW + timedelta(hours=1))

    assert (found.version, found.published_at, found.published_by, found.note) == (
        1,
        NOW,
        "ada",
        "Before the crash.",
    )
    assert RuleSet.objects.get() == found


def test_reading_again_changes_nothing(tables, ada):
    publish(ada)

    before = RuleSet.objects.values().get()
    services.read_published(now=NOW)

    assert RuleSet.objects.values().get() == before


def test_nothing_published_is_an_answer(tables):
    assert services.read_published(now=NOW) is None


def test_a_number_that_somebody_used_again_is_what_the_table_says(tables, ada):
    publish(ada)
    tables.rules = {"version": 1, "rules": '{"version": 1, "default": ["leads"]}'}

    found = services.read_published(now=NOW)

    assert found.rules.default == ("leads",)
    assert RuleSet.objects.get().rules.default == ("leads",)


@pytest.mark.parametrize(
    ("item", "version"),
    [
        ({"version": 7, "rules": "{}"}, 7),
        ({"version": "7", "rules": "nonsense"}, 0),
        ({"version": 2}, 2),
    ],
)
def test_what_are_no_rules_is_said_and_can_be_published_over(tables, ada, item, version):
    tables.rules = item

    with pytest.raises(services.RulesUnreadable) as caught:
        services.read_published(now=NOW)

    assert caught.value.version == version
    if isinstance(item["version"], int):
        assert publish(ada, based_on=version).version == version + 1


def test_an_unfinished_draft_is_not_published(tables, ada):
    with pytest.raises(services.RulesUnfinished, match="not finished"):
        publish(ada, Draft((), (DraftRow(title="Lead"),)))
    with pytest.raises(services.RulesUnfinished, match="no rules"):
        publish(ada, Draft(("a b",), ()))
    with pytest.raises(services.RulesUnfinished, match="too long"):
        publish(ada, Draft((), (DraftRow(title="x" * 250, teams=("y" * 250,)),) * 150))
    assert tables.calls == []


def test_while_aws_is_away_nothing_is_lost(tables, ada):
    drafted(ada)
    tables.refusals += [("PutItem", 503, {}, False)] * 2

    with pytest.raises(AwsUnavailable):
        publish(ada)

    assert tables.rules is None
    assert RuleDraft.objects.get().document == DRAFT.to_json()


def test_restoring_publishes_an_old_version_as_a_new_one(tables, ada, bob):
    publish(ada)
    publish(ada, Draft(("leads",), ()), based_on=1)
    drafted(bob)

    restored = services.restore(user=bob, version=1, based_on=2, now=NOW)

    assert (restored.version, restored.note) == (3, "Restores version 1.")
    assert restored.rules.rules == RULES.rules
    assert [row.rules.version for row in RuleSet.objects.order_by("version")] == [1, 2, 3]
    assert RuleDraft.objects.filter(user=bob).exists()


def test_restoring_notices_that_somebody_was_faster(tables, ada, bob):
    publish(ada)
    publish(ada, Draft(("leads",), ()), based_on=1)

    with pytest.raises(services.RulesChanged, match="version 2"):
        services.restore(user=bob, version=1, based_on=1, now=NOW)


def test_a_draft_keeps_the_version_that_it_began_with(ada):
    drafted(ada, based_on=3)
    drafted(ada, Draft(), based_on=5)

    draft = RuleDraft.objects.get()
    assert (draft.based_on, draft.document) == (3, Draft().to_json())
