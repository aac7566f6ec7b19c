"""Which event starts which state machine: the one table, shared by every way in.

An execution is named after its delivery, so the same delivery cannot start two.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol
from uuid import UUID

from ghkit import projections

if TYPE_CHECKING:
    from collections.abc import Mapping

EXECUTION_NAME_MAX_CHARS: Final = 80
"""Step Functions' limit; the longest of GitHub's event names leaves ten to spare."""

_SHOWN_MAX_CHARS: Final = 80
_EXECUTION_NAME: Final = re.compile(
    r"[a-z_]+-([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})(?:-[1-9][0-9]*)?",
    re.ASCII,
)


class Projection(Protocol):
    """Makes a state machine's input of a webhook's body."""

    def __call__(self, payload: Mapping[str, Any], *, delivery: UUID) -> Mapping[str, Any]:
        """Project the body.

        Raises:
            InvalidPayload: The body cannot be that event.
        """


@dataclass(frozen=True, slots=True)
class Route:
    """One event that starts a state machine.

    Attributes:
        state_machine: Its short name, without the stack's prefix.
        project: Makes the execution's input of the body.
        summary: What comes of the event, in words for a page.
        otherwise: Why the event's other actions start nothing.
    """

    event: str
    action: str
    state_machine: str
    project: Projection
    summary: str
    otherwise: str


_OTHER_ORGANIZATION_EVENTS: Final = (
    "only people who join, leave or are invited, and a new name count"
)

ROUTES: Final[tuple[Route, ...]] = (
    Route(
        event="workflow_run",
        action="completed",
        state_machine="workflow-cost",
        project=projections.workflow_run_completed,
        summary="the cost of the run's jobs is worked out and stored",
        otherwise="only completed runs have a cost",
    ),
    Route(
        event="organization",
        action="member_added",
        state_machine="onboard-member",
        project=projections.member_added,
        summary="the newcomer's company record is stored and the teams that the rules give follow",
        otherwise=_OTHER_ORGANIZATION_EVENTS,
    ),
    *(
        Route(
            event="organization",
            action=action,
            state_machine="update-member",
            project=projections.organization_changed,
            summary=summary,
            otherwise=_OTHER_ORGANIZATION_EVENTS,
        )
        for action, summary in (
            ("member_removed", "the member's record is marked as ended, if GitHub agrees"),
            ("member_invited", "the invitation is recorded until it is accepted"),
            ("renamed", "the organisation's new name is noted"),
        )
    ),
    *(
        Route(
            event="membership",
            action=action,
            state_machine="update-member",
            project=projections.team_membership_changed,
            summary="the member's record is brought in line with GitHub's team",
            otherwise="only who joins or leaves a team changes a member's record",
        )
        for action in ("added", "removed")
    ),
)


@dataclass(frozen=True, slots=True)
class Record:
    """One event that starts nothing, but that the dashboard keeps and learns from.

    Attributes:
        actions: With which it is kept.
        summary: What comes of the event, in words for a page.
    """

    event: str
    actions: tuple[str, ...]
    summary: str


RECORDS: Final[tuple[Record, ...]] = (
    Record(
        event="installation",
        actions=("created", "deleted", "suspend", "unsuspend", "new_permissions_accepted"),
        summary="where the App is installed is noted; work of a suspended installation waits",
    ),
    Record(
        event="installation_repositories",
        actions=("added", "removed"),
        summary="the repositories that an installation covers are noted",
    ),
    Record(
        event="installation_target",
        actions=("renamed",),
        summary="the new name of an installation's owner is noted",
    ),
)


def find_record(event: str, action: str | None) -> Record | None:
    """Find whether an event that starts nothing is to be kept."""
    for record in RECORDS:
        if record.event == event and action in record.actions:
            return record
    return None


def find_route(event: str, action: str | None) -> Route | None:
    """Find what an event starts; None is an answer, since GitHub sends much that nobody needs."""
    for route in ROUTES:
        if (route.event, route.action) == (event, action):
            return route
    return None


def ignored_reason(event: str, action: str | None) -> str:
    """Say in a plain sentence why an event without a route starts nothing (200 characters at most)."""
    for route in ROUTES:
        if route.event == event:
            name = (
                f"{event}.{action[:_SHOWN_MAX_CHARS]}" if action else f"{event} without an action"
            )
            return f"{name}: {route.otherwise}"
    return f"no workflow uses '{event[:_SHOWN_MAX_CHARS]}'"


def execution_name(event: str, delivery: UUID, *, start: int = 1) -> str:
    """Name the execution that a delivery starts: `<event>-<guid>`.

    Args:
        event: GitHub's name of the event.
        delivery: GitHub's GUID of the delivery; a redelivery has the same.
        start: Which start of that delivery this is; from the second on the name says so, for
            Step Functions gives a name only once in 90 days.
    """
    suffix = f"-{start}" if start > 1 else ""
    return f"{event}-{delivery}{suffix}"


def delivery_guid(name: str) -> UUID | None:
    """Read the delivery's GUID back from an execution's name; None where none started it."""
    match = _EXECUTION_NAME.fullmatch(name)
    return UUID(match[1]) if match else None
