"""A Step Functions of a few lines, behind the real client: what it says is the truth of a test.

It answers at the wire (botocore's `before-send`), so that calls, parsing and errors are the real
ones. The sandbox's emulator runs workflows; this one is told what has become of them, at once.
"""

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from botocore.awsrequest import AWSResponse

from core.aws import client

ACCOUNT = "arn:aws:states:us-east-1:123456789012"
MACHINE = f"{ACCOUNT}:stateMachine:ghadmin-workflow-cost"
FOREIGN_MACHINE = f"{ACCOUNT}:stateMachine:other-workflow-cost"
START = datetime(2026, 11, 23, 10, tzinfo=UTC)
ENDED = ("SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED")

# What the sandbox and AWS run, too.
WORKFLOW_COST = json.loads(
    Path(__file__)
    .parents[2]
    .joinpath("aws", "statemachines", "workflow-cost.asl.json")
    .read_text("utf-8")
)
_OUTPUTS = {
    "WorkflowCostStateMachineArn": MACHINE,
    "StatusQueueUrl": "http://127.0.0.1:9/123456789012/status",
}


class Refused(Exception):
    def __init__(self, code, message="no", status=400):
        super().__init__(code)
        self.code, self.message, self.status = code, message, status


@dataclass
class Told:
    """One execution, as this AWS has it."""

    name: str
    input: str = "{}"
    machine: str = MACHINE
    status: str = "RUNNING"
    started_at: datetime = START
    stopped_at: datetime | None = None
    output: str | None = None
    error: str | None = None
    cause: str | None = None
    redrive_count: int = 0
    redrive_status: str = ""
    events: list = field(default_factory=list)
    tokens: list = field(default_factory=list)

    @property
    def arn(self):
        return f"{self.machine.replace(':stateMachine:', ':execution:')}:{self.name}"

    def enters(self, kind, state, at):
        self.add(f"{kind}StateEntered", at, {"name": state, "input": self.input})

    def add(self, kind, at, details=None):
        event_id = len(self.events) + 1
        key = f"{kind[0].lower()}{kind[1:]}EventDetails"
        if kind.endswith(("StateEntered", "StateExited")):
            key = f"state{'Entered' if kind.endswith('Entered') else 'Exited'}EventDetails"
        event = {"id": event_id, "previousEventId": event_id - 1, "type": kind, "timestamp": at}
        self.events.append(event | ({key: details} if details else {}))

    def started(self):
        self.add("ExecutionStarted", self.started_at, {"input": self.input})
        return self

    def ends(self, status, at, *, error=None, cause=None, output=None, state="FetchJobs"):
        """Fail or succeed in a task, which stands in the history as AWS writes it."""
        self.enters("Task", state, at)
        self.add("TaskScheduled", at, {"resource": "invoke", "resourceType": "lambda"})
        if status == "SUCCEEDED":
            self.output = output or '{"stored": true}'
            self.add("TaskStateExited", at, {"name": state, "output": self.output})
            self.add("ExecutionSucceeded", at, {"output": self.output})
        elif status == "FAILED":
            self.error, self.cause = error or "GitHubUnavailable", cause or "GitHub answered 502"
            details = {"error": self.error, "cause": self.cause}
            self.add("TaskFailed", at, details | {"resource": "invoke"})
            self.add("ExecutionFailed", at, details)
        else:
            self.add("ExecutionTimedOut" if status == "TIMED_OUT" else "ExecutionAborted", at, {})
        self.status, self.stopped_at = status, at
        return self

    def fails_in_fail_state(self, at, *, error="Refused"):
        self.enters("Fail", "Refuse", at)
        self.add("ExecutionFailed", at, {"error": error, "cause": "no"})
        self.status, self.stopped_at, self.error, self.cause = "FAILED", at, error, "no"
        return self

    def redriven(self, at):
        self.redrive_count += 1
        self.add("ExecutionRedriven", at, {"redriveCount": self.redrive_count})
        self.status, self.stopped_at, self.error, self.cause = "RUNNING", None, None, None
        return self

    def description(self):
        found = {
            "executionArn": self.arn,
            "stateMachineArn": self.machine,
            "name": self.name,
            "status": self.status,
            "startDate": self.started_at.timestamp(),
            "input": self.input,
            "redriveCount": self.redrive_count,
            "redriveStatus": self.redrive_status
            or ("REDRIVABLE" if self.status in ENDED[1:] else "NOT_REDRIVABLE"),
        }
        optional = {
            "stopDate": self.stopped_at and self.stopped_at.timestamp(),
            "output": self.output,
            "error": self.error,
            "cause": self.cause,
        }
        return found | {key: value for key, value in optional.items() if value is not None}

    def status_event(self, *, at=None, with_output=True, **changes):
        """The body of the message that tells of the present status."""
        moment = at or self.stopped_at or self.started_at
        detail = {
            "executionArn": self.arn,
            "stateMachineArn": self.machine,
            "name": self.name,
            "status": self.status,
            "startDate": _epoch_ms(self.started_at),
            "stopDate": self.stopped_at and _epoch_ms(self.stopped_at),
            "input": self.input,
            "inputDetails": {"included": True},
            "output": self.output if with_output and self.status == "SUCCEEDED" else None,
            "outputDetails": {"included": with_output},
        }
        return json.dumps(
            {
                "version": "0",
                "id": "8f7e",
                "detail-type": "Step Functions Execution Status Change",
                "source": "aws.states",
                "time": moment.replace(microsecond=0).isoformat().replace("+00:00", "Z"),
                "resources": [self.arn],
                "detail": detail | changes,
            }
        )


