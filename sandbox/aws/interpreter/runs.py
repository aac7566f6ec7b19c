"""Executions while they run: at most one thread each, one lock for all."""

import contextvars
import json
import logging
import threading
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from ministack.core.responses import now_iso, request_scope
from ministack.services import stepfunctions as asl

from sandbox.aws.interpreter import history, positions, turns
from sandbox.aws.interpreter.errors import RUNTIME, ExecutionError
from sandbox.aws.interpreter.history import Details, Record, dumps
from sandbox.aws.interpreter.scopes import Scope
from sandbox.aws.interpreter.tokens import Cancelled, Token

log = logging.getLogger("sandbox.aws")

# Held for microseconds by whoever adds an event or closes an execution, and by the saver while it
# takes its snapshot: a saved execution never has a status that its last event does not explain.
lock = threading.RLock()

# Called with a run when it begins, is redriven or resumed; parity modules add theirs.
on_begin: list[Callable[["Run"], None]] = []

# Called on the event loop with a record whose execution the caller is about to be told runs.
on_promise: list[Callable[[Record], None]] = []

# ARNs of executions that changed since somebody emptied this set.
changed: set[str] = set()

_live: dict[str, "Run"] = {}


class Run:
    """An open execution.

    Attributes:
        record: ministack's record of it, which its API answers from and which is saved.
        token: Cancelled when the execution closes, whoever closes it.
        is_suspended: Whether it is no longer interpreted though it is open: the process leaves.
    """

    def __init__(self, record: Record) -> None:
        self.record = record
        self.token = Token()
        self.is_suspended = False
        self.definition = machine_of(record["definition"])

    @property
    def arn(self) -> str:
        return str(self.record["executionArn"])

    def append(
        self, token: Token, event_type: str, details: Details | None = None, *, previous: int
    ) -> int:
        """Add an event on behalf of work that may have been cancelled meanwhile.

        Raises:
            Cancelled: It has been; nothing was added.
        """
        with lock:
            token.check()
            changed.add(self.arn)
            return history.append(self.record, event_type, details, previous=previous)

    def close(
        self,
        status: str,
        event_type: str,
        details: Details,
        *,
        previous: int = 0,
        fields: Details | None = None,
    ) -> bool:
        """End the execution, unless it ended already; only one caller ever succeeds."""
        with lock:
            if self.record["status"] != "RUNNING":
                return False
            closed = {"status": status, "stopDate": now_iso(), "output": None, "untold": True}
            self.record.update(closed | (fields or {}))
            history.append(self.record, event_type, details, previous=previous)
            changed.add(self.arn)
            _live.pop(self.arn, None)
        self.token.cancel()
        tell(self.record)
        return True

    def fail(self, error: str | None, cause: str | None, *, previous: int) -> None:
        details = history.failed(error, cause)
        self.close("FAILED", "ExecutionFailed", details, previous=previous, fields=details)

    def interpret(self) -> None:
        """Walk the machine from where the execution stands to its end, when its turn comes."""
        turns.of_executions.take(self._interpret)

    def _interpret(self) -> None:
        if self.token.is_cancelled:
            return
        for begin in on_begin:
            begin(self)
        position = self.record["position"]
        try:
            output = Scope(self, self.definition, position, self._context(), self.token).walk()
        except Cancelled:
            return
        except ExecutionError as failure:
            self.fail(failure.error, failure.cause, previous=position["last"])
        except Exception as surprise:
            log.exception("interpreting %s", self.arn)
            self.fail(RUNTIME, str(surprise), previous=position["last"])
        else:
            text = dumps(output)
            self.close(
                "SUCCEEDED",
                "ExecutionSucceeded",
                {"output": text, "outputDetails": {"truncated": False}},
                previous=position["last"],
                fields={"output": text},
            )
            # Nothing will take it up again, and a Map's holds all its items.
            self.record.pop("position", None)

    def _context(self) -> dict[str, Any]:
        """The context object, with what ministack's JSONPath and JSONata look for beside it."""
        record = self.record
        execution = {
            "Id": record["executionArn"],
            "Input": json.loads(record["input"]),
            "Name": record["name"],
            "RoleArn": record["roleArn"],
            "StartTime": record["startDate"],
            "RedriveCount": record.get("redriveCount", 0),
        }
        if record.get("redriveDate"):
            execution["RedriveTime"] = record["redriveDate"]
        machine = record["stateMachineArn"]
        return {
            "QueryLanguage": self.definition.get("QueryLanguage", "JSONPath"),
            "Execution": execution,
            "StateMachine": {"Id": machine, "Name": machine.split(":")[6]},
            "variables": record["position"]["variables"],
        }


@lru_cache(maxsize=64)
def machine_of(definition: str) -> dict[str, Any]:
    """A definition's machine, parsed once for all its executions, which only read it."""
    machine: dict[str, Any] = json.loads(definition)
    return machine


def open_run(record: Record) -> Run:
    """The run of an execution that is RUNNING; the same one for everybody."""
    with lock:
        arn = record["executionArn"]
        if arn not in _live:
            complete(record)
            if "position" not in record:
                # The first state's event follows no other, as AWS counts.
                start_at = machine_of(record["definition"]).get("StartAt")
                value = json.loads(record["input"])
                record["position"] = positions.new(start_at, value, last=0, variables={})
            _live[arn] = Run(record)
        return _live[arn]


def start(record: Record) -> None:
    """Interpret an execution on a thread of its own, under its own account and region."""
    run = open_run(record)
    _, _, _, region, account, *_ = run.arn.split(":")
    with request_scope(account, region):
        context = contextvars.copy_context()
    name = f"execution-{record['name']}"
    threading.Thread(target=context.run, args=(run.interpret,), name=name, daemon=True).start()


def promise(record: Record) -> None:
    """Keep that an execution begins or goes on, before anybody is told so."""
    for keep in on_promise:
        keep(record)


def tell(record: Record) -> None:
    """Send an execution's status event: at least once, whatever dies meanwhile."""
    asl._emit_execution_status_event(record)
    with lock:
        record.pop("untold", None)
        changed.add(record["executionArn"])


def suspend_all() -> None:
    """Stop interpreting without closing anything, before the process leaves."""
    with lock:
        suspended = list(_live.values())
        _live.clear()
    for run in suspended:
        run.is_suspended = True
    for run in suspended:
        run.token.cancel()


def complete(record: Record) -> None:
    """Give ministack's fresh record what it should have had from the start."""
    machine = asl._state_machines.get(record["stateMachineArn"]) or {}
    record.setdefault("definition", machine.get("definition", "{}"))
    record.setdefault("roleArn", machine.get("roleArn", ""))
    record.setdefault("revisionId", machine.get("revisionId", ""))
    started = record["events"][0]
    started.setdefault("previousEventId", 0)
    started["executionStartedEventDetails"].setdefault("inputDetails", {"truncated": False})
