"""Makes random machines in which every state can be reached and every name is unique."""

from dataclasses import dataclass
from random import Random
from typing import Any

State = dict[str, Any]
Machine = dict[str, Any]

_INVOKE = "arn:aws:states:::lambda:invoke"
_START = "arn:aws:states:::states:startExecution.sync:2"

ERRORS = ("Busy", "Broken")

# Lengths of the lists that Maps go over; they lie in the execution's input.
LENGTHS = (0, 1, 2, 5, 45)

# Inside of another Map or Parallel: 45 times 45 iterations would be nothing but long.
_LENGTHS_INSIDE = LENGTHS[:-1]

# A function that fails as the plan in its input says: calls of one key are counted in a file, the
# first so many raise the planned error, and "Fail" asks the next Choice to go to its Fail state.
FUNCTION = """
import os

def handler(event, context):
    key = event["key"] + event["name"]
    error, fails = event["plan"].get(key, ("", 0))
    if error == "Fail":
        return {"fails": True}
    with open(os.path.join(event["folder"], key.replace("/", "_")), "a") as book:
        book.write("x")
        calls = book.tell()
    if calls <= fails:
        raise type(error, (Exception,), {})("as planned")
    return {"fails": False}
"""


@dataclass(frozen=True)
class Built:
    """A machine, and what its Choices are to find in the input."""

    machine: Machine
    flags: dict[str, bool]


def build(random: Random, *, function: str, child: str, size: int = 12) -> Built:
    """Make a machine of about `size` states.

    Args:
        random: Decides everything.
        function: ARN of a Lambda whose source is `FUNCTION`.
        child: ARN of a machine that succeeds with any input.
        size: How many states to spend; Maps and Parallels spend it on what is inside.
    """
    builder = _Builder(random, function, child)
    return Built(builder.machine(size, depth=0), builder.flags)


