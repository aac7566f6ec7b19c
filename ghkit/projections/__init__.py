"""From GitHub's webhook bodies to the inputs of the state machines.

A body may hold 25 MB, an execution's input 256 KiB. A projection keeps the fields that the
workflow needs: those that identify something are checked, those that are only shown are cut to
`TEXT_MAX_CHARS`. The result is ever less than `INPUT_MAX_BYTES` of JSON, whatever GitHub sends.

What is missing in real bodies stays tolerable here (an App's installation, an organisation, a
branch, a conclusion, a workflow, even the run's name); an error means that this is another event.
"""

from ghkit.projections.fields import ID_MAX, INPUT_MAX_BYTES, TEXT_MAX_CHARS
from ghkit.projections.members import (
    member_added,
    organization_changed,
    read_batch_onboarding,
    read_member_onboarding,
    read_membership_change,
    team_membership_changed,
)
from ghkit.projections.runs import read_workflow_run_completed, workflow_run_completed

__all__ = [
    "ID_MAX",
    "INPUT_MAX_BYTES",
    "TEXT_MAX_CHARS",
    "member_added",
    "organization_changed",
    "read_batch_onboarding",
    "read_member_onboarding",
    "read_membership_change",
    "read_workflow_run_completed",
    "team_membership_changed",
    "workflow_run_completed",
]
