"""Retriers and catchers ("Error handling", Step Functions Developer Guide)."""

from collections.abc import Iterator
from typing import Any

from sandbox.aws.definitions.findings import Finding, schema

_RETRIER = {
    *("ErrorEquals", "IntervalSeconds", "MaxAttempts", "BackoffRate"),
    *("MaxDelaySeconds", "JitterStrategy", "Comment"),
}
_CATCHER = {"ErrorEquals", "Next", "ResultPath", "Comment", "Output", "Assign"}

# Field: whether it must be whole, the least and the most that it may be.
_BOUNDS = {
    "IntervalSeconds": (True, 1, 99_999_999),
    "MaxAttempts": (True, 0, 99_999_999),
    "MaxDelaySeconds": (True, 1, 31_622_400),
    "BackoffRate": (False, 1, float("inf")),
}


def check_retriers(retriers: Any, at: str) -> Iterator[Finding]:
    for here, retrier in _rules(retriers, at):
        yield from _check_rule(retrier, here, _RETRIER)
        for field, (whole, least, most) in _BOUNDS.items():
            if field in retrier and not _is_between(retrier[field], whole, least, most):
                message = f"Value must be a number from {least} to {most}"
                yield schema(message, f"{here}/{field}")
        if retrier.get("JitterStrategy", "NONE") not in ("NONE", "FULL"):
            yield schema("Value must be one of ['FULL', 'NONE']", f"{here}/JitterStrategy")
    yield from _check_wildcards(retriers, at)


def check_catchers(catchers: Any, at: str) -> Iterator[Finding]:
    for here, catcher in _rules(catchers, at):
        yield from _check_rule(catcher, here, _CATCHER)
        if "Next" not in catcher:
            yield schema("These fields are required: [Next]", here)
    yield from _check_wildcards(catchers, at)


def _rules(rules: Any, at: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for number, rule in enumerate(rules if isinstance(rules, list) else [rules]):
        yield f"{at}[{number}]", rule if isinstance(rule, dict) else {}


def _check_rule(rule: dict[str, Any], at: str, fields: set[str]) -> Iterator[Finding]:
    for field in sorted(rule.keys() - fields):
        yield schema("Field is not supported", f"{at}/{field}")
    errors = rule.get("ErrorEquals")
    if not isinstance(errors, list) or not errors:
        yield schema("Value must be a list of at least one error", f"{at}/ErrorEquals")
    elif not all(isinstance(error, str) for error in errors):
        yield schema("Value must be a list of names", f"{at}/ErrorEquals")
    elif "States.ALL" in errors and len(errors) > 1:
        yield schema("States.ALL must stand alone", f"{at}/ErrorEquals")


def _check_wildcards(rules: Any, at: str) -> Iterator[Finding]:
    for here, rule in list(_rules(rules, at))[:-1]:
        errors = rule.get("ErrorEquals")
        if isinstance(errors, list) and "States.ALL" in errors:
            yield schema("States.ALL must be the last", f"{here}/ErrorEquals")


def _is_between(value: Any, whole: bool, least: float, most: float) -> bool:
    kinds = int if whole else (int, float)
    return not isinstance(value, bool) and isinstance(value, kinds) and least <= value <= most