class _Builder:
    def __init__(self, random: Random, function: str, child: str) -> None:
        self._random = random
        self._function = function
        self._child = child
        self._count = 0
        self.flags: dict[str, bool] = {}

    def machine(self, size: int, *, depth: int) -> Machine:
        """A chain of states that may be left early, never backwards."""
        states: dict[str, State] = {}
        while size > 0:
            group = self._one_of(_KINDS if depth < 2 else _FLAT_KINDS)(self, size, depth)
            size -= sum(map(_weight, group.values()))
            states |= group
        end = self._name("End")
        states[end] = {"Type": self._random.choice(["Succeed", "Pass"])}
        if states[end]["Type"] == "Pass":
            states[end]["End"] = True
        self._link(states, end)
        return {"StartAt": next(iter(states)), "States": states}

    def _link(self, states: dict[str, State], end: str) -> None:
        names = list(states)
        for place, name in enumerate(names):
            state = states[name]
            later = names[place + 1 :]
            # A Decide and its Fail state are entered from their call only.
            open_to_all = [n for n in later if not n.startswith(("Decide", "Fail"))]
            if state["Type"] == "Choice":
                # The one after a call leads to its Fail state, which stands next to it.
                fail = state.pop("fail", None)
                state["Default"] = later[1] if fail else later[0]
                skip = fail or self._random.choice(open_to_all)
                state["Choices"][0]["Next"] = skip
            elif state["Type"] not in ("Fail", "Succeed") and "End" not in state:
                state["Next"] = later[0]
            for catcher in state.get("Catch", []):
                # Where the error takes the place of the input, nothing that reads it may follow.
                plain = "ResultPath" not in catcher
                catcher["Next"] = end if plain else self._random.choice(open_to_all)

    def plain(self, _size: int, _depth: int) -> dict[str, State]:
        kind = self._random.choice(["Pass", "Wait"])
        state: State = {"Type": kind}
        if kind == "Wait":
            state["Seconds"] = self._random.choice([0, 1])
        return {self._name(kind): state}

    def choice(self, _size: int, _depth: int) -> dict[str, State]:
        name = self._name("Choice")
        self.flags[name] = self._random.random() < 0.5
        rule = {"Variable": f"$.flags['{name}']", "BooleanEquals": True}
        return {name: {"Type": "Choice", "Choices": [rule]}}

    def call(self, _size: int, _depth: int) -> dict[str, State]:
        name = self._name("Call")
        state = self._task(name) | self._recovery()
        if self._random.random() > 0.25:
            return {name: state}
        decide, fail = self._name("Decide"), self._name("Fail")
        rule = {"Variable": "$.answer.fails", "BooleanEquals": True}
        # What a Catch leaves behind has no answer, so here nothing is caught.
        state.pop("Catch", None)
        return {
            name: state,
            decide: {"Type": "Choice", "Choices": [rule], "fail": fail},
            fail: {"Type": "Fail", "Error": f"{fail}ed", "Cause": "as planned"},
        }

    def child(self, _size: int, _depth: int) -> dict[str, State]:
        parameters = {"StateMachineArn": self._child, "Input": {"key.$": "$.key"}}
        state = {"Type": "Task", "Resource": _START, "Parameters": parameters, "ResultPath": None}
        return {self._name("Child"): state}

    def each(self, size: int, depth: int) -> dict[str, State]:
        selector = {
            "key.$": "States.Format('{}{}.', $.key, $$.Map.Item.Index)",
            **{f"{field}.$": f"$.{field}" for field in ("plan", "folder", "flags", "lists")},
        }
        lengths = _LENGTHS_INSIDE if depth else LENGTHS
        state = {
            "Type": "Map",
            "ItemsPath": f"$.lists.of{self._random.choice(lengths)}",
            "MaxConcurrency": self._random.choice([0, 1, 3, 40]),
            "ItemSelector": selector,
            "ItemProcessor": self.machine(min(size, 3), depth=depth + 1),
            "ResultPath": None,
        }
        return {self._name("Each"): state | self._recovery()}

    def side_by_side(self, size: int, depth: int) -> dict[str, State]:
        count = self._random.randint(1, 4)
        branches = [
            self.machine(max(1, size // count // 2), depth=depth + 1) for _ in range(count)
        ]
        state = {"Type": "Parallel", "Branches": branches, "ResultPath": None}
        return {self._name("Both"): state | self._recovery()}

    def _task(self, name: str) -> State:
        payload = {f"{field}.$": f"$.{field}" for field in ("key", "plan", "folder")}
        payload["name"] = name
        if self._random.random() < 0.5:
            return {
                "Type": "Task",
                "Resource": self._function,
                "Parameters": payload,
                "ResultPath": "$.answer",
            }
        return {
            "Type": "Task",
            "Resource": _INVOKE,
            "Parameters": {"FunctionName": self._function, "Payload": payload},
            "ResultSelector": {"fails.$": "$.Payload.fails"},
            "ResultPath": "$.answer",
        }

    def _recovery(self) -> State:
        recovery: State = {}
        if self._random.random() < 0.5:
            retrier = {
                "ErrorEquals": self._errors(),
                "IntervalSeconds": 1,
                "MaxAttempts": self._random.randint(0, 2),
                "BackoffRate": 1.0,
            }
            recovery["Retry"] = [retrier]
        if self._random.random() < 0.4:
            catcher: State = {"ErrorEquals": self._errors()}
            if self._random.random() < 0.5:
                catcher["ResultPath"] = "$.caught"
            recovery["Catch"] = [catcher]
        return recovery

    def _errors(self) -> list[str]:
        return self._random.choice([["States.ALL"], ["States.TaskFailed"], [ERRORS[0]]])

    def _one_of(self, kinds: dict[Any, int]) -> Any:
        return self._random.choices(list(kinds), list(kinds.values()))[0]

    def _name(self, kind: str) -> str:
        self._count += 1
        return f"{kind} {self._count}"


_FLAT_KINDS: dict[Any, int] = {
    _Builder.plain: 3,
    _Builder.choice: 2,
    _Builder.call: 5,
    _Builder.child: 1,
}
_KINDS: dict[Any, int] = _FLAT_KINDS | {_Builder.each: 3, _Builder.side_by_side: 2}


def inner_machines(state: State) -> list[Machine]:
    """The machines inside a Map or Parallel."""
    if state["Type"] == "Map":
        return [state["ItemProcessor"]]
    return list(state.get("Branches", []))


def _weight(state: State) -> int:
    inside = (inner for machine in inner_machines(state) for inner in machine["States"].values())
    return 1 + sum(map(_weight, inside))