@dataclass
class Revision:
    """A definition that a machine has had since some moment."""

    definition: dict
    revision_id: str | None
    since: datetime


class StepFunctions:
    """The wire's other end. `calls` has what was asked for, in order."""

    def __init__(self, clock=lambda: START + timedelta(hours=2)):
        self.clock = clock
        self.executions = {}
        # Oldest first; a machine that was never updated has no revision id.
        self.revisions = [Revision(WORKFLOW_COST, None, START - timedelta(days=9))]
        self.calls = []
        self.faults = {}  # operation -> what to do instead: an exception, or a function
        self.after = {}  # operation -> what happens once it was carried out, before the answer

    def add(self, told):
        self.executions[told.arn] = told
        return told

    def update_machine(self, definition, at):
        """Give the machine another definition, for the executions that start from then on."""
        self.revisions.append(Revision(definition, f"revision-{len(self.revisions)}", at))

    def answer(self, request):
        """Answer a request of botocore's."""
        if b"Action=DescribeStacks" in _bytes(request.body):
            return _response(200, _stacks_xml())
        target = request.headers["X-Amz-Target"]
        target = target.decode() if isinstance(target, bytes) else target
        operation = target.rpartition(".")[2]
        asked = json.loads(request.body)
        self.calls.append(operation)
        try:
            if fault := self.faults.get(operation):
                raise fault
            answer = getattr(self, _snake(operation))(asked)
            if operation in self.after:
                self.after[operation]()
        except Refused as exc:
            body = {"__type": exc.code, "message": exc.message}
            return _response(exc.status, json.dumps(body, default=_epoch))
        return _response(200, json.dumps(answer, default=_epoch))

    def _get(self, asked):
        if asked["executionArn"] not in self.executions:
            raise Refused("ExecutionDoesNotExist", "Execution Does Not Exist")
        return self.executions[asked["executionArn"]]

    def _describe_execution(self, asked):
        return self._get(asked).description()

    def _describe_state_machine(self, asked):
        return self._revision(asked["stateMachineArn"], self.revisions[-1])

    def _describe_state_machine_for_execution(self, asked):
        told = self._get(asked)
        [*_, revision] = [one for one in self.revisions if one.since <= told.started_at]
        return self._revision(told.machine, revision) | {"updateDate": revision.since}

    def _revision(self, arn, revision):
        found = {"stateMachineArn": arn, "definition": json.dumps(revision.definition)}
        return found | ({"revisionId": revision.revision_id} if revision.revision_id else {})

    def _get_execution_history(self, asked):
        events = self._get(asked).events
        start, size = int(asked.get("nextToken", 0)), asked["maxResults"]
        more = {"nextToken": str(start + size)} if len(events) > start + size else {}
        return {"events": events[start : start + size], **more}

    def _list_executions(self, asked):
        found = [
            one
            for one in self.executions.values()
            if one.machine == asked["stateMachineArn"]
            and asked.get("statusFilter", one.status) == one.status
        ]
        keys = ("executionArn", "stateMachineArn", "name", "status", "startDate", "stopDate")
        found.sort(key=lambda one: one.stopped_at or one.started_at, reverse=True)
        return {
            "executions": [
                {key: value for key, value in one.description().items() if key in keys}
                | {"redriveCount": one.redrive_count}
                for one in found[: asked["maxResults"]]
            ]
        }

    def _redrive_execution(self, asked):
        told = self._get(asked)
        if asked["clientToken"] in told.tokens:
            return {"redriveDate": self.clock()}
        if told.status not in ENDED[1:]:
            raise Refused("ExecutionNotRedrivable", f"Execution is {told.status}")
        if told.redrive_status == "NOT_REDRIVABLE":
            raise Refused("ExecutionNotRedrivable", "Execution has exceeded the redrivable period")
        told.tokens.append(asked["clientToken"])
        told.redriven(self.clock())
        return {"redriveDate": self.clock()}

    def _stop_execution(self, asked):
        told = self._get(asked)
        if told.status == "RUNNING":
            told.add("ExecutionAborted", self.clock(), {"error": asked["error"]})
            told.status, told.stopped_at = "ABORTED", self.clock()
            told.error, told.cause = asked["error"], asked["cause"]
        return {"stopDate": self.clock()}

    def _start_execution(self, asked):
        new = Told(
            asked["name"], asked["input"], asked["stateMachineArn"], started_at=self.clock()
        )
        old = self.executions.get(new.arn)
        if old is None:
            self.add(new.started())
        elif (old.status, old.input) != ("RUNNING", new.input):
            raise Refused("ExecutionAlreadyExists", "Execution Already Exists")
        return {"executionArn": new.arn, "startDate": self.executions[new.arn].started_at}


