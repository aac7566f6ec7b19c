"""One walk through the states of a machine: an execution, a branch or an iteration."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Self

from ministack.core.responses import now_iso
from ministack.services import stepfunctions as asl

from sandbox.aws.interpreter import branches, history, positions, tasks, waits
from sandbox.aws.interpreter.errors import (
    QUERY_EVALUATION,
    ExecutionError,
    explained,
    is_explained,
    runtime_error,
)
from sandbox.aws.interpreter.positions import Position
from sandbox.aws.interpreter.tokens import Cancelled, Token

if TYPE_CHECKING:
    from sandbox.aws.interpreter.runs import Run

State = dict[str, Any]

# A state's output and the name of the next state; None ends the walk.
Outcome = tuple[Any, str | None]

# Called with the name of a task or state and with its result, before that is accepted; parity
# modules add theirs, which raise an ExecutionError to refuse it.
checks: list[Callable[[str, Any], None]] = []


class Scope:
    """Interprets one machine from a position to its end.

    Args:
        run: The execution that all of it belongs to.
        machine: An object with `StartAt` and `States`.
        position: Where this walk stands; kept up to date.
        context: The context object; this walk's own.
        token: Says when to leave.
    """

    def __init__(
        self,
        run: "Run",
        machine: dict[str, Any],
        position: Position,
        context: dict[str, Any],
        token: Token,
    ) -> None:
        self.run = run
        self.machine = machine
        self.position = position
        self.context = context
        self.token = token

    def part(
        self, machine: dict[str, Any], position: Position, context: dict[str, Any], token: Token
    ) -> Self:
        """A walk below this one, for one branch or iteration."""
        own = {**self.context, **context, "variables": position["variables"]}
        return type(self)(self.run, machine, position, own, token)

    @property
    def name(self) -> str:
        """The state at hand."""
        return str(self.position["state"])

    def walk(self) -> Any:
        """Run states until one of them ends the walk, and return its output.

        Raises:
            ExecutionError: A state failed and nothing caught it.
            Cancelled: Nobody waits for this walk any more.
        """
        while not positions.is_over(self.position):
            state = self._enter()
            output, following = self._execute(state)
            self.append(f"{state['Type']}StateExited", history.exited(self.name, output))
            if following is None:
                self.position["output"] = output
            else:
                positions.move(self.position, following, output)
        return self.position["output"]

    def append(self, event_type: str, details: history.Details | None = None) -> int:
        """Add an event that follows this walk's last one.

        Raises:
            Cancelled: Nobody waits for this walk any more.
        """
        last = self.position["last"]
        event_id = self.run.append(self.token, event_type, details, previous=last)
        self.position["last"] = event_id
        return event_id

    def report(self, failure: Any) -> Any:
        """Tell the history about a failed query and the failure where it happened, once."""
        if is_explained(failure):
            return failure
        failure = explained(failure, state=self.name, entered=self.position["entered"])
        if failure.error == QUERY_EVALUATION:
            details = history.failed(failure.error, failure.cause)
            self.append("EvaluationFailed", {**details, "state": self.name})
        return failure

    def check(self, source: str, value: Any) -> None:
        """Accept a result or output.

        Raises:
            ExecutionError: A check refuses it.
        """
        for check in checks:
            check(source, value)

    def uses_jsonata(self, state: State) -> bool:
        return bool(asl._state_query_language(state, self.context) == "JSONata")

    def parameters(self, state: State) -> Any:
        """What a Task or Parallel is given, by Arguments or by InputPath and Parameters."""
        value = self.position["input"]
        if self.uses_jsonata(state):
            return asl._apply_jsonata_arguments(state, value, self.context)
        value = asl._apply_input_path(state, value, self.context)
        return asl._apply_parameters(state, value, self.context)

    def output_of(self, state: State, result: Any) -> Any:
        """A Task's, Parallel's or Map's output made of its input and its result."""
        value = self.position["input"]
        if self.uses_jsonata(state):
            output = asl._apply_jsonata_output(
                state, value, self.context, result=result, default=result
            )
            asl._apply_state_assign(state, value, self.context, result=result)
            return output
        if state.get("ResultSelector"):
            result = asl._resolve_params_obj(state["ResultSelector"], result, self.context)
        output = asl._apply_result_path(state, value, result)
        return asl._apply_output_path(state, output, self.context)

    def _enter(self) -> State:
        self.token.check()
        state = self.machine.get("States", {}).get(self.name)
        if state is None or state.get("Type") not in _EXECUTE:
            raise runtime_error(f"State '{self.name}' is missing or of an unknown type")
        self.context["State"] = {"Name": self.name, "EnteredTime": now_iso(), "RetryCount": 0}
        # A redriven or resumed state is still entered: AWS redrives states without Exited event.
        if self.position["entered"] is None:
            details = history.entered(self.name, self.position["input"])
            self.position["entered"] = self.append(f"{state['Type']}StateEntered", details)
        return dict(state)

    def _execute(self, state: State) -> Outcome:
        try:
            output, following = _EXECUTE[state["Type"]](self, state)
            self._check_output(output)
        except Cancelled:
            raise
        except ExecutionError as failure:
            reported = self.report(failure)
            if state["Type"] == "Fail":
                # The one kind that a redrive enters again, only to fail again.
                self.position["entered"] = None
            raise reported from None
        except Exception as surprise:
            # ministack's path and intrinsic functions complain by plain Python errors.
            raise self.report(runtime_error(str(surprise))) from surprise
        return output, following

    def _check_output(self, output: Any) -> None:
        try:
            self.check(self.name, output)
        except ExecutionError:
            # A redrive runs all iterations or branches again, even those that had succeeded.
            positions.restart_parts(self.position)
            raise


def _pass(scope: Scope, state: State) -> Outcome:
    return asl._execute_pass(state, scope.position["input"], scope.context)  # type: ignore[no-any-return]


def _choice(scope: Scope, state: State) -> Outcome:
    return asl._execute_choice(state, scope.position["input"], scope.context)  # type: ignore[no-any-return]


def _succeed(scope: Scope, state: State) -> Outcome:
    value = scope.position["input"]
    if scope.uses_jsonata(state):
        return asl._apply_jsonata_output(state, value, scope.context, default=value), None
    value = asl._apply_input_path(state, value, scope.context)
    return asl._apply_output_path(state, value, scope.context), None


def _fail(scope: Scope, state: State) -> Outcome:
    error, cause = asl._fail_state_error(state, scope.position["input"], scope.context)
    has_error = "Error" in state or "ErrorPath" in state
    raise ExecutionError(error if has_error else None, cause or None)


_EXECUTE: dict[str, Callable[[Scope, State], Outcome]] = {
    "Pass": _pass,
    "Choice": _choice,
    "Wait": waits.execute,
    "Succeed": _succeed,
    "Fail": _fail,
    "Task": tasks.execute,
    "Parallel": branches.execute_parallel,
    "Map": branches.execute_map,
}
