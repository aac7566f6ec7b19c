"""Map and Parallel states: walks side by side, of which the first failure ends all."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from ministack.services import stepfunctions as asl

from sandbox.aws.interpreter import groups, positions, recovery
from sandbox.aws.interpreter.errors import ExecutionError, runtime_error
from sandbox.aws.interpreter.history import Details, dumps

if TYPE_CHECKING:
    from sandbox.aws.interpreter.positions import Position
    from sandbox.aws.interpreter.scopes import Outcome, Scope, State
    from sandbox.aws.interpreter.tokens import Token

# An inline Map never runs more iterations at once ("Map state", Step Functions Developer Guide).
_MOST_AT_ONCE = 40

# Only these kinds of state have an Aborted event.
_ABORTABLE = frozenset({"Task", "Wait", "Map", "Parallel"})


def execute_parallel(scope: "Scope", state: "State") -> "Outcome":
    return _with_recovery(scope, state, lambda: _run_branches(scope, state))


def execute_map(scope: "Scope", state: "State") -> "Outcome":
    processor = state.get("ItemProcessor") or state.get("Iterator") or {}
    if (processor.get("ProcessorConfig") or {}).get("Mode") == "DISTRIBUTED":
        # Not ours yet: ministack runs the children, and their histories are not AWS's.
        given = scope.position["input"]
        return asl._execute_map(state, given, scope.run.record, scope.context)  # type: ignore[no-any-return]
    return _with_recovery(scope, state, lambda: _run_iterations(scope, state, processor))


def _with_recovery(scope: "Scope", state: "State", attempt: Callable[[], list[Any]]) -> "Outcome":
    retries = recovery.Retries(scope, state)
    while True:
        retries.begin()
        try:
            return scope.output_of(state, attempt()), asl._next_or_end(state)
        except ExecutionError as failure:
            reported = scope.report(failure)
            if retries.wait(reported):
                positions.restart_parts(scope.position)
                continue
            if scope.position["started"] is not None:
                scope.append(f"{state['Type']}StateFailed")
            caught = recovery.catch(scope, state, reported)
            if caught is None:
                raise reported from None
            return caught


def _run_branches(scope: "Scope", state: "State") -> list[Any]:
    given = scope.parameters(state)
    parts = [_Part(machine, given) for machine in state["Branches"]]
    return _Group(scope, parts).run(at_once=len(parts))


def _run_iterations(scope: "Scope", state: "State", processor: dict[str, Any]) -> list[Any]:
    value = scope.position["input"]
    if not scope.uses_jsonata(state):
        value = asl._apply_input_path(state, value, scope.context)
    parts = []
    for index, item in enumerate(_items(scope, state, value)):
        context = {"Map": {"Item": {"Index": index, "Value": item}}}
        given = _item_input(scope, state, value, item, context)
        parts.append(_Part(processor, given, index, context))
    at_once = _most_at_once(scope, state, value)
    return _Group(scope, parts, of_items=True).run(at_once=at_once)


def _items(scope: "Scope", state: "State", value: Any) -> list[Any]:
    if scope.uses_jsonata(state) and "Items" in state:
        return list(asl._jsonata_state_field(state, "Items", "array", value, scope.context))
    items = asl._resolve_path_or_ctx(state.get("ItemsPath", "$"), value, scope.context)
    if not isinstance(items, list):
        raise runtime_error(f"Map state input must be an array but was: {dumps(items)}")
    return items


def _item_input(
    scope: "Scope", state: "State", value: Any, item: Any, context: dict[str, Any]
) -> Any:
    selector = state.get("ItemSelector") or state.get("Parameters")
    if not selector:
        return item
    context = {**scope.context, **context}
    if scope.uses_jsonata(state):
        return asl._apply_jsonata_template(selector, value, context)
    return asl._resolve_params_obj(selector, value, context)


def _most_at_once(scope: "Scope", state: "State", value: Any) -> int:
    wanted = state.get("MaxConcurrency", 0)
    if "MaxConcurrencyPath" in state:
        wanted = asl._resolve_path_or_ctx(state["MaxConcurrencyPath"], value, scope.context)
    elif scope.uses_jsonata(state) and "MaxConcurrency" in state:
        wanted = asl._jsonata_state_field(state, "MaxConcurrency", "number", value, scope.context)
    return min(int(wanted) or _MOST_AT_ONCE, _MOST_AT_ONCE)


@dataclass
class _Part:
    machine: dict[str, Any]
    given: Any
    index: int = 0
    context: dict[str, Any] = field(default_factory=dict)


class _Group:
    """The branches or iterations of one attempt at a state; those that are done stay done."""

    def __init__(self, scope: "Scope", parts: list[_Part], *, of_items: bool = False) -> None:
        self._scope = scope
        self._parts = parts
        self._of_items = of_items
        self._kind = "Map" if of_items else "Parallel"
        # Kept, because a stray thread of a former attempt must not write into the next one's.
        self._positions: dict[str, Position] = scope.position["parts"]

    def run(self, *, at_once: int) -> list[Any]:
        """Run what is not done yet and return the outputs of all, in order.

        Raises:
            ExecutionError: A part failed; the others were aborted.
        """
        scope = self._scope
        if scope.position["started"] is None:
            details = {"length": len(self._parts)} if self._of_items else None
            scope.position["started"] = scope.append(f"{self._kind}StateStarted", details)
        jobs: list[groups.Job] = [
            partial(self._run_part, index) for index in range(len(self._parts))
        ]
        try:
            groups.run_all(jobs, at_once=at_once, token=scope.token)
        except groups.FirstFailure as first:
            self._abort(first.index)
            if isinstance(first.failure, ExecutionError):
                raise first.failure from None
            raise runtime_error(str(first.failure)) from first.failure
        done = [self._positions[str(index)] for index in range(len(self._parts))]
        newest = max((position["last"] for position in done), default=scope.position["last"])
        # What follows the state links to its last part, not to this event, as on AWS.
        scope.run.append(scope.token, f"{self._kind}StateSucceeded", previous=newest)
        scope.position["last"] = newest
        return [position["output"] for position in done]

    def _run_part(self, index: int, token: "Token", previous: Any) -> int:
        """Walk one part and return the id of its last event, which the next one follows."""
        part = self._parts[index]
        position = self._positions.get(str(index))
        if position is None:
            started = self._scope.position["started"]
            if self._of_items:
                started = self._mark(token, "Started", index, previous=previous or started)
            position = positions.new(
                part.machine.get("StartAt"),
                part.given,
                last=started,
                variables=dict(self._scope.context["variables"]),
            )
            self._positions[str(index)] = position
        if not positions.is_over(position):
            self._scope.part(part.machine, position, part.context, token).walk()
            newest = int(position["last"])
            if self._of_items:
                position["last"] = self._mark(token, "Succeeded", index, previous=newest)
            return newest
        return int(position["last"])

    def _mark(self, token: "Token", what: str, index: int, *, previous: int) -> int:
        details: Details = {"name": self._scope.name, "index": index}
        run = self._scope.run
        return run.append(token, f"MapIteration{what}", details, previous=previous)

    def _abort(self, failed: int) -> None:
        """Add the events of the part that failed, then those of the ones that it took down."""
        scope = self._scope
        if str(failed) in self._positions:
            scope.position["last"] = self._positions[str(failed)]["last"]
        cause = scope.position["last"]
        in_order = [failed, *(index for index in range(len(self._parts)) if index != failed)]
        for index in in_order:
            position = self._positions.get(str(index))
            if position is None or positions.is_over(position):
                continue
            if self._of_items:
                what = "Failed" if index == failed else "Aborted"
                self._mark(scope.token, what, index, previous=cause)
            state = self._parts[index].machine["States"].get(position["state"], {})
            if position["entered"] is not None and state.get("Type") in _ABORTABLE:
                scope.run.append(scope.token, f"{state['Type']}StateAborted", previous=cause)
