"""The rules of a Choice ("Choice workflow state", Step Functions Developer Guide)."""

from collections.abc import Iterator
from typing import Any

from sandbox.aws.definitions.findings import Finding, schema

_TYPED = [
    f"{kind}{comparison}{suffix}"
    for kind in ("String", "Numeric", "Timestamp")
    for comparison in (
        *("Equals", "LessThan", "GreaterThan"),
        *("LessThanEquals", "GreaterThanEquals"),
    )
    for suffix in ("", "Path")
]
_COMPARISONS = {
    *_TYPED,
    *("BooleanEquals", "BooleanEqualsPath", "StringMatches"),
    *("IsNull", "IsPresent", "IsNumeric", "IsString", "IsBoolean", "IsTimestamp"),
}
_OF_ALL = {"Next", "Comment", "Assign", "Output"}


def check_choices(choices: Any, at: str, language: str) -> Iterator[Finding]:
    if not isinstance(choices, list) or not choices:
        yield schema("Value must be a list of at least one rule", at)
        return
    for number, rule in enumerate(choices):
        here = f"{at}[{number}]"
        if not isinstance(rule, dict) or "Next" not in rule:
            yield schema("These fields are required: [Next]", here)
        elif language == "JSONata":
            if "Condition" not in rule:
                yield schema("These fields are required: [Condition]", here)
        else:
            yield from _check_rule(rule, here, _OF_ALL)


def _check_rule(rule: Any, at: str, also: set[str]) -> Iterator[Finding]:
    if not isinstance(rule, dict):
        yield schema("Value must be an object", at)
        return
    for field in ("And", "Or"):
        rules = rule.get(field, [])
        for number, inner in enumerate(rules if isinstance(rules, list) else [None]):
            yield from _check_rule(inner, f"{at}/{field}[{number}]", set())
    if "Not" in rule:
        yield from _check_rule(rule["Not"], f"{at}/Not", set())
    operators = rule.keys() & (_COMPARISONS | {"And", "Or", "Not"})
    if len(operators) != 1:
        yield schema("A rule must have exactly one comparison operator", at)
    elif operators <= _COMPARISONS and "Variable" not in rule:
        yield schema("These fields are required: [Variable]", at)
    known = operators | also | {"Variable", "Comment"}
    for field in sorted(rule.keys() - known - _COMPARISONS):
        yield schema("Field is not supported", f"{at}/{field}")
