"""Having a person's record brought up to date: the state machines ask GitHub what is true now.

The table of members is written by them alone. So whoever here learns that it is behind, because an
event got lost or a chore changed something, starts what that event would have started.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from core.aws import stack
from core.aws.errors import ExecutionAlreadyExists
from executions import services as executions

if TYPE_CHECKING:
    from datetime import datetime

    from ghkit.contracts import MemberOnboarding, MembershipChange
    from onboarding.models import Member


def onboard(member: Member, *, name: str, now: datetime) -> None:
    """Start `onboard-member` as the event of somebody's joining would; once under each name.

    Raises:
        AwsError: AWS did not start it.
    """
    event: MemberOnboarding = {
        "delivery": "",
        "reason": "webhook",
        "organization": {"login": member.organization, "id": member.organization_id},
        "member": {"id": _person_id(member), "login": member.login},
        "installation_id": None,
        "requested_by": None,
        "batch": None,
        "row": None,
    }
    _start("onboard-member", name=name, input_json=json.dumps(event), now=now)


def look_at_team(member: Member, *, slug: str, name: str, now: datetime) -> None:
    """Start `update-member` as the event of somebody's joining a team would; see `onboard`."""
    event: MembershipChange = {
        "delivery": "",
        "event": "membership",
        "action": "added",
        "organization": {"login": member.organization, "id": member.organization_id},
        "member": {"id": _person_id(member), "login": member.login},
        "invitation": None,
        "team": {"slug": slug, "name": slug, "deleted": False},
        "installation_id": None,
    }
    _start("update-member", name=name, input_json=json.dumps(event), now=now)


def _person_id(member: Member) -> int:
    if member.github_id is None:
        message = f"{member} is no person"
        raise ValueError(message)
    return member.github_id


def _start(machine: str, *, name: str, input_json: str, now: datetime) -> None:
    try:
        started = executions.start_execution(
            state_machine_arn=stack.state_machine_arn(machine), name=name, input_json=input_json
        )
    except ExecutionAlreadyExists:
        return  # an earlier attempt at the same row of work got through
    executions.record_started(
        arn=started.arn,
        name=name,
        state_machine=machine,
        started_at=started.started_at,
        input_json=input_json,
        now=now,
    )
