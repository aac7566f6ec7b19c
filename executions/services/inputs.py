"""Inputs that people write: read, and held against the machine's contract before AWS sees them."""

from __future__ import annotations

import json

from core.errors import DomainError
from ghkit.errors import InvalidPayload
from ghkit.inputs import check_input

# Step Functions' quota for the input of an execution.
INPUT_MAX_BYTES = 256 * 1024


class InvalidInput(DomainError):
    """The text is no input that the machine takes; `fields` names the culprit."""

    code = "invalid_input"

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.fields = {field: [problem]}


def parse_input(state_machine: str, text: str) -> str:
    """Check an input that somebody wrote and return it as compact JSON.

    Args:
        state_machine: Our name of the machine.
        text: JSON.

    Raises:
        InvalidInput: It is not JSON, too large, or not what the machine takes.
    """
    try:
        value = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError) as exc:
        raise InvalidInput("input", f"this is not JSON: {exc}") from exc
    try:
        check_input(state_machine, value)
    except InvalidPayload as exc:
        raise InvalidInput(exc.field, exc.problem) from exc
    compact = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    size = len(compact.encode("utf-8", "surrogatepass"))
    if size > INPUT_MAX_BYTES:
        raise InvalidInput("input", f"{size:,} bytes are more than the 262,144 that AWS takes")
    return compact


def _refuse(name: str) -> None:
    message = f"{name} is no JSON number"
    raise ValueError(message)
