"""From a checked batch to everybody's end: parts and the children that they start."""

import json

import pytest

from core import work
from executions.services import record_events
from executions.status_events import read_event
from onboarding.models import Part, Row
from onboarding.services import batches
from tests.factories import step_functions
from tests.factories.batches import NOW, checked, states
from tests.factories.step_functions import Told
from tests.onboarding.batches.parts import (
    CHILDREN,
    MACHINES,
    PARENTS,
    child_of,
    ends,
    parent_ends,
    parents,
    work_off,
)

pytestmark = pytest.mark.django_db


def test_a_part_is_started_once_with_everybody_in_it(aws, limit, clock):
    batch = checked("ada", "bob")

    work_off(clock)

    [parent] = parents(aws)
    assert parent.name == f"by-hand-{batch.public_id}-1"
    ids = dict(batch.rows.values_list("login", "github_id"))
    assert json.loads(parent.input) == {
        "batch": str(batch.public_id),
        "organization": {"login": "octo-org", "id": 42},
        "installation_id": 4242,
        "requested_by": None,
        "users": [
            {"row": 1, "id": ids["ada"], "login": "ada"},
            {"row": 2, "id": ids["bob"], "login": "bob"},
        ],
    }
    assert states(batch) == ["running", "running"]
    part = batch.parts.get()
    assert (part.state, part.execution_arn, part.people) == ("running", parent.arn, 2)


def test_children_tell_of_each_person_and_the_last_one_ends_the_batch(aws, limit, clock):
    batch = checked("ada", "bob")
    work_off(clock)
    [parent] = parents(aws)

    ends(child_of(parent, 1), "SUCCEEDED", NOW)
    work_off(clock)
    assert states(batch) == ["succeeded", "running"]

    ends(child_of(parent, 2), "FAILED", NOW, error="PersonUnknown", cause="no record of bob")
    work_off(clock)

    bob = batch.rows.get(number=2)
    assert (bob.state, bob.execution_arn) == (
        "failed",
        f"{CHILDREN}:child-{parent.name[-3:]}-2".replace(":stateMachine:", ":execution:"),
    )
    assert bob.error == "PersonUnknown: no record of bob"
    batch.refresh_from_db()
    assert (batch.state, batch.ended_at) == ("done", NOW)


def test_a_parent_tells_of_children_whose_events_were_lost(aws, limit, clock):
    batch = checked("ada", "bob")
    work_off(clock)

    parent_ends(parents(aws)[0], {1: "succeeded", 2: "failed"}, NOW)
    work_off(clock)

    assert states(batch) == ["succeeded", "failed"]
    assert batch.parts.get().state == "ended"
    batch.refresh_from_db()
    assert batch.state == "done"


def test_whoever_is_told_of_by_the_parent_first_is_named_with_the_execution_at_once(
    aws, limit, clock
):
    batch = checked("ada", "bob")
    work_off(clock)
    [parent] = parents(aws)
    ada, bob = child_of(parent, 1), child_of(parent, 2)
    ends(ada, "SUCCEEDED", NOW)
    ends(bob, "FAILED", NOW, error="PersonUnknown")
    parent_ends(parent, {1: "succeeded", 2: "failed"}, NOW)

    batches.work_off_due_parts(clock=clock)  # the children's turn has not come

    told = batch.rows.order_by("number").values_list("state", "execution_arn")
    assert list(told) == [("succeeded", ada.arn), ("failed", bob.arn)]


def test_an_aborted_parent_leaves_its_living_children_and_fails_the_others(aws, limit, clock):
    batch = checked("ada", "bob")
    work_off(clock)
    [parent] = parents(aws)
    ada = child_of(parent, 1)
    record_events([read_event(ada.status_event())], machines=MACHINES, now=NOW)

    ends(parent, "ABORTED", NOW)
    work_off(clock)

    assert states(batch) == ["running", "failed"]
    ends(ada, "SUCCEEDED", NOW)
    work_off(clock)
    assert states(batch) == ["succeeded", "failed"]
    batch.refresh_from_db()
    assert batch.state == "done"


def test_a_part_that_aws_refuses_fails_its_people_who_may_be_retried(aws, limit, clock):
    aws.faults["StartExecution"] = step_functions.Refused("InvalidExecutionInput", "bad")
    batch = checked("ada")

    work_off(clock)

    assert (states(batch), batch.parts.get().state) == (["failed"], "refused")
    assert "AWS did not start it" in batch.rows.get().error
    aws.faults.clear()
    batches.retry_failed(batch=batch, now=NOW)
    work_off(clock)
    assert states(batch) == ["running"]


def test_executions_of_others_bother_no_batch(aws, clock):
    batch = checked("ada")
    stranger = Told("organization-1", '{"batch": null, "row": null}', CHILDREN).started()
    foreign = Told("by-hand-not-a-uuid-at-all-not-a-uuid-at-al-1", "{}", PARENTS).started()

    for told in (stranger, foreign):
        ends(told, "SUCCEEDED", NOW)
    follow = work.due(Row, now=NOW).exists() or work.due(Part, now=NOW).exists()

    assert (follow, states(batch)) == (False, ["waiting"])
