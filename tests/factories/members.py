"""Items of MembersTable as the state machines write them, and rows of the mirror."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count

from ghkit.timestamps import timestamp_text
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
    return timestamp_text(moment) if moment.microsecond else f"{moment:%Y-%m-%dT%H:%M:%S.%fZ}"


def record(*items, now=NOW):
    """Mirror items; returns their rows in the same order."""
    services.rebuild_members(items=items, now=now)
    return [
        Member.objects.get(organization_id=item["organization_id"], key=item["member"])
        for item in items
    ]


def days(number):
    """So many days."""
    return timedelta(days=number)
