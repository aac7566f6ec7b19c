"""Executions with something to look at: retries, redrives, branches, a Map of a thousand."""

from datetime import timedelta

from tests.factories.step_functions import START, Told

SECOND = timedelta(seconds=1)
PARENT = {
    "StartAt": "OnboardEach",
    "States": {
        "OnboardEach": {
            "Type": "Map",
            "ItemProcessor": {
                "StartAt": "Onboard",
                "States": {
                    "Onboard": {
                        "Type": "Task",
                        "Resource": "arn:aws:states:::states:startExecution.sync:2",
                        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "NoteFailure"}],
                        "End": True,
                    },
                    "NoteFailure": {"Type": "Pass", "End": True},
                },
            },
            "Next": "Report",
        },
        "Report": {"Type": "Pass", "End": True},
    },
}


class Writer:
    """Writes a history event by event, each a moment after the one before, with its thread."""

    def __init__(self, told, at=START, step=timedelta(milliseconds=400)):
        self.told, self.at, self.step = told, at, step

    def add(self, kind, details=None, *, after=None, wait=None):
        """Add an event; returns its id. `after` is the event that it follows from."""
        self.at += self.step if wait is None else wait
        self.told.add(kind, self.at, details)
        event = self.told.events[-1]
        if after is not None:
            event["previousEventId"] = after
        return event["id"]

    def task(
        self,
        state,
        *errors,
        given="{}",
        gave="{}",
        resource="invoke",
        kind="lambda",
        pause=3,
        **asked,
    ):
        """Enter a task, fail it with each error in turn, then let it succeed."""
        self.add("TaskStateEntered", {"name": state, "input": given})
        call = {"resource": resource, "resourceType": kind}
        for number, error in enumerate([*errors, None]):
            wait = timedelta(seconds=pause * 2 ** (number - 1)) if number else None
            self.add("TaskScheduled", call | asked, wait=wait)
            self.add("TaskStarted", call)
            if error:
                self.add(
                    "TaskFailed",
                    call | {"error": error, "cause": "GitHub answered 502"},
                    wait=SECOND,
                )
        self.add("TaskSucceeded", call | {"output": gave}, wait=SECOND)
        self.add("TaskStateExited", {"name": state, "output": gave})

    def fails(self, state, error, given="{}"):
        """Enter a task and fail the execution with it."""
        call = {"resource": "invoke", "resourceType": "lambda"}
        self.add("TaskStateEntered", {"name": state, "input": given})
        self.add("TaskScheduled", call)
        self.again_fails(error)

    def again_fails(self, error):
        """Fail the execution with the task that is open."""
        call = {"resource": "invoke", "resourceType": "lambda"}
        self.add("TaskFailed", call | {"error": error, "cause": "no"}, wait=2 * SECOND)
        self.ends("FAILED", error=error, cause="no")

    def ends(self, status, **details):
        """End the execution."""
        kind = {"SUCCEEDED": "ExecutionSucceeded", "FAILED": "ExecutionFailed"}[status]
        self.add(kind, details)
        self.told.status, self.told.stopped_at = status, self.at
        self.told.error, self.told.cause = details.get("error"), details.get("cause")
        self.told.output = details.get("output")
        return self.told


def fan(told, *, count, at=START, failed=(), running=(), child=lambda index: f"child-{index}"):
    """A Map of `count` iterations that each start a child, all begun before the first ends."""
    writer = Writer(told, at, timedelta(milliseconds=5))
    writer.add("MapStateEntered", {"name": "OnboardEach", "input": '{"users": []}'})
    started = writer.add("MapStateStarted", {"length": count})
    call = {"resource": "startExecution.sync:2", "resourceType": "states"}
    scheduled, outputs = {}, {}
    for index in range(count):
        begun = writer.add(
            "MapIterationStarted", {"name": "OnboardEach", "index": index}, after=started
        )
        entered = writer.add(
            "TaskStateEntered",
            {"name": "Onboard", "input": f'{{"login": "person-{index}"}}'},
            after=begun,
        )
        asked = writer.add("TaskScheduled", call, after=entered)
        outputs[index] = {"output": f'{{"ExecutionArn": "{child(index)}"}}'}
        scheduled[index] = writer.add("TaskSubmitted", call | outputs[index], after=asked)
    for index in range(count):
        if index in running:
            continue
        if index in failed:
            details = call | {
                "error": "PersonUnknown",
                "cause": "The directory does not know them.",
            }
            over = writer.add("TaskFailed", details, after=scheduled[index])
            over = writer.add(
                "TaskStateExited",
                {"name": "Onboard", "output": '{"error": "PersonUnknown"}'},
                after=over,
            )
            over = writer.add(
                "PassStateEntered", {"name": "NoteFailure", "input": "{}"}, after=over
            )
            over = writer.add(
                "PassStateExited", {"name": "NoteFailure", "output": "{}"}, after=over
            )
        else:
            over = writer.add("TaskSucceeded", call | outputs[index], after=scheduled[index])
            over = writer.add(
                "TaskStateExited", {"name": "Onboard", "output": '{"login": "x"}'}, after=over
            )
        over = writer.add(
            "MapIterationSucceeded", {"name": "OnboardEach", "index": index}, after=over
        )
    if not running:
        over = writer.add("MapStateSucceeded", after=over)
        over = writer.add("MapStateExited", {"name": "OnboardEach", "output": "[]"}, after=over)
        over = writer.add("PassStateEntered", {"name": "Report", "input": "[]"}, after=over)
        over = writer.add("PassStateExited", {"name": "Report", "output": "{}"}, after=over)
        writer.add("ExecutionSucceeded", {"output": "{}"}, after=over)
        told.status, told.stopped_at, told.output = "SUCCEEDED", writer.at, "{}"
    return told


