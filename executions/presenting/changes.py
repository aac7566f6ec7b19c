"""What differs between two JSON texts, as lines: an output from its input, an input from the old one."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from executions.differences import Change, NotComparable, differences

if TYPE_CHECKING:
    from executions.models import Execution, Retry

_SHOWN = 100
_VALUE_CHARS = 160
_KINDS = ("added", "removed", "changed")


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One difference; the values as JSON, cut off where they are long."""

    kind: str
    path: str
    before_text: str
    after_text: str


@dataclass(frozen=True, slots=True)
class Changes:
    """Differences, ready to print; false where there are none.

    Attributes:
        hidden: How many more there are.
    """

    rows: list[ChangeRow]
    hidden: int

    def __bool__(self) -> bool:
        return bool(self.rows)

    @property
    def words(self) -> str:
        """How many there are, by kind."""
        counts = Counter(one.kind for one in self.rows)
        said = ", ".join(f"{counts[kind]} {kind}" for kind in _KINDS if counts[kind])
        return f"{said}, {self.hidden} more" if self.hidden else said


def changes_between(before: str | None, after: str | None) -> Changes | None:
    """Compare two JSON texts; None where one is not known or cannot be compared."""
    if before is None or after is None:
        return None
    try:
        found = differences(before, after)
    except NotComparable:
        return None
    return Changes([_row(one) for one in found[:_SHOWN]], max(len(found) - _SHOWN, 0))


@dataclass(frozen=True, slots=True)
class RetryRow:
    """A retry with what its corrected input changed; None where the input is the old one."""

    retry: Retry
    changes: Changes | None


def retry_rows(execution: Execution, retries: list[Retry]) -> list[RetryRow]:
    """Make lines of an execution's retries; no query."""
    return [
        RetryRow(
            retry,
            None
            if retry.packed_input is None
            else changes_between(execution.input, retry.edited_input),
        )
        for retry in retries
    ]


def _row(one: Change) -> ChangeRow:
    return ChangeRow(one.kind, one.path, _value(one.before), _value(one.after))


def _value(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _VALUE_CHARS else f"{text[:_VALUE_CHARS]}…"
