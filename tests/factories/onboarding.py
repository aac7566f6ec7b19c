"""People, teams and rules of an organisation of its own, for the machines of onboarding."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from ghkit import routing

if TYPE_CHECKING:
    from tests.conftest import Stack


class People:
    """An organisation that no other test uses, where the App is installed."""

    def __init__(self, stack: "Stack") -> None:
        self.stack = stack
        self.organization = f"org-{stack.number()}"
        self.organization_id = stack.number()
        # GitHub knows an organisation by an event about it; this one is about nobody else.
        organization = {"login": self.organization, "id": self.organization_id}
        renamed = {"action": "renamed", "organization": organization}
        self._order(
            "/webhooks", {"event": "organization", "payload": renamed, "lose": True}, "POST"
        )
        self.put_team("everyone")
        self.put_team("engineering")

    def put_team(self, slug: str, **fields: Any) -> None:
        """Make or change a team."""
        self._order("/teams", {"org": self.organization, "slug": slug, **fields})

    def publish(self, *default: str, **departments: list[str]) -> None:
        """Publish team rules, which all organisations share."""
        order = {"default": list(default or ("everyone",)), "departments": departments}
        self._order("/rules", order)

    def put_person(self, *, number: int = 0, login: str = "", **fields: Any) -> dict[str, Any]:
        """Make or change a person, by default a member whom the directory knows; id and login."""
        number = number or self.stack.number()
        member = {"id": number, "login": login or f"dev-{number}"}
        company = {
            "email": f"dev-{number}@acme.example",
            "employee_id": f"E{number}",
            "name": "Ada Byron",
            "department": "Engineering",
            "title": "Developer",
            "manager": "boss",
            "desk": "3.14",
        }
        order = {**member, "org": self.organization, "org_member": True, "company": company}
        self._order("/people", order | fields)
        return member

    def onboard(
        self, member: Mapping[str, Any], *, reason: str = "webhook", **changes: Any
    ) -> str:
        """Start onboard-member as a webhook or a batch would; returns the ARN."""
        delivery = str(uuid4())
        event = {
            "delivery": delivery if reason == "webhook" else "",
            "reason": reason,
            "organization": {"login": self.organization, "id": None},
            "member": member,
            "installation_id": None,
            "requested_by": None,
            "batch": None,
            "row": None,
        }
        name = f"organization-{delivery}" if reason == "webhook" else str(uuid4())
        return self._start("OnboardMember", name, event | changes)

    def play(self, event: str, payload: Mapping[str, Any], *, follow: bool = True) -> str:
        """Let GitHub's state follow a webhook's body, and start what that starts."""
        if follow:
            order = {"event": event, "payload": payload, "lose": True}
            self._order("/webhooks", order, "POST")
        delivery = uuid4()
        route = routing.find_route(event, payload["action"])
        assert route is not None
        machine = route.state_machine.title().replace("-", "")
        projected = dict(route.project(payload, delivery=delivery))
        return self._start(machine, f"{event}-{delivery}", projected)

    def record(self, output: Mapping[str, Any]) -> dict[str, Any] | None:
        """The item that an execution's output names."""
        key = output["member"]
        member = key.get("github_id") or f"invite#{key['invitation_id']}"
        organization_id = int(key["organization_id"])
        return self.stack.item("MembersTable", organization_id=organization_id, member=member)

    def in_team(self, slug: str, organization: str = "") -> dict[str, str]:
        """Who is in a team at GitHub, by state."""
        answer = self.stack.control.get(
            f"/teams/{slug}/members", params={"org": organization or self.organization}
        )
        return {row["login"]: row["state"] for row in answer.raise_for_status().json()}

    def changes_at_github(self) -> list[tuple[str, str]]:
        """Each request that changed something, tokens aside."""
        answer = self.stack.control.get("/requests", params={"service": "github"})
        return [
            (row["method"], row["path"])
            for row in answer.json()
            if row["method"] != "GET" and not row["path"].endswith("/access_tokens")
        ]

    def _start(self, machine: str, name: str, event: Mapping[str, Any]) -> str:
        answer = self.stack.client("stepfunctions").start_execution(
            stateMachineArn=self.stack.outputs[f"{machine}StateMachineArn"],
            name=name,
            input=json.dumps(event),
        )
        return str(answer["executionArn"])

    def _order(self, path: str, order: Mapping[str, Any], method: str = "PUT") -> None:
        answer = self.stack.control.request(method, path, json=order)
        assert answer.is_success, answer.text