_clients = {}
_plugged = []


def plug_in(aws, monkeypatch):
    """Let all of the product's clients talk to `aws`."""
    real = client._make_once.__wrapped__

    def make(service, *_arguments):
        if service not in _clients:  # 0.1 s each
            _clients[service] = real(service, "http://127.0.0.1:9", "us-east-1", 5)
            _clients[service].meta.events.register("before-send", _answer)
        return _clients[service]

    monkeypatch.setattr(client, "_make_once", make)
    take_over(aws)


def take_over(aws):
    """Answer from now on in place of the one that is plugged in."""
    _plugged[:] = [aws]


def _answer(request, **_kwargs):
    return _plugged[0].answer(request)


def _snake(operation):
    return re.sub("([A-Z])", r"_\1", operation).lower()


def _epoch(value):
    return value.timestamp() if isinstance(value, datetime) else str(value)


def _epoch_ms(moment):
    return round(moment.timestamp() * 1000)


def _bytes(body):
    return body.encode() if isinstance(body, str) else body or b""


class _Raw:
    def __init__(self, content):
        self.content = content

    def stream(self, *_arguments, **_kwargs):
        yield self.content


def _response(status, text):
    return AWSResponse("http://127.0.0.1:9", status, {}, _Raw(text.encode()))


def _stacks_xml():
    members = "".join(
        f"<member><OutputKey>{key}</OutputKey><OutputValue>{value}</OutputValue></member>"
        for key, value in _OUTPUTS.items()
    )
    return (
        '<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/">'
        "<DescribeStacksResult><Stacks><member><StackName>ghadmin</StackName>"
        "<CreationTime>2026-01-01T00:00:00Z</CreationTime><StackStatus>CREATE_COMPLETE</StackStatus>"
        f"<Outputs>{members}</Outputs></member></Stacks></DescribeStacksResult>"
        "</DescribeStacksResponse>"
    )
