"""What a test makes happen to the parts of a batch."""

import json
from datetime import timedelta

import time_machine

from executions.models import Execution
from executions.services import record_events
from executions.status_events import read_event
from onboarding.services import batches
from tests.factories.batches import NOW
from tests.factories.step_functions import ACCOUNT, Told

PARENTS = f"{ACCOUNT}:stateMachine:ghadmin-onboard-members"
CHILDREN = f"{ACCOUNT}:stateMachine:ghadmin-onboard-member"
MACHINES = {PARENTS: "onboard-members", CHILDREN: "onboard-member"}


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
