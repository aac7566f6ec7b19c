"""The people of the demo: who joins, who leaves, who is invited, and what the company knows.

Bodies of webhooks are in GitHub's shapes, as the sandbox's GitHub answers them.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sandbox.github.moments import iso
from sandbox.github.shapes.accounts import account
from sandbox.github.shapes.users import simple_organization
from sandbox.github.state import HOME_ID, HOME_INSTALLATION_ID, HOME_LOGIN, HOME_SINCE, Account
from sandbox.runner.calls import call
from sandbox.runner.world import World

_API = "https://api.github.com"
_MAIL = "acme.example"

_TEAMS = {
    "everyone": "Everyone at Acme",
    "engineering": "All who build",
    "backend": "Services and their data",
    "data": "Pipelines, reports and models",
    "design": "How it looks and reads",
    "people-ops": "Hiring and caring",
    "on-call": "Who is woken up at night",
}
_SYNCED = "security"
"""A team whose members the identity provider decides about."""

_RULES = {
    "default": ["everyone"],
    "departments": {
        "Engineering": ["engineering", "backend"],
        "Data": ["engineering", "data"],
        "Design": ["design"],
        "People": ["people-ops"],
        "Security": ["engineering", _SYNCED],
    },
}


@dataclass(frozen=True)
class _Person:
    """Somebody at GitHub with the company's record."""

    id: int
    login: str
    name: str
    department: str
    title: str
    manager: str = "Ingrid Solberg"
    role: str = "member"

    @property
    def company(self) -> dict[str, Any]:
        return {
            "email": f"{self.name.lower().replace(' ', '.')}@{_MAIL}",
            "employee_id": f"A-{self.id % 10_000:04}",
            "name": self.name,
            "department": self.department,
            "title": self.title,
            "manager": self.manager,
            "office": "Utrecht" if self.id % 2 else "Lisbon",
        }

    @property
    def user(self) -> dict[str, Any]:
        return account(self.login, self.id, "User", api=_API)


_OWNER = _Person(70_401, "ingrid-solberg", "Ingrid Solberg", "Engineering", "CTO", "", "admin")

_JOINERS = (
    _OWNER,
    _Person(70_402, "mei-tanaka", "Mei Tanaka", "Engineering", "Staff engineer"),
    _Person(70_403, "jonas-weber", "Jonas Weber", "Engineering", "Engineer", "Mei Tanaka"),
    _Person(70_404, "amara-okafor", "Amara Okafor", "Engineering", "Engineer", "Mei Tanaka"),
    _Person(70_405, "lucia-ferrer", "Lucia Ferrer", "Data", "Head of data"),
    _Person(70_406, "ravi-menon", "Ravi Menon", "Data", "Data engineer", "Lucia Ferrer"),
    _Person(70_407, "sofie-jansen", "Sofie Jansen", "Design", "Designer"),
    _Person(70_408, "daniel-mensah", "Daniel Mensah", "People", "Recruiter"),
    _Person(70_409, "elena-moreau", "Elena Moreau", "Security", "Security engineer"),
)
_LEAVER = _Person(70_410, "peter-novak", "Peter Novak", "Engineering", "Engineer", "Mei Tanaka")
_INVITED = _Person(70_411, "noor-haddad", "Noor Haddad", "Data", "Analyst", "Lucia Ferrer")
_MISSING = _Person(70_412, "theo-lindqvist", "Theo Lindqvist", "Design", "Writer", "Sofie Jansen")
"""Whom the company directory does not know yet: the onboarding fails until somebody adds them."""
_OUTSIDERS = (
    _Person(70_413, "hana-kim", "Hana Kim", "Engineering", "Engineer", "Mei Tanaka"),
    _Person(70_414, "oscar-lund", "Oscar Lund", "People", "Office manager", "Daniel Mensah"),
)
"""Who starts next week: onboarded by hand in the demo."""


