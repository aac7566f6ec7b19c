"""What a turn of a routine leaves behind."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Turn:
    """How far a turn came.

    Attributes:
        is_over: Whether the round is over.
        note: Of a round that is over, what came of it, in words.
        place: Where the next turn goes on, and what one round leaves to the next; kept as JSON.
        next_at: When the next turn is due, if not at once, or the next round, if sooner than usual.
    """

    is_over: bool
    note: str = ""
    place: dict[str, Any] = field(default_factory=dict)
    next_at: datetime | None = None