def child_of(parent, index, *, ends=None, at=START):
    """The execution that iteration `index` of a parent started."""
    given = (
        f'{{"member": {{"login": "person-{index}"}},'
        f' "AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID": "{parent.arn}"}}'
    )
    one = Told(f"{parent.name[:40]}-child-{index}", given, started_at=at).started()
    return one if ends is None else one.ends(ends, at + 5 * SECOND)


BRANCHES = {
    "StartAt": "Both",
    "States": {
        "Both": {
            "Type": "Parallel",
            "Branches": [
                {
                    "StartAt": "Teams",
                    "States": {
                        "Teams": {
                            "Type": "Map",
                            "ItemProcessor": {
                                "StartAt": "AddToTeam",
                                "States": {
                                    "AddToTeam": {"Type": "Task", "Resource": "x", "End": True}
                                },
                            },
                            "End": True,
                        }
                    },
                },
                {
                    "StartAt": "Pause",
                    "States": {
                        "Pause": {"Type": "Wait", "Seconds": 60, "Next": "Ask"},
                        "Ask": {"Type": "Task", "Resource": "x", "End": True},
                    },
                },
            ],
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Undo"}],
            "Next": "Report",
        },
        "Undo": {"Type": "Task", "Resource": "x", "End": True},
        "Report": {"Type": "Pass", "End": True},
    },
}


def branches(told, at=START):
    """A Parallel of a Map and a Wait: an iteration fails, the Parallel with it, and a Catch undoes it."""
    writer = Writer(told, at)
    call = {"resource": "invoke", "resourceType": "lambda"}
    entered = writer.add("ParallelStateEntered", {"name": "Both", "input": "{}"})
    begun = writer.add("ParallelStateStarted", after=entered)
    fan = writer.add("MapStateEntered", {"name": "Teams", "input": "[1, 2, 3]"}, after=begun)
    writer.add("WaitStateEntered", {"name": "Pause", "input": "{}"}, after=begun)
    started = writer.add("MapStateStarted", {"length": 3}, after=fan)
    for index in range(3):
        over = writer.add("MapIterationStarted", {"name": "Teams", "index": index}, after=started)
        over = writer.add(
            "TaskStateEntered", {"name": "AddToTeam", "input": str(index)}, after=over
        )
        over = writer.add("TaskScheduled", call, after=over)
        if index == 2:
            break
        over = writer.add("TaskSucceeded", call, after=over)
        over = writer.add("TaskStateExited", {"name": "AddToTeam", "output": "{}"}, after=over)
        writer.add("MapIterationSucceeded", {"name": "Teams", "index": index}, after=over)
    failure = {"error": "GitHubRejected", "cause": "no such team"}
    over = writer.add("TaskFailed", call | failure, after=over)
    over = writer.add("MapIterationFailed", {"name": "Teams", "index": 2}, after=over)
    over = writer.add("MapStateFailed", after=over)
    over = writer.add("ParallelStateFailed", after=over)
    output = '{"Error": "GitHubRejected", "Cause": "no such team"}'
    over = writer.add("ParallelStateExited", {"name": "Both", "output": output}, after=over)
    writer.add("TaskStateEntered", {"name": "Undo", "input": output}, after=over)
    writer.add("TaskScheduled", call)
    return told
