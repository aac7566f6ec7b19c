"""The company directory as the preflight asks it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Company:
    """What the directory says of somebody: a record, or a finding why there is none, or neither.

    Neither says that the dashboard does not know the directory: the execution will ask it.
    """

    record: Mapping[str, object] | None = None
    check: dict[str, Any] | None = None


def look_up(*, login: str, github_id: int) -> Company:  # noqa: ARG001
    """Ask the directory; it never raises, for a directory that is away holds up no report."""
    return Company()
