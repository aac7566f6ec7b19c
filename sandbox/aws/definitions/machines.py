"""A definition as a whole: its states, and how one leads to the next."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from sandbox.aws.definitions.findings import Finding, schema
from sandbox.aws.definitions.states import check_state, inner_machines, transitions

Machine = dict[str, Any]

# "StateMachine definition" in the quotas of the Step Functions Developer Guide, in characters.
_LONGEST = 1_048_576

_MACHINE_FIELDS = {"Comment", "StartAt", "States", "QueryLanguage"}
_TOP_FIELDS = _MACHINE_FIELDS | {"TimeoutSeconds", "Version"}
_PROCESSOR_FIELDS = _MACHINE_FIELDS | {"ProcessorConfig"}


def lint(text: str) -> list[Finding]:
    """Everything that AWS would refuse a definition for, in the order of its states."""
    if len(text) > _LONGEST:
        return [schema(f"The definition is longer than {_LONGEST} characters", "")]
    try:
        machine = json.loads(text)
    except ValueError as error:
        return [Finding("INVALID_JSON_DESCRIPTION", str(error))]
    if not isinstance(machine, dict):
        return [schema("The definition must be an object", "")]
    language = machine.get("QueryLanguage", "JSONPath")
    findings = list(_check_machine(machine, "", _TOP_FIELDS, language))
    names = Counter(_state_names(machine))
    findings += [
        Finding("DUPLICATE_STATE_NAME", f"Duplicate State name: {name}")
        for name, count in names.items()
        if count > 1
    ]
    return findings


def _check_machine(
    machine: Machine, at: str, fields: set[str], language: str
) -> Iterator[Finding]:
    for name in sorted(machine.keys() - fields):
        yield schema("Field is not supported", f"{at}/{name}")
    missing = sorted({"StartAt", "States"} - machine.keys())
    if missing:
        yield schema(f"These fields are required: [{', '.join(missing)}]", at)
        return
    if not isinstance(machine["StartAt"], str):
        yield schema("Value must be a text", f"{at}/StartAt")
        return
    states = machine["States"]
    if not isinstance(states, dict) or not states:
        yield schema("Value must be an object of at least one state", f"{at}/States")
        return
    for name, state in states.items():
        yield from _check_one(name, state, f"{at}/States/{name}", language)
    if all(isinstance(state, dict) for state in states.values()):
        yield from _check_transitions(machine, at)


def _check_one(name: str, state: Any, at: str, language: str) -> Iterator[Finding]:
    if not isinstance(state, dict):
        yield schema("Value must be an object", at)
        return
    yield from check_state(name, state, at, language)
    language = state.get("QueryLanguage", language)
    for field, inner in inner_machines(state):
        if not isinstance(inner, dict):
            yield schema("Value must be an object", f"{at}/{field}")
        else:
            yield from _check_machine(inner, f"{at}/{field}", _PROCESSOR_FIELDS, language)


def _check_transitions(machine: Machine, at: str) -> Iterator[Finding]:
    states, start = machine["States"], machine["StartAt"]
    leading = [(f"{at}/StartAt", start)]
    for name, state in states.items():
        leading += [
            (f"{at}/States/{name}/{field}", target) for field, target in transitions(state)
        ]
    for field, target in leading:
        if not isinstance(target, str) or target not in states:
            # Whatever the field is called.
            message = f"Missing 'Next' target: {target}"
            yield Finding("MISSING_TRANSITION_TARGET", message, field)
    ends = [
        name
        for name, state in states.items()
        if state.get("End") is True or state.get("Type") in ("Succeed", "Fail")
    ]
    if not ends:
        # Then AWS does not look for states that cannot be reached.
        yield Finding("MISSING_END_STATE", "Workflow has no terminal state")
        return
    for name in states.keys() - _reachable(states, start):
        message = f'State "{name}" is not reachable.'
        yield Finding("MISSING_TRANSITION_TARGET", message, f"{at}/States/{name}")


def _reachable(states: Machine, start: Any) -> set[str]:
    seen: set[str] = set()
    ahead: list[Any] = [start]
    while ahead:
        name = ahead.pop()
        if isinstance(name, str) and name in states and name not in seen:
            seen.add(name)
            ahead += [target for _, target in transitions(states[name])]
    return seen


def _state_names(machine: Machine) -> Iterator[str]:
    states = machine.get("States")
    for name, state in states.items() if isinstance(states, dict) else ():
        yield name
        for _, inner in inner_machines(state) if isinstance(state, dict) else ():
            if isinstance(inner, dict):
                yield from _state_names(inner)
