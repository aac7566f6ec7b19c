"""The sandbox publishes team rules as the dashboard does: one item, the next version."""

import json

from ghkit.team_rules import choose_teams, parse_rules


def published(stack):
    [item] = stack.items("TeamRulesTable", id="published")
    return item


def test_rules_of_the_control_api_are_what_the_product_reads(stack):
    stack.control.put("/rules", json={"default": ["everyone"]}).raise_for_status()
    before = published(stack)["version"]
    order = {"default": ["everyone"], "departments": {"Engineering": ["Backend", "on-call"]}}

    answer = stack.control.put("/rules", json=order)

    item = published(stack)
    rules = parse_rules(item["rules"])
    chosen = choose_teams(rules, {"department": " engineering "})
    assert answer.json() == {"version": before + 1}
    assert (item["version"], rules.version) == (before + 1, before + 1)
    assert [choice.slug for choice in chosen] == ["everyone", "backend", "on-call"]
    assert item["published_at"].endswith("Z")
    assert json.loads(item["rules"])["rules"][0]["when"] == {"department": "Engineering"}
