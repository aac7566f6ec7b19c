"""One state: the fields that its type has, and what they may hold."""

from collections.abc import Iterator
from typing import Any

from sandbox.aws.definitions.choices import check_choices
from sandbox.aws.definitions.findings import Finding, schema
from sandbox.aws.definitions.recovery import check_catchers, check_retriers

State = dict[str, Any]

_LONGEST_NAME = 80

_COMMON = {"Type", "Comment", "QueryLanguage", "Assign"}
_PATHS = {"InputPath", "OutputPath"}
_RESULT = {"ResultPath", "ResultSelector"}
_JSONATA = {"Output", "Arguments"}
_GOES_ON = {"Next", "End"}
_RECOVERS = {"Retry", "Catch"}

# Fields of each type, and those that it must have ("State" pages of the Amazon States Language in
# the Step Functions Developer Guide).
_FIELDS: dict[str, set[str]] = {
    "Pass": _COMMON | _PATHS | _GOES_ON | {"Result", "ResultPath", "Parameters", "Output"},
    "Task": _COMMON
    | _PATHS
    | _RESULT
    | _JSONATA
    | _GOES_ON
    | _RECOVERS
    | {
        *("Resource", "Parameters", "Credentials"),
        *("TimeoutSeconds", "TimeoutSecondsPath", "HeartbeatSeconds", "HeartbeatSecondsPath"),
    },
    "Choice": _COMMON | _PATHS | {"Choices", "Default", "Output"},
    "Wait": _COMMON
    | _PATHS
    | _GOES_ON
    | {"Seconds", "SecondsPath", "Timestamp", "TimestampPath", "Output"},
    "Succeed": _COMMON | _PATHS | {"Output"},
    "Fail": _COMMON | {"Error", "ErrorPath", "Cause", "CausePath"},
    "Parallel": _COMMON
    | _PATHS
    | _RESULT
    | _JSONATA
    | _GOES_ON
    | _RECOVERS
    | {"Branches", "Parameters"},
    "Map": _COMMON
    | _PATHS
    | _RESULT
    | _JSONATA
    | _GOES_ON
    | _RECOVERS
    | {
        *("ItemProcessor", "Iterator", "ItemSelector", "Parameters", "ItemsPath", "Items"),
        *("ItemReader", "ItemBatcher", "ResultWriter", "Label"),
        *("MaxConcurrency", "MaxConcurrencyPath"),
        *("ToleratedFailureCount", "ToleratedFailureCountPath"),
        *("ToleratedFailurePercentage", "ToleratedFailurePercentagePath"),
    },
}
_REQUIRED = {"Task": {"Resource"}, "Choice": {"Choices"}, "Parallel": {"Branches"}}
_ONE_OF = {
    "Wait": ("Seconds", "SecondsPath", "Timestamp", "TimestampPath"),
    "Map": ("ItemProcessor", "Iterator"),
}

# Each language has fields of its own.
_JSONPATH_ONLY = _PATHS | _RESULT | {"Parameters", "ItemsPath", "Result", "ErrorPath", "CausePath"}
_JSONATA_ONLY = {"Arguments", "Output", "Items"}

_TEMPLATES = ("Parameters", "ResultSelector", "ItemSelector")


def check_state(name: str, state: State, at: str, language: str) -> Iterator[Finding]:
    if len(name) > _LONGEST_NAME:
        yield schema(f"The name of a state has at most {_LONGEST_NAME} characters", at)
    kind = state.get("Type")
    if not isinstance(kind, str) or kind not in _FIELDS:
        yield schema(f"Value must be one of {sorted(_FIELDS)}", f"{at}/Type")
        return
    language = state.get("QueryLanguage", language)
    foreign = _JSONPATH_ONLY if language == "JSONata" else _JSONATA_ONLY
    for field in state:
        if field not in _FIELDS[kind] or field in foreign:
            yield schema("Field is not supported", f"{at}/{field}")
    yield from _check_required(kind, state, at)
    if kind == "Task" and not _is_arn(state.get("Resource", "arn:")):
        yield schema("Value is not a valid resource ARN", f"{at}/Resource")
    if kind == "Choice":
        yield from check_choices(state.get("Choices"), f"{at}/Choices", language)
    if kind in ("Parallel", "Map", "Task"):
        yield from check_retriers(state.get("Retry", []), f"{at}/Retry")
        yield from check_catchers(state.get("Catch", []), f"{at}/Catch")
    if language == "JSONPath":
        yield from _check_paths(state, at)


def transitions(state: State) -> Iterator[tuple[str, Any]]:
    """The places in a state that name another, with that name."""
    for field in ("Next", "Default"):
        if field in state:
            yield field, state[field]
    for field in ("Choices", "Catch"):
        rules = state.get(field)
        for number, rule in enumerate(rules if isinstance(rules, list) else []):
            if isinstance(rule, dict) and "Next" in rule:
                yield f"{field}[{number}]/Next", rule["Next"]


def inner_machines(state: State) -> Iterator[tuple[str, Any]]:
    """The machines inside a Map or Parallel, with where they stand."""
    for field in ("ItemProcessor", "Iterator"):
        if field in state:
            yield field, state[field]
    branches = state.get("Branches")
    for number, branch in enumerate(branches if isinstance(branches, list) else []):
        yield f"Branches[{number}]", branch


def _check_required(kind: str, state: State, at: str) -> Iterator[Finding]:
    missing = sorted(_REQUIRED.get(kind, set()) - state.keys())
    if missing:
        yield schema(f"These fields are required: [{', '.join(missing)}]", at)
    choices = _ONE_OF.get(kind, ())
    if choices and sum(field in state for field in choices) != 1:
        yield schema(f"Exactly one of these fields is required: [{', '.join(choices)}]", at)
    if "Next" in _FIELDS[kind] and ("Next" in state) == (state.get("End") is True):
        yield schema("Exactly one of these fields is required: [Next, End]", at)
    if kind == "Parallel" and not (isinstance(state.get("Branches"), list) and state["Branches"]):
        yield schema("Value must be a list of at least one branch", f"{at}/Branches")


def _check_paths(state: State, at: str) -> Iterator[Finding]:
    for field, value in state.items():
        if field.endswith("Path") and not _is_path(value):
            yield schema("Value is not a valid JSONPath", f"{at}/{field}")
    for field in _TEMPLATES:
        yield from _check_template(state.get(field), f"{at}/{field}")


def _check_template(value: Any, at: str) -> Iterator[Finding]:
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield from _check_template(item, f"{at}[{number}]")
    elif isinstance(value, dict):
        for key, item in value.items():
            if key.endswith(".$"):
                if item is None or not _is_path(item):
                    message = (
                        f"The value for the field '{key}' must be a valid JSONPath or a valid "
                        "intrinsic function call"
                    )
                    yield schema(message, f"{at}/{key}")
            else:
                yield from _check_template(item, f"{at}/{key}")


def _is_path(value: Any) -> bool:
    return value is None or (isinstance(value, str) and value.startswith(("$", "States.")))


def _is_arn(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("arn:")
