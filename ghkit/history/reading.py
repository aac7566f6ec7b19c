"""Read the events of one execution, one by one, into visits of states.

What histories recorded from AWS show beyond the API reference, and what the code relies on:

* `previousEventId` is the only thread through concurrent branches. A scope (the execution itself,
  an iteration, a branch) is sequential, so at most one of its states is open.
* A state's exit, and the next iteration's start, may point at an event deep inside the state.
* `EvaluationFailed` points at the event *before* its state was entered, but names the state.
* `TaskStateAborted` and `MapIterationAborted` point at the failure that caused them, often in
  another iteration; the former does not say which state it means.
* A Map or Parallel that is retried starts again (`MapStateStarted`) without a failure event.
"""

from __future__ import annotations

import json
from typing import Any, Final

from ghkit.history.event_types import (
    CHILD_NAMED,
    ENDS,
    SILENT,
    STATE_TYPES,
    TRY_FAILED,
    TRY_SCHEDULED,
    TRY_TIMED_OUT,
    details_key,
)
from ghkit.history.visits import (
    Event,
    ExecutionStatus,
    Node,
    Scope,
    StepStatus,
    Trial,
    Visit,
)


class Reading:
    """The state of one pass over the events, in ascending order of their ids."""

    def __init__(self) -> None:
        self.root = Scope()
        self.nodes: dict[int, Node] = {0: self.root}
        self.visits: list[Visit] = []
        self.open: dict[int, Visit] = {}  # by entry, so that parents come before their children
        self.interrupted: list[Visit] = []  # open when the execution ended: a redrive resumes them
        self.status: ExecutionStatus = "RUNNING"
        self.error: str | None = None
        self.cause: str | None = None
        self.started_at: Any = None
        self.stopped_at: Any = None
        self.culprit: Visit | None = None
        self.redrive_count = 0
        self.redriven_at: list[Any] = []
        self.event_count = 0
        # The event being read.
        self.id = 0
        self.type = ""
        self.at: Any = None
        self.details: Event = {}
        self.node: Node = self.root
        self.unknown: dict[str, None] = {}

    def read(self, event: Event) -> None:
        """Take one event in; ids ascend, and a repeated one changes nothing."""
        if event["id"] == self.id:
            return
        # Some emulators leave previousEventId out: then the order is all there is.
        self.node = self.nodes.get(event.get("previousEventId", self.id), self.root)
        self.id, self.type, self.at = event["id"], event["type"], event["timestamp"]
        self.details = event.get(_DETAILS.get(self.type, "")) or {}
        self.event_count += 1
        reader = _READERS.get(self.type)
        if reader is None:
            self.unknown[self.type] = None
            self.details = event.get(details_key(self.type)) or {}
            reader = _reader_by_suffix(self.type)
        self.nodes[self.id] = reader(self)

    # Execution

    def execution_started(self) -> Node:
        """The root of every thread."""
        self.started_at = self.at
        return self.root

    def execution_ended(self) -> Node:
        """Close what is open; a redrive may open it again."""
        self.status = ENDS[self.type]
        self.stopped_at = self.at
        self.error, self.cause = self.details.get("error"), self.details.get("cause")
        if self.status == "FAILED":
            self._blame()
        self.settle()
        return self.root

    def execution_redriven(self) -> Node:
        """Go on: what was interrupted may be resumed."""
        self.redrive_count = self.details.get("redriveCount") or self.redrive_count + 1
        self.redriven_at.append(self.at)
        self.status = "RUNNING"
        self.error = self.cause = self.stopped_at = self.culprit = None
        return self.root

    def _blame(self) -> None:
        """Find the innermost step that failed the execution, and give its error to the chain."""
        visit = (
            self.node if isinstance(self.node, Visit) else self.node.current or self.node.parent
        )
        while visit is not None and visit.culprit is not None:
            visit = visit.culprit
        if visit is None or visit.exited_at is not None:
            return  # the execution itself failed, for example of too many events
        self.culprit = visit
        if visit.type == "Fail":  # not open, but a redrive enters it again
            self.interrupted.append(visit)
        while visit is not None:
            if visit.failure is None:
                visit.failure = "failed"
            if visit.error is None:
                visit.error, visit.cause = self.details.get("error"), self.details.get("cause")
            visit = visit.scope.parent

    def settle(self) -> None:
        """End what can no longer run: the steps of what has failed, or of an ended execution."""
        over = self.status != "RUNNING"
        for visit in list(self.open.values()):
            scope, parent = visit.scope, visit.scope.parent
            if scope.closed_at is not None:
                at = scope.closed_at
            elif parent is not None and parent.ended_at is not None:
                at = parent.ended_at
            elif over:
                at = self.stopped_at
            else:
                continue
            visit.end(visit.failure or self._status_of_the_unfinished(parent), at)
            del self.open[visit.entered_event_id]
            if over:
                self.interrupted.append(visit)

    def _status_of_the_unfinished(self, parent: Visit | None) -> StepStatus:
        if self.status == "TIMED_OUT":
            return "timed_out"
        # Nothing succeeds around an unfinished step: its exit is missing from a partial history.
        around = self.status.lower() if parent is None else parent.status
        return "succeeded" if around == "succeeded" else "aborted"

    # States

    def state_entered(self) -> Node:
        """Begin a visit in the scope that the thread leads to."""
        name, kind = self.details.get("name", ""), self.type.removesuffix("StateEntered")
        scope = self._scope_entered(name)
        visit = Visit(name, kind, scope, self.at, self.id)
        scope.current = visit
        self.visits.append(visit)
        if kind == "Fail":
            # Its error stands in no event of its own: _blame or the Catch's output tells it.
            visit.failure = "failed"
            visit.end("failed", self.at)
        else:
            self.open[visit.entered_event_id] = visit
        if scope.parent is not None and scope.parent.ended_at is not None:
            self._reopen(scope.parent)
        return visit

    def _scope_entered(self, name: str) -> Scope:
        if isinstance(self.node, Visit):
            if self.node.type != "Parallel" or self.node.exited_at is not None:
                return self.node.scope
            number = len(self.node.scopes)  # entered from ParallelStateStarted: a branch begins
            return self._new_scope(self.node, number, self.node.scope.iteration)
        if self.node is self.root and self.redrive_count:
            for visit in self.interrupted:
                if visit.state == name:
                    self.interrupted.remove(visit)
                    return visit.scope
        return self.node

    def state_exited(self) -> Node:
        """End a visit: well, or with a caught failure."""
        visit = self._find(self.details.get("name"))
        if visit is None:
            return self.node
        if visit.ended_at is not None:
            self._reopen(visit)
        visit.exited_at, visit.exited_event_id = self.at, self.id
        if visit.failure and visit.error is None:
            self._read_caught_error(visit, self.details.get("output"))
        visit.end("caught" if visit.failure else "succeeded", self.at)
        self.open.pop(visit.entered_event_id, None)
        return visit

    def _read_caught_error(self, visit: Visit, output: str | None) -> None:
        """Take a Map's or Parallel's error from what its Catch made of it, where that is plain."""
        try:
            caught = json.loads(output or "null")
        except ValueError:
            return
        if isinstance(caught, dict) and caught.keys() == {"Error", "Cause"}:
            culprit: Visit | None = visit
            while culprit is not None and culprit.error is None:
                culprit.error, culprit.cause = caught["Error"], caught["Cause"]
                culprit = culprit.culprit

    def state_aborted(self) -> Node:
        """End a visit that was stopped, where the event tells which."""
        # Only an event that points at its own state tells which one it means; settle() does others.
        kind = self.type.removesuffix("StateAborted")
        if (
            isinstance(self.node, Visit)
            and self.node.type == kind
            and self.node.is_live()
            and not self.node.failure
        ):
            self.node.end("aborted", self.at)
            self.open.pop(self.node.entered_event_id, None)
        return self.node

    # Map and Parallel

    def fan_started(self) -> Node:
        """Begin a try of a Map or Parallel."""
        visit = self._enclosing(self.type.removesuffix("StateStarted"))
        if visit is None:
            return self.node
        if visit.trials and (closed := self._latest_close(visit)):
            visit.trials[-1].end("failed", closed, visit.error)
        for scope in visit.scopes.values():
            scope.closed_at = scope.closed_at or self.at
        visit.scopes = {}
        self._begin_try(visit)
        return visit

    @staticmethod
    def _latest_close(visit: Visit) -> Any:
        """Return when the last of its iterations was over: nothing else tells when it failed."""
        closed = [scope.closed_at for scope in visit.scopes.values() if scope.closed_at]
        return max(closed) if closed else None

    def fan_failed(self) -> Node:
        """Fail a Map or Parallel with what the thread leads to."""
        visit = self._enclosing(self.type.removesuffix("StateFailed"))
        if visit is None:
            return self.node
        if isinstance(self.node, Visit) and self.node is not visit:
            visit.culprit = self.node
            visit.fail("failed", {"error": self.node.error, "cause": self.node.cause}, self.at)
        elif visit.failure is None:
            visit.failure = "failed"
        # What starts or fails from here on is what stands around it, of the same type or not.
        visit.gave_up = True
        return visit

    def iteration_started(self) -> Node:
        """Open a Map's iteration."""
        name, index = self.details.get("name", ""), self.details.get("index", 0)
        visit = self._find(name, kind="Map")
        if visit is None:  # its beginning is missing from a partial history
            return Scope(prefix=f"{name}/{index}/", iteration=index)
        if visit.ended_at is not None:
            self._reopen(visit)
        return self._new_scope(visit, index, index)

    def iteration_ended(self) -> Node:
        """Close a Map's iteration."""
        visit = self._find(self.details.get("name"), kind="Map")
        scope = visit and visit.scopes.get(self.details.get("index", 0))
        if not scope:
            return self.node
        scope.closed_at = self.at
        # A failure stays the thread to follow: what comes next must find the step that failed.
        return self.node if self.type == "MapIterationFailed" else scope

    def _new_scope(self, parent: Visit, number: int, iteration: int | None) -> Scope:
        prefix = f"{parent.path}/{number}/"
        scope = Scope(parent, prefix, iteration)
        parent.scopes[number] = scope
        return scope

    # Tries

    def try_scheduled(self) -> Node:
        """Begin a try of a task."""
        resource = self.details.get("resource")
        visit = self._task(resource)
        if visit is None:
            return self.node
        self._begin_try(visit)
        visit.resource, visit.resource_type = resource, self.details.get("resourceType")
        return visit

    def try_failed(self) -> Node:
        """Fail a try of a task."""
        visit = self._task(self.details.get("resource"))
        if visit is None:
            return self.node
        visit.fail("timed_out" if self.type in TRY_TIMED_OUT else "failed", self.details, self.at)
        return visit

    def evaluation_failed(self) -> Node:
        """Fail the state whose expression could not be evaluated."""
        name = self.details.get("state")
        scope = self.node if isinstance(self.node, Scope) else self.node.scope
        visit = scope.current
        if visit is None or visit.state != name:
            visit = self._find(name)
        if visit is None:
            return self.node
        visit.fail("failed", self.details, self.at)
        return visit

    def child_named(self) -> Node:
        """Note the execution that a task started."""
        if isinstance(self.node, Visit) and str(self.details.get("resource")).startswith(
            "startExecution"
        ):
            try:
                answer = json.loads(self.details.get("output") or "null")
            except ValueError:  # cut off where AWS had no room for it
                answer = None
            if isinstance(answer, dict) and isinstance(answer.get("ExecutionArn"), str):
                self.node.child_execution_arn = answer["ExecutionArn"]
        return self.node

    def silent(self) -> Node:
        """Only carry the thread on."""
        return self.node

    # Looking things up

    def _begin_try(self, visit: Visit) -> None:
        if visit.ended_at is not None:
            self._reopen(visit)
        if visit.trials:
            # A Map or Parallel is tried again without a word of its failure.
            visit.trials[-1].end("failed", self.at, visit.error)
        visit.trials.append(Trial(self.at))
        visit.failure = visit.error = visit.cause = visit.culprit = None

    def _reopen(self, visit: Visit) -> None:
        """Let a redriven step and everything around it run again."""
        step: Visit | None = visit
        while step is not None and step.ended_at is not None and step.exited_at is None:
            step.status, step.ended_at, step.failure = "running", None, None
            step.error = step.cause = step.culprit = step.scope.closed_at = None
            step.gave_up = False
            step.scope.current = step
            self.open[step.entered_event_id] = step
            step = step.scope.parent
        self.interrupted = [one for one in self.interrupted if one.ended_at is not None]
        # Parents must come before their children again.
        self.open = dict(sorted(self.open.items()))

    def _find(self, name: str | None, kind: str | None = None) -> Visit | None:
        """Find the state `name` around the event, else among those open, else among the redriven."""
        at: Node | None = self.node
        while at is not None:
            if isinstance(at, Visit):
                if at.state == name and at.exited_at is None and kind in (None, at.type):
                    return at
                at = at.scope
            else:
                at = at.parent
        for visit in (*reversed(self.open.values()), *self.interrupted):
            if visit.state == name and kind in (None, visit.type):
                return visit
        return None

    def _enclosing(self, kind: str) -> Visit | None:
        at: Node | None = self.node
        while at is not None:
            if isinstance(at, Visit):
                if at.type == kind and at.is_live() and not at.gave_up:
                    return at
                at = at.scope
            else:
                at = at.parent
        return next((visit for visit in self.interrupted if visit.type == kind), None)

    def _task(self, resource: str | None) -> Visit | None:
        if isinstance(self.node, Visit):
            return self.node
        tasks = [visit for visit in self.interrupted if visit.type == "Task"]
        same = [visit for visit in tasks if visit.resource == resource]
        return next(iter(same or tasks), None)


