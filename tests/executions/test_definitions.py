"""Which definition an execution ran, and how seldom AWS is asked for it."""

import json
from datetime import timedelta

import pytest

from executions import services
from executions.models import Definition
from tests.factories.executions import mirrored, told, work_off
from tests.factories.step_functions import MACHINE, START, WORKFLOW_COST, Refused

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
OTHER = {"StartAt": "Only", "States": {"Only": {"Type": "Succeed"}}}


def failed(at, **fields):
    return told(started_at=at, **fields).ends("FAILED", at + MINUTE)


def bodies(*rows):
    return [row.definition and json.loads(row.definition.body) for row in rows]


def asked(sfn):
    found = [call for call in sfn.calls if call.startswith("DescribeStateMachine")]
    sfn.calls.clear()
    return found


def test_the_first_history_brings_the_definition(sfn, now):
    [row] = mirrored(sfn, failed(START), now=now)

    assert bodies(row) == [WORKFLOW_COST]
    assert (row.definition.state_machine_arn, row.definition.revision) == (MACHINE, "")
    assert asked(sfn) == ["DescribeStateMachineForExecution"]


def test_executions_between_known_ones_cost_no_call(sfn, now):
    mirrored(sfn, failed(START), now=now)
    sfn.calls.clear()
    mirrored(sfn, failed(START + 60 * MINUTE), now=now)
    assert asked(sfn) == ["DescribeStateMachine"]

    rows = mirrored(
        sfn, *(failed(START + number * MINUTE) for number in (-60, 1, 30, 59)), now=now
    )

    assert bodies(*rows) == [WORKFLOW_COST] * 4
    assert asked(sfn) == []
    assert Definition.objects.count() == 1


def test_once_current_a_definition_covers_everything_up_to_now(sfn, now):
    mirrored(sfn, failed(START), now=now)
    mirrored(sfn, failed(START + MINUTE), now=now)
    sfn.calls.clear()

    mirrored(sfn, failed(now - 2 * MINUTE), now=now)

    assert asked(sfn) == []


def test_each_execution_shows_the_definition_of_its_time(sfn, now):
    sfn.update_machine(OTHER, START + 30 * MINUTE)

    early, late, latest = mirrored(
        sfn,
        failed(START),
        failed(START + 40 * MINUTE),
        failed(START + 50 * MINUTE),
        now=now,
    )

    assert bodies(early, late, latest) == [WORKFLOW_COST, OTHER, OTHER]
    assert late.definition == latest.definition
    assert Definition.objects.count() == 2


def test_what_started_just_after_an_update_is_asked_about_alone(sfn, now):
    update = START + 30 * MINUTE
    sfn.update_machine(OTHER, update)
    mirrored(sfn, failed(update + 10 * MINUTE), now=now)
    sfn.calls.clear()

    [row] = mirrored(sfn, failed(update + timedelta(seconds=5)), now=now)

    assert bodies(row) == [OTHER]
    assert asked(sfn) == ["DescribeStateMachineForExecution"]


def test_an_older_definition_does_not_reach_over_a_newer_one(sfn, now):
    sfn.update_machine(OTHER, START + 30 * MINUTE)
    mirrored(sfn, failed(START + 40 * MINUTE), now=now)

    early, between = mirrored(sfn, failed(START), failed(START + 20 * MINUTE), now=now)

    assert bodies(early, between) == [WORKFLOW_COST, WORKFLOW_COST]


def test_a_machine_made_anew_without_a_revision_is_another_one(sfn, now):
    [before] = mirrored(sfn, failed(START), now=now)
    sfn.revisions[0].definition = OTHER
    sfn.revisions[0].since = START + 20 * MINUTE

    [after] = mirrored(sfn, failed(START + 40 * MINUTE), now=now)

    assert bodies(before, after) == [WORKFLOW_COST, OTHER]


def test_without_its_definition_an_execution_is_read_all_the_same(sfn, now):
    sfn.faults["DescribeStateMachineForExecution"] = Refused("AccessDeniedException")

    [row] = mirrored(sfn, failed(START), now=now)

    assert (row.definition, row.history_is_current, row.status) == (None, True, "FAILED")


def test_a_missing_definition_is_asked_for_again_by_who_looks_but_not_all_the_time(sfn, now):
    sfn.faults["DescribeStateMachineForExecution"] = Refused("AccessDeniedException")
    [row] = mirrored(sfn, failed(START), now=now)
    sfn.faults.clear()
    sfn.calls.clear()

    services.look_at(row, now=now + MINUTE / 2)
    work_off(now=now + MINUTE / 2)
    row.refresh_from_db()
    assert (row.definition, sfn.calls) == (None, [])
    services.look_at(row, now=now + MINUTE)
    work_off(now=now + MINUTE)

    row.refresh_from_db()
    assert bodies(row) == [WORKFLOW_COST]
    # A page that polls must show it.
    assert row.updated_at == now + MINUTE
