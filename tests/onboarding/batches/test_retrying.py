"""Who failed is tried again, and nobody else."""

from datetime import timedelta

import pytest

from core import work
from executions.models import Execution
from onboarding.enums import RowState
from onboarding.models import Batch
from onboarding.services import batches
from tests.factories.batches import NOW, checked, created, states
from tests.onboarding.batches.parts import (
    child_of,
    ends,
    parent_ends,
    parents,
    users,
    work_off,
)

pytestmark = pytest.mark.django_db


def test_a_retry_takes_the_failed_alone_into_a_new_part(aws, limit, clock):
    batch = checked("ada", "bob", "eve")
    work_off(clock)
    [first] = parents(aws)
    parent_ends(first, {1: "succeeded", 2: "failed", 3: "failed"}, NOW)
    work_off(clock)

    assert batches.retry_failed(batch=batch, now=NOW) == 2
    work_off(clock)

    [_, second] = parents(aws)
    assert (second.name, users(second)) == (f"by-hand-{batch.public_id}-2", [2, 3])
    parent_ends(second, {2: "succeeded", 3: "succeeded"}, NOW)
    work_off(clock)
    batch.refresh_from_db()
    assert (states(batch), batch.state) == (["succeeded"] * 3, "done")


def test_a_failure_that_a_new_part_takes_up_wants_no_attention_any_more(aws, limit, clock):
    batch = checked("ada", "bob")
    work_off(clock)
    [first] = parents(aws)
    ends(child_of(first, 1), "FAILED", NOW)
    work_off(clock)
    Execution.objects.filter(status="FAILED").update(needs_attention=True)

    batches.retry_failed(batch=batch, now=NOW)
    before = Execution.objects.get(status="FAILED").needs_attention
    work_off(clock)
    parent_ends(first, {1: "failed", 2: "succeeded"}, NOW)  # nothing limits: one part at a time
    work_off(clock)
    work_off(clock)

    assert [users(parent) for parent in parents(aws)] == [[1, 2], [1]]
    assert (before, Execution.objects.get(status="FAILED").needs_attention) == (True, False)


def test_a_late_failure_of_an_earlier_part_says_nothing_of_the_present(aws, limit, clock):
    batch = checked("ada")
    work_off(clock)
    [first] = parents(aws)
    parent_ends(first, {1: "failed"}, NOW)
    work_off(clock)
    batches.retry_failed(batch=batch, now=NOW)
    work_off(clock)

    ends(child_of(first, 1), "FAILED", NOW, error="GitHubUnavailable")
    work_off(clock)

    assert states(batch) == ["running"]


def test_a_child_that_was_redriven_by_hand_counts_for_its_person(aws, limit, clock):
    batch = checked("ada")
    work_off(clock)
    [parent] = parents(aws)
    child = child_of(parent, 1)
    ends(child, "FAILED", NOW)
    work_off(clock)
    assert states(batch) == ["failed"]

    child.redriven(NOW)
    Execution.objects.filter(arn=child.arn).update(status="RUNNING", stopped_at=None)
    clock.now = NOW + timedelta(minutes=1)
    ends(child, "SUCCEEDED", clock.now)
    work_off(clock)

    assert states(batch) == ["succeeded"]


def test_retrying_checks_anew_who_failed_on_the_way_and_leaves_what_is_wrong_on_paper():
    batch = created("ada", "two words", "bob")
    batch.rows.filter(number=1).update(state=RowState.FAILED, error="no record")
    batch.rows.filter(number=3).update(state=RowState.WAITING, github_id=3, login="bob")
    Batch.objects.filter(pk=batch.pk).update(
        state="ready", work_state=work.WorkState.DONE, not_before=None
    )

    assert batches.retry_failed(batch=batch, now=NOW) == 1

    assert states(batch) == ["checking", "failed", "waiting"]
    batch.refresh_from_db()
    assert (batch.state, batch.is_confirmed) == ("checking", False)
