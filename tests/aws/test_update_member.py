"""The state machine update-member, in the sandbox's Step Functions with the real Lambdas."""

import itertools
import json
from pathlib import Path

import pytest

from tests.factories.onboarding import People

FIXTURES = Path(__file__).parent.parent / "fixtures" / "github"


@pytest.fixture
def people(stack):
    people = People(stack)
    people.publish("everyone")
    yield people
    stack.heal()


@pytest.fixture
def body(stack, people):
    """Make a body of GitHub's example for an organisation and people of this test's own."""

    def make(name, member=None):
        payload = json.loads((FIXTURES / f"{name}.json").read_text())
        payload["organization"] |= {"login": people.organization, "id": people.organization_id}
        payload.pop("installation", None)
        for where in ("membership", "invitation"):
            if where in payload and "user" in payload[where]:
                payload[where]["user"] |= member
        if "user" in payload:
            payload["user"] |= member
        if payload.get("member"):
            payload["member"] |= member
        if "invitation" in payload:
            payload["invitation"]["id"] = stack.number()
        if "team" in payload:
            payload["team"] |= {"name": "Everyone"}
            if "slug" in payload["team"]:
                payload["team"]["slug"] = "everyone"
        return payload

    return make


def test_who_left_is_marked_with_the_end(stack, people, body):
    member = people.put_person()
    joined = people.record(stack.ended(people.onboard(member))["output"])
    assert joined is not None

    ended = stack.ended(
        people.play("organization", body("synthetic__organization__member_removed", member))
    )

    assert ended["status"] == "SUCCEEDED", ended
    assert (ended["output"]["status"], ended["output"]["stored"]) == ("removed", True)
    record = people.record(ended["output"])
    assert record is not None
    assert (record["status"], record["joined_at"]) == ("removed", joined["joined_at"])
    assert record["ended_at"] == record["status_observed_at"]
    assert record["email"] == joined["email"]


def test_a_late_removal_of_somebody_who_is_back_changes_nothing(stack, people, body):
    member = people.put_person()
    stack.ended(people.onboard(member))

    late = body("synthetic__organization__member_removed", member)
    ended = stack.ended(people.play("organization", late, follow=False))

    assert ended["output"]["status"] == "active"
    record = people.record(ended["output"])
    assert record is not None
    assert "ended_at" not in record


def test_an_invitation_of_an_account_is_recorded_under_the_person(stack, people, body):
    member = people.put_person(org_member=False)
    payload = body("organization__member_invited", member)

    ended = stack.ended(people.play("organization", payload))

    assert ended["output"]["status"] == "pending"
    record = people.record(ended["output"])
    assert record is not None
    assert (
        record["status"],
        record["invitation_id"],
        record["inviter"],
        record["invited_at"],
    ) == (
        "pending",
        payload["invitation"]["id"],
        "Codertocat",
        "2021-05-24T04:10:21.000000Z",
    )


def test_an_invitation_by_mail_is_recorded_without_a_person_and_once(stack, people, body):
    payload = body("synthetic__organization__member_invited_by_email")

    ended = stack.ended(people.play("organization", payload))
    again = stack.ended(people.play("organization", payload))

    assert ended["output"]["stored"] is True
    assert again["output"] == ended["output"] | {"stored": False}
    record = people.record(ended["output"])
    assert record is not None
    assert (record["member"], record["status"], record["email"]) == (
        f"invite#{payload['invitation']['id']}",
        "invited",
        "newcomer@example.com",
    )
    assert "github_id" not in record


def test_teams_follow_github_and_promises_stay(stack, people, body):
    member = people.put_person()
    stack.ended(people.onboard(member))

    removed = stack.ended(people.play("membership", body("membership__removed", member)))

    record = people.record(removed["output"])
    assert record is not None
    assert (record["status"], record["team#everyone"]["state"]) == ("active", "removed")
    assert record["team#everyone"]["promised"] is True

    added = stack.ended(people.play("membership", body("membership__added", member)))
    record = people.record(added["output"])
    assert record is not None
    assert record["team#everyone"]["state"] == "active"


