"""From a checked batch to everybody's end: parts, quotas, children, kills, retries."""

import json
from datetime import timedelta

import pytest
import time_machine

from core import github, work
from core.aws import stack as deployed
from executions.models import Execution
from executions.services import record_events
from executions.status_events import read_event
from onboarding.enums import RowState
from onboarding.models import Batch, Part, Row
from onboarding.services import batches
from onboarding.services.batches import releasing
from tests.factories import step_functions
from tests.factories.batches import NOW, checked, created, states
from tests.factories.step_functions import ACCOUNT, StepFunctions, Told, plug_in

PARENTS = f"{ACCOUNT}:stateMachine:ghadmin-onboard-members"
CHILDREN = f"{ACCOUNT}:stateMachine:ghadmin-onboard-member"
MACHINES = {PARENTS: "onboard-members", CHILDREN: "onboard-member"}
pytestmark = pytest.mark.django_db


class Clock:
    def __init__(self):
        self.now = NOW

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def aws(monkeypatch, clock):
    """Step Functions, told by the test what has become of executions."""
    for name, arn in (("OnboardMembers", PARENTS), ("OnboardMember", CHILDREN)):
        monkeypatch.setitem(step_functions._OUTPUTS, f"{name}StateMachineArn", arn)
    told = StepFunctions(clock=clock)
    plug_in(told, monkeypatch)
    deployed.forget()
    yield told
    deployed.forget()


@pytest.fixture
def limit(monkeypatch):
    """What GitHub says of this hour's requests; None: it does not limit."""
    said = {"hourly": None}
    monkeypatch.setattr(github, "app", lambda: None)
    monkeypatch.setattr(releasing, "get_hourly_limit", lambda *_, **__: said["hourly"])
    return said


def limited(remaining=5_000, resets_at=NOW + timedelta(hours=1)):
    return {"limit": 5_000, "remaining": remaining, "resets_at": resets_at}


def work_off(clock):
    batches.advance_due_batches(clock=clock)
    batches.work_off_due_parts(clock=clock)
    batches.follow_due_rows(clock=clock)
    batches.advance_due_batches(clock=clock)


def parents(aws):
    return [one for one in aws.executions.values() if one.machine == PARENTS]


def users(parent):
    return [one["row"] for one in json.loads(parent.input)["users"]]


def child_of(parent, row, *, name=None):
    """The child that AWS starts for a row, with the input that the parent gives it."""
    given = json.loads(parent.input)
    [user] = [one for one in given["users"] if one["row"] == row]
    child = {
        "batch": given["batch"],
        "row": row,
        "member": {"id": user["id"], "login": user["login"]},
        "AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID": parent.arn,
    }
    name = name or f"child-{parent.name[-3:]}-{row}"
    return Told(name, json.dumps(child), CHILDREN, started_at=parent.started_at).started()


def ends(told, status, at, **kwargs):
    with time_machine.travel(at, tick=False):  # a receiver is an edge and reads the clock
        _ends(told, status, at, **kwargs)


def _ends(told, status, at, **kwargs):
    told.ends(status, at, **kwargs)
    record_events([read_event(told.status_event())], machines=MACHINES, now=at)
    row = Execution.objects.get(arn=told.arn)
    if row.status != status:  # what the worker reads by DescribeExecution
        row.status, row.stopped_at = status, at
        row.error, row.cause = told.error or "", told.cause or ""
        row.save(update_fields=["status", "stopped_at", "error", "cause"])
        batches.note_finished(execution=row, now=at)


def parent_ends(parent, statuses, at):
    rows = [{"row": row, "login": f"u{row}", "status": status} for row, status in statuses.items()]
    ends(parent, "SUCCEEDED", at, output=json.dumps({"rows": rows}))


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


def test_a_thousand_and_one_go_in_two_parts_one_after_the_other(aws, limit, clock):
    batch = checked(*(f"u{number}" for number in range(1_001)))

    work_off(clock)
    work_off(clock)

    [first] = parents(aws)
    assert len(users(first)) == 1_000
    assert len(first.input.encode()) < 256 * 1024
    parent_ends(first, dict.fromkeys(users(first), "succeeded"), NOW)
    work_off(clock)
    work_off(clock)
    [_, second] = parents(aws)
    assert users(second) == [1_001]
    assert batch.parts.count() == 2


def test_where_github_limits_parts_follow_its_windows(aws, limit, clock):
    limit["hourly"] = limited()
    batch = checked(*(f"u{number}" for number in range(100)))

    work_off(clock)
    work_off(clock)

    assert [part.people for part in batch.parts.order_by("number")] == [80]
    batch.refresh_from_db()
    assert batch.not_before == NOW + timedelta(minutes=1)
    clock.now = NOW + timedelta(minutes=1)
    work_off(clock)
    assert [part.people for part in batch.parts.order_by("number")] == [80, 20]


