"""What a page must own up to: data that is missing, cut off or not read to its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from executions.models import Execution

# AWS ends an execution there, and resumes none that comes near it.
_MOST_EVENTS = 25_000
_NEAR = 0.9


def notices(execution: Execution) -> list[str]:
    """Say what is not whole in what is shown of an execution, a sentence each."""
    said = []
    is_read = execution.history_fetched_at is not None
    if is_read and not execution.is_open and not execution.history_is_current:
        said.append(
            "AWS's history did not reach the end of the execution when it was read: the latest steps"
            " may be missing here."
            + (" It is being read again." if execution.is_being_read else "")
        )
    if execution.packed_input is None and not execution.is_being_read:
        said.append(
            "Its input is not known here: EventBridge leaves out what is larger than 248 KiB, and AWS"
            " has not been asked since, or has forgotten it."
        )
    if execution.history_event_count >= _MOST_EVENTS * _NEAR:
        said.append(
            f"Its history has {execution.history_event_count:,} of the {_MOST_EVENTS:,} events that AWS"
            " allows; at the limit AWS fails the execution, and does not resume it."
        )
    return said