def _reader_by_suffix(kind: str) -> Any:
    """Read a state type that is younger than this code by the names AWS has always used."""
    if kind.endswith("StateEntered"):
        return Reading.state_entered
    return Reading.state_exited if kind.endswith("StateExited") else Reading.silent


_READERS: Final[dict[str, Any]] = {
    "ExecutionStarted": Reading.execution_started,
    "ExecutionRedriven": Reading.execution_redriven,
    "EvaluationFailed": Reading.evaluation_failed,
    "MapIterationStarted": Reading.iteration_started,
    **dict.fromkeys(ENDS, Reading.execution_ended),
    **dict.fromkeys((f"{kind}StateEntered" for kind in STATE_TYPES), Reading.state_entered),
    **dict.fromkeys((f"{kind}StateExited" for kind in STATE_TYPES), Reading.state_exited),
    **dict.fromkeys((f"{kind}StateAborted" for kind in STATE_TYPES), Reading.state_aborted),
    **dict.fromkeys(("MapStateStarted", "ParallelStateStarted"), Reading.fan_started),
    **dict.fromkeys(("MapStateFailed", "ParallelStateFailed"), Reading.fan_failed),
    **dict.fromkeys(
        ("MapIterationSucceeded", "MapIterationFailed", "MapIterationAborted"),
        Reading.iteration_ended,
    ),
    **dict.fromkeys(TRY_SCHEDULED, Reading.try_scheduled),
    **dict.fromkeys((*TRY_FAILED, *TRY_TIMED_OUT), Reading.try_failed),
    **dict.fromkeys(CHILD_NAMED, Reading.child_named),
    **dict.fromkeys(SILENT, Reading.silent),
}
_DETAILS: Final = {kind: details_key(kind) for kind in _READERS}