def test_quotas_are_an_organisations_not_a_batchs(aws, limit, clock):
    limit["hourly"] = limited()
    first = checked(*(f"u{number}" for number in range(80)))
    second = checked("zoe", organization="Octo-Org")

    work_off(clock)

    assert [first.parts.count(), second.parts.count()] == [1, 0]
    second.refresh_from_db()
    assert second.not_before == NOW + timedelta(minutes=1)


def test_invitations_wait_for_tomorrow_and_members_do_not(aws, limit, clock, settings):
    settings.GITHUB_INVITATIONS_PER_DAY = 2
    limit["hourly"] = limited()
    batch = checked("n1", "n2", "n3", "ada", invited=("n1", "n2", "n3"))

    work_off(clock)

    assert states(batch) == ["running", "running", "waiting", "running"]
    batch.refresh_from_db()
    assert batch.not_before == NOW + timedelta(days=1)


def test_an_exhausted_hour_is_waited_out(aws, limit, clock):
    limit["hourly"] = limited(remaining=3, resets_at=NOW + timedelta(minutes=17))
    batch = checked("ada")

    work_off(clock)

    assert (states(batch), batch.parts.count()) == (["waiting"], 0)
    batch.refresh_from_db()
    assert batch.not_before == NOW + timedelta(minutes=17)


def test_a_paused_batch_releases_nobody_until_it_is_resumed(aws, limit, clock):
    batch = checked("ada")
    batches.pause(batch=batch, now=NOW)
    work_off(clock)
    assert (parents(aws), states(batch)) == ([], ["waiting"])

    batches.resume(batch=batch, now=NOW)
    work_off(clock)

    assert states(batch) == ["running"]


def test_a_cancelled_batch_lets_go_on_who_is_with_aws_and_drops_the_rest(aws, limit, clock):
    limit["hourly"] = limited()
    batch = checked(*(f"u{number}" for number in range(81)))
    work_off(clock)

    batches.cancel(batch=batch, now=NOW)
    clock.now = NOW + timedelta(hours=1)
    work_off(clock)

    assert states(batch) == ["running"] * 80 + ["cancelled"]
    parent_ends(parents(aws)[0], dict.fromkeys(range(1, 81), "succeeded"), clock.now)
    work_off(clock)
    batch.refresh_from_db()
    assert (batch.state, set(states(batch))) == ("cancelled", {"succeeded", "cancelled"})


@pytest.mark.parametrize("action", [batches.start, batches.pause, batches.resume, batches.cancel])
def test_what_makes_no_sense_now_is_refused_and_changes_nothing(action):
    batch = checked("ada", state="done")

    with pytest.raises(batches.BatchMoved, match="it is done"):
        action(batch=batch, now=NOW + timedelta(hours=1))

    batch.refresh_from_db()
    assert (batch.state, batch.updated_at) == ("done", NOW)


def test_a_worker_that_dies_after_the_start_starts_nothing_twice(aws, limit, clock):
    batch = checked("ada")
    batches.advance_due_batches(clock=clock)
    aws.after["StartExecution"] = _die_once()
    with pytest.raises(SystemExit):
        batches.work_off_due_parts(clock=clock)
    assert batch.parts.get().state == "starting"

    clock.now = NOW + timedelta(minutes=5)
    work_off(clock)

    assert len(parents(aws)) == 1
    assert batch.parts.get().state == "running"


def test_a_worker_that_dies_while_releasing_hands_nobody_over(aws, limit, clock, monkeypatch):
    limit["hourly"] = limited()
    batch = checked("ada")
    real = releasing._make_part

    def dies(*args, **kwargs):
        real(*args, **kwargs)
        raise SystemExit

    monkeypatch.setattr(releasing, "_make_part", dies)
    with pytest.raises(SystemExit):
        batches.advance_due_batches(clock=clock)
    assert (states(batch), Part.objects.count()) == (["waiting"], 0)
    monkeypatch.undo()


def test_a_part_that_ended_before_its_start_was_noted_is_recorded_all_the_same(aws, limit, clock):
    batch = checked("ada")
    batches.advance_due_batches(clock=clock)
    part = batch.parts.get()
    started = {}

    def ends_at_once():
        [parent] = parents(aws)
        if not started:
            started["once"] = parent
            parent_ends(parent, {1: "succeeded"}, NOW)

    aws.after["StartExecution"] = ends_at_once
    work_off(clock)
    work_off(clock)

    part.refresh_from_db()
    assert (part.state, states(batch)) == ("ended", ["succeeded"])


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


def test_executions_of_others_bother_no_batch(aws, clock):
    batch = checked("ada")
    stranger = Told("organization-1", '{"batch": null, "row": null}', CHILDREN).started()
    foreign = Told("by-hand-not-a-uuid-at-all-not-a-uuid-at-al-1", "{}", PARENTS).started()

    for told in (stranger, foreign):
        ends(told, "SUCCEEDED", NOW)
    follow = work.due(Row, now=NOW).exists() or work.due(Part, now=NOW).exists()

    assert (follow, states(batch)) == (False, ["waiting"])


def _die_once():
    died = []

    def die():
        if not died:
            died.append(True)
            raise SystemExit

    return die
