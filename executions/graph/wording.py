"""Words of an ASL definition for people: what a task calls, when a rule holds, which errors.

Sources: Amazon States Language specification (states-language.net, read 2026-11-23), "Choice Rule",
"Task", "Wait"; AWS Step Functions Developer Guide, "Integrating services".
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_SERVICES: Final = {
    "apigateway": "API Gateway",
    "batch": "Batch",
    "bedrock": "Bedrock",
    "cloudwatch": "CloudWatch",
    "dynamodb": "DynamoDB",
    "events": "EventBridge",
    "eventbridge": "EventBridge",
    "http": "HTTP",
    "lambda": "Lambda",
    "s3": "S3",
    "secretsmanager": "Secrets Manager",
    "sfn": "Step Functions",
    "sns": "SNS",
    "sqs": "SQS",
    "ssm": "Systems Manager",
    "states": "Step Functions",
}
# What is plain from the service's name.
_IMPLIED: Final = {"lambda:invoke", "http:invoke"}
_WAITS: Final = {".waitForTaskToken": "waits for token", ".sync": "waits", ".sync:2": "waits"}
_SYMBOLS: Final = {
    "GreaterThanEquals": "≥",
    "LessThanEquals": "≤",
    "GreaterThan": ">",
    "LessThan": "<",
    "Equals": "=",
    "Matches": "like",
}
_OPPOSITES: Final = {"≥": "<", "≤": ">", ">": "≤", "<": "≥", "=": "≠", "like": "not like"}
_TESTS: Final = {
    "IsNull": ("is null", "is not null"),
    "IsPresent": ("present", "absent"),
    "IsString": ("is a text", "is no text"),
    "IsNumeric": ("is a number", "is no number"),
    "IsBoolean": ("is true or false", "is not true or false"),
    "IsTimestamp": ("is a time", "is no time"),
}
_COMPARISON: Final = re.compile(
    rf"(?:String|Numeric|Boolean|Timestamp)({'|'.join(_SYMBOLS)})(Path)?"
)
_JSONATA: Final = re.compile(r"\{%\s*(.*?)\s*%\}", re.DOTALL)
_SECONDS: Final = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


@dataclass(frozen=True, slots=True)
class Call:
    """What a Task calls: the service by AWS's short code, and the call in words."""

    service: str
    words: str


def call(resource: str) -> Call:
    """Say what a Task's Resource calls: `DynamoDB getItem`, `Lambda`, `Activity approve`."""
    parts = resource.split(":")
    if len(parts) > 6 and parts[2] == "lambda":
        return Call("lambda", "Lambda")
    if len(parts) > 6 and parts[5] == "activity":
        return Call("activity", f"Activity {parts[6]}")
    if len(parts) < 7 or parts[2] != "states":
        return Call("", "Task")
    place = 6 if parts[5] == "aws-sdk" else 5
    service, action = parts[place], ":".join(parts[place + 1 :])
    waits = next((ending for ending in _WAITS if action.endswith(ending)), "")
    action = action.removesuffix(waits)
    name = _SERVICES.get(service) or (service.upper() if len(service) < 5 else service.title())
    words = name if f"{service}:{action}" in _IMPLIED else f"{name} {action}".strip()
    service = {"sfn": "states", "eventbridge": "events"}.get(service, service)
    return Call(service, f"{words}, {_WAITS[waits]}" if waits else words)


def wait(state: Mapping[str, Any]) -> str:
    """Say how long a Wait state waits."""
    for key, words in (("Seconds", "{}"), ("SecondsPath", "{} s"), ("Timestamp", "until {}")):
        if key in state:
            return words.format(_duration(state[key]) if key == "Seconds" else _plain(state[key]))
    return f"until {_plain(state['TimestampPath'])}" if "TimestampPath" in state else ""


def errors(names: Sequence[Any]) -> str:
    """Name the errors of a Catch or Retry without their services: `TransactionCanceled`."""
    return ", ".join("any error" if name == "States.ALL" else _error(str(name)) for name in names)


def retriers(state: Mapping[str, Any]) -> tuple[str, ...]:
    """Say what a state is tried again for, one sentence a retrier that really tries again."""
    said = []
    for retrier in _mappings(state.get("Retry")):
        # Three is what AWS assumes.
        count = retrier.get("MaxAttempts", 3)
        if count:
            said.append(f"{count} more for {errors(_list(retrier.get('ErrorEquals')))}")
    return tuple(said)


def rule(rule: Mapping[str, Any]) -> str:
    """Say when a rule of a Choice state holds: `$.x present`, `$.a = 1 and $.b > 2`."""
    if "Condition" in rule:
        return _plain(rule["Condition"])
    return _test(rule, holds=True)


def _test(rule: Mapping[str, Any], *, holds: bool) -> str:
    for word, parts in (("and", rule.get("And")), ("or", rule.get("Or"))):
        if parts is not None:
            said = f" {word} ".join(_part(part) for part in _mappings(parts))
            return said if holds else f"not ({said})"
    if isinstance(rule.get("Not"), dict):
        return _test(rule["Not"], holds=not holds)
    variable = str(rule.get("Variable", "?"))
    for operator, operand in rule.items():
        if operator in _TESTS:
            return f"{variable} {_TESTS[operator][bool(operand) is not holds]}"
        if match := _COMPARISON.fullmatch(operator):
            symbol = _SYMBOLS[match[1]]
            right = str(operand) if match[2] else json.dumps(operand, ensure_ascii=False)
            return f"{variable} {symbol if holds else _OPPOSITES[symbol]} {right}"
    return f"{variable} ?"


def _part(rule: Mapping[str, Any]) -> str:
    said = _test(rule, holds=True)
    return f"({said})" if "And" in rule or "Or" in rule else said


def _plain(value: Any) -> str:
    """Undress a JSONata expression, and shorten the way to the state's input."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if match := _JSONATA.fullmatch(text.strip()):
        text = " ".join(match[1].split())
    return text.replace("$states.input.", "input.").replace("$states.", "")


def _duration(seconds: Any) -> str:
    if not isinstance(seconds, int) or isinstance(seconds, bool):
        return f"{_plain(seconds)} s"
    for unit_s, name in _SECONDS:
        if seconds >= unit_s and seconds % unit_s == 0:
            return f"{seconds // unit_s} {name}"
    return f"{seconds} s"


def _error(name: str) -> str:
    short = name.rpartition(".")[2] or name
    return short.removesuffix("Exception") or short


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _mappings(value: Any) -> list[Mapping[str, Any]]:
    return [one for one in _list(value) if isinstance(one, dict)]