def settle(world: World) -> None:
    """Make the teams, their rules and all people, and play that those who are in have joined."""
    control = world.layout.control_url
    for slug, description in _TEAMS.items():
        call("PUT", f"{control}/teams", {"slug": slug, "description": description})
    call("PUT", f"{control}/teams", {"slug": _SYNCED, "idp_synced": True})
    call("PUT", f"{control}/rules", _RULES)
    for person in (*_JOINERS, _LEAVER, _INVITED, _MISSING, *_OUTSIDERS):
        order = {"login": person.login, "id": person.id, "name": person.name}
        company = None if person == _MISSING else person.company
        call("PUT", f"{control}/people", order | {"company": company})
    call("PUT", f"{control}/people", {"login": _OWNER.login, "org_member": True, "role": "admin"})
    # Who leaves later joins first, so that there is something to leave.
    for person in (_LEAVER, *_JOINERS, _MISSING):
        _send(world, "organization", _member("member_added", person))
    for invitation in _invitations(datetime.now(UTC)):
        _send(world, "organization", invitation)


def move_on(world: World) -> None:
    """Play what happens once all have joined: one leaves, one gains a team, one is taken out.

    GitHub tells of the first two. Of the third it does not, so that the dashboard still promises
    a team which is there no longer.
    """
    control = world.layout.control_url
    _send(world, "organization", _member("member_removed", _LEAVER))
    _send(world, "membership", _added_to("on-call", _JOINERS[1]))
    there = [one["login"] for one in call("GET", f"{control}/teams/backend/members")]
    left = [login for login in there if login != "jonas-weber"]
    call("PUT", f"{control}/teams", {"slug": "backend", "members": left})


def missing_record(world: World) -> tuple[str, Path]:
    """The login of whom the directory does not know, and a file with the order that tells it."""
    order = {"login": _MISSING.login, "id": _MISSING.id, "company": _MISSING.company}
    file = world.layout.state_dir / "example-person.json"
    file.write_text(json.dumps(order, indent=1))
    return _MISSING.login, file


def _send(world: World, event: str, payload: dict[str, Any]) -> None:
    order = {"event": event, "payload": payload}
    call("POST", f"{world.layout.control_url}/webhooks", order)


def _around(action: str) -> dict[str, Any]:
    home = Account(HOME_LOGIN, HOME_ID, "Organization", HOME_INSTALLATION_ID, HOME_SINCE)
    return {
        "action": action,
        "organization": simple_organization(home, api=_API),
        "sender": _OWNER.user,
        "installation": {"id": HOME_INSTALLATION_ID, "node_id": "MDIzOkludGVncmF0aW9uNDI0Mg=="},
    }


def _member(action: str, person: _Person) -> dict[str, Any]:
    url = f"{_API}/orgs/{HOME_LOGIN}"
    membership = {
        "url": f"{url}/memberships/{person.login}",
        "state": "active",
        "role": person.role,
        "organization_url": url,
        "user": person.user,
    }
    return _around(action) | {"membership": membership}


def _invitations(now: datetime) -> Iterator[dict[str, Any]]:
    """One by login, five days old, and one by e-mail, of yesterday."""
    for number, age, person, email in (
        (9_001, timedelta(days=5), _INVITED, None),
        (9_002, timedelta(days=1), None, f"agency@{_MAIL}"),
    ):
        invitation = {
            "id": number,
            "node_id": "MDIyOk9yZ2FuaXphdGlvbkludml0YXRpb24x",
            "login": person.login if person else None,
            "email": email,
            "role": "direct_member",
            "created_at": iso(now - age),
            "failed_at": None,
            "failed_reason": None,
            "inviter": _OWNER.user,
            "team_count": 0,
            "invitation_teams_url": f"{_API}/organizations/{HOME_ID}/invitations/{number}/teams",
        }
        body = _around("member_invited") | {"invitation": invitation}
        yield body | ({"user": person.user} if person else {})


def _added_to(slug: str, person: _Person) -> dict[str, Any]:
    team = {
        "id": 70_500,
        "node_id": "MDQ6VGVhbTcwNTAw",
        "name": slug,
        "slug": slug,
        "description": _TEAMS[slug],
        "privacy": "closed",
        "permission": "pull",
        "url": f"{_API}/teams/70500",
        "html_url": f"https://github.com/orgs/{HOME_LOGIN}/teams/{slug}",
        "members_url": f"{_API}/teams/70500/members{{/member}}",
        "repositories_url": f"{_API}/teams/70500/repos",
    }
    return _around("added") | {"scope": "team", "member": person.user, "team": team}
