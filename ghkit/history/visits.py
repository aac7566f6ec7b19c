"""A state's visit while its events are being read, and the scope that it stands in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Event = Mapping[str, Any]
StepStatus = Literal["running", "succeeded", "caught", "failed", "timed_out", "aborted"]
ExecutionStatus = Literal["RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"]


@dataclass(slots=True, eq=False)
class Scope:
    """The execution itself, one iteration of a Map, or one branch of a Parallel."""

    parent: Visit | None = None
    prefix: str = ""
    iteration: int | None = None
    current: Visit | None = None
    closed_at: Any = None


@dataclass(slots=True, eq=False)
class Trial:
    """One try of a task, or one start of a Map or Parallel; timestamps stay raw until the end."""

    started_at: Any
    ended_at: Any = None
    status: StepStatus = "running"
    error: str | None = None

    def end(self, status: StepStatus, at: Any, error: str | None = None) -> None:
        """Close it, once."""
        if self.ended_at is None:
            self.status, self.ended_at, self.error = status, at, error


@dataclass(slots=True, eq=False)
class Visit:
    """A step while it is being folded; timestamps stay raw until the end."""

    state: str
    type: str
    scope: Scope
    entered_at: Any
    entered_event_id: int
    trials: list[Trial] = field(default_factory=list)
    status: StepStatus = "running"
    exited_at: Any = None
    exited_event_id: int | None = None
    ended_at: Any = None
    failure: Literal["failed", "timed_out"] | None = None
    error: str | None = None
    cause: str | None = None
    child_execution_arn: str | None = None
    resource: str | None = None
    resource_type: str | None = None
    culprit: Visit | None = None
    gave_up: bool = False  # a Map or Parallel that is tried again starts without having failed
    scopes: dict[int, Scope] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """The names and indexes around it, and its own name."""
        return self.scope.prefix + self.state

    def is_live(self) -> bool:
        """Say whether it, and the iteration or branch that it stands in, may still go on."""
        return self.ended_at is None and self.scope.closed_at is None

    def end(self, status: StepStatus, at: Any) -> None:
        """Close it for good, unless a redrive opens it again."""
        self.status = status
        self.ended_at = at
        if self.trials:
            self.trials[-1].end("failed" if status == "caught" else status, at, self.error)
        if self.scope.current is self:
            self.scope.current = None

    def fail(self, kind: Literal["failed", "timed_out"], details: Event, at: Any) -> None:
        """Note that its latest try failed; a Retry or a Catch may follow."""
        self.failure = kind
        self.error = details.get("error")
        self.cause = details.get("cause")
        if self.trials:
            self.trials[-1].end(kind, at, self.error)


Node = Scope | Visit
