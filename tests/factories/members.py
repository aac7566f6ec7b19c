"""Items of MembersTable as the state machines write them, and rows of the mirror."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count

from core.work import WorkState
from executions.models import Execution
from executions.packing import pack_text
from onboarding import services
from onboarding.models import Member

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
ORGANIZATION_ID = 42
_numbers = count(1000)


def person(login, *, status="active", observed_at=NOW, teams=None, company=None, **fields):
    """An item of somebody whose numeric id GitHub told.

    `teams` maps slugs to states; a team in `promised` was given by the rules, all are by default.
    """
    number = fields.pop("github_id", None) or next(_numbers)
    promised = fields.pop("promised", None)
    company = {"department": "Engineering", "name": login.title()} | (company or {})
    known = {
        name: company[name]
        for name in ("email", "employee_id", "name", "department", "title", "manager")
        if name in company
    }
    item = {
        "organization_id": Decimal(ORGANIZATION_ID),
        "member": str(number),
        "github_id": Decimal(number),
        "login": login,
        "organization": "sandbox-org",
        "status": status,
        "status_observed_at": stamp(observed_at),
        **known,
        "company": json.dumps(company),
        "company_source": "http",
        "rules_version": Decimal(3),
        "updated_at": stamp(observed_at),
    }
    for slug, state in (teams or {}).items():
        item[f"team#{slug}"] = {
            "state": state,
            "promised": promised is None or slug in promised,
            "observed_at": stamp(observed_at),
        }
    return item | fields


def invitation(email, *, observed_at=NOW, **fields):
    """An item of an invitation that went to an e-mail address."""
    number = fields.pop("invitation_id", None) or next(_numbers)
    return {
        "organization_id": Decimal(ORGANIZATION_ID),
        "member": f"invite#{number}",
        "invitation_id": Decimal(number),
        "organization": "sandbox-org",
        "status": "invited",
        "status_observed_at": stamp(observed_at),
        "email": email,
        "inviter": "olga",
        "invited_at": stamp(observed_at),
        "updated_at": stamp(observed_at),
    } | fields


def stamp(moment):
    """A moment as the Lambdas write it: microseconds, sortable."""
    return f"{moment:%Y-%m-%dT%H:%M:%S.%fZ}"


def record(*items, now=NOW):
    """Mirror items; returns their rows in the same order."""
    services.rebuild(items=items, now=now)
    return [
        Member.objects.get(organization_id=item["organization_id"], key=item["member"])
        for item in items
    ]


def days(number):
    """So many days."""
    return timedelta(days=number)


def ended(item, *, state_machine="onboard-member", status="SUCCEEDED", output=None, name=None):
    """An execution that stored this item."""
    member = {"organization_id": f"{item['organization_id']}"}
    for part in ("github_id", "invitation_id"):
        if part in item:
            member[part] = f"{item[part]}"
    output = json.dumps({"member": member, "stored": True}) if output is None else output
    name = name or f"organization-{next(_numbers)}"
    return Execution.objects.create(
        arn=f"arn:aws:states:::execution:{state_machine}:{name}",
        name=name,
        state_machine=state_machine,
        status=status,
        started_at=NOW,
        stopped_at=NOW,
        updated_at=NOW,
        subject=item.get("login", ""),
        work_state=WorkState.DONE,
        packed_output=pack_text(output) if output else None,
    )