def test_a_deleted_team_is_found_by_its_name(stack, people, body):
    member = people.put_person()
    stack.ended(people.onboard(member))

    ended = stack.ended(
        people.play("membership", body("membership__removed_deleted_team", member))
    )

    record = people.record(ended["output"])
    assert record is not None
    assert record["team#everyone"]["state"] == "removed"


def test_a_team_that_no_rule_gave_is_no_promise(stack, people, body):
    member = people.put_person()

    ended = stack.ended(people.play("membership", body("membership__added", member)))

    record = people.record(ended["output"])
    assert record is not None
    assert (record["team#everyone"]["state"], record["team#everyone"]["promised"]) == (
        *("active", False),
    )


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))), ids=str)
def test_events_in_any_order_end_in_the_same_record(stack, people, body, order):
    """Added to a team, removed from it, removed from the organisation: told in any order."""
    member = people.put_person(org_member=False)
    payloads = [
        ("membership", body("membership__added", member)),
        ("membership", body("membership__removed", member)),
        ("organization", body("synthetic__organization__member_removed", member)),
    ]

    arns = [people.play(*payloads[number], follow=False) for number in order]
    outputs = [stack.ended(arn)["output"] for arn in arns]

    record = people.record(outputs[0])
    assert record is not None
    assert (record["status"], record["team#everyone"]["state"]) == ("removed", "removed")


def test_a_membership_that_waits_becomes_active_by_the_teams_event(stack, people, body):
    member = people.put_person(org_member=False)
    stack.ended(people.onboard(member, reason="batch"))

    ended = stack.ended(people.play("membership", body("membership__added", member)))

    record = people.record(ended["output"])
    assert record is not None
    assert (record["status"], record["team#everyone"]["state"]) == ("active", "active")
    assert record["team#everyone"]["promised"] is True


@pytest.mark.parametrize(
    "name", ["organization__renamed", "synthetic__membership__added_by_deleted_account"]
)
def test_what_is_about_nobody_succeeds_and_changes_no_record(stack, people, body, name):
    event = "membership" if "membership" in name else "organization"

    ended = stack.ended(people.play(event, body(name), follow=False))

    assert ended["status"] == "SUCCEEDED", ended
    assert (ended["output"]["member"], ended["output"]["stored"]) == (None, False)
    assert ended["output"]["organization"]["login"] == people.organization


OUTCOMES = {
    "organization__member_added": ("FAILED", "PersonUnknown"),
    "organization__member_added_without_installation": ("FAILED", "PersonUnknown"),
    "organization__member_invited": ("SUCCEEDED", "pending"),
    "organization__renamed": ("SUCCEEDED", None),
    "membership__added": ("SUCCEEDED", "active"),
    "membership__removed": ("SUCCEEDED", "active"),
    "membership__removed_without_installation": ("SUCCEEDED", "active"),
    "membership__removed_deleted_team": ("SUCCEEDED", "active"),
    "synthetic__organization__member_removed": ("SUCCEEDED", "removed"),
    "synthetic__organization__member_invited_by_email": ("SUCCEEDED", "invited"),
    "synthetic__membership__added_by_deleted_account": ("SUCCEEDED", None),
}
"""What comes of each body exactly as GitHub gives it, one after the other."""


def test_every_example_of_githubs_has_its_outcome(stack, people):
    found = {}
    for name in OUTCOMES:
        payload = json.loads((FIXTURES / f"{name}.json").read_text())
        event = "membership" if "membership__" in name else "organization"
        ended = stack.ended(people.play(event, payload))
        output = ended["output"] or {}
        found[name] = ended["status"], ended.get("error") or output.get("status")

    assert found == OUTCOMES


def test_no_example_is_forgotten():
    there = {path.stem for path in FIXTURES.glob("*organization__*.json")}
    there |= {path.stem for path in FIXTURES.glob("*membership__*.json")}

    assert set(OUTCOMES) == there
