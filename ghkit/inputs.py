"""What each state machine takes: the contract of its input, and who checks it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ghkit import contracts, projections
from ghkit.errors import InvalidPayload


@dataclass(frozen=True, slots=True)
class InputContract:
    """One machine's input.

    Attributes:
        contract: The TypedDict that describes it.
        read: Checks a decoded input and returns what the machine makes of it; raises
            `InvalidPayload`.
        purpose: What the machine does, in words for a page.
    """

    contract: type
    read: Callable[[object], Mapping[str, Any]]
    purpose: str


INPUTS: Final[Mapping[str, InputContract]] = {
    "workflow-cost": InputContract(
        contracts.WorkflowRunCompleted,
        projections.read_workflow_run_completed,
        "works out and stores what a completed workflow run cost",
    ),
    "onboard-member": InputContract(
        contracts.MemberOnboarding,
        projections.read_member_onboarding,
        "adds a newcomer to the teams that the rules choose, and stores the company's record",
    ),
    "onboard-members": InputContract(
        contracts.BatchOnboarding,
        projections.read_batch_onboarding,
        "onboards up to a thousand people at once, each in an execution of their own",
    ),
    "update-member": InputContract(
        contracts.MembershipChange,
        projections.read_membership_change,
        "brings the record of a member, an invitation or a team up to what GitHub says now",
    ),
}
"""By our name of the machine, without the stack's prefix."""


def check_input(state_machine: str, value: object) -> None:
    """Refuse an input that its machine would refuse; a machine without a contract takes any object.

    Raises:
        InvalidPayload: It is not what the machine takes.
    """
    if (known := INPUTS.get(state_machine)) is not None:
        known.read(value)
    elif not isinstance(value, Mapping):
        raise InvalidPayload("input", "expected an object")
