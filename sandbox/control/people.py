"""People, teams and team rules: who there is at GitHub and in the company, and who gets what."""

import asyncio
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import orders
from sandbox.control.calls import controlled_by, order_in, reply
from sandbox.control.rules import by_department
from sandbox.github.moments import moment_of
from sandbox.github.organizations import Organization
from sandbox.github.service import utc_now
from sandbox.github.state import HOME_LOGIN, GitHub
from sandbox.orders import BadOrder

PERSON = ("login", "id", "name", "org", "org_member", "role", "invited_at", "company")
TEAM = (
    "org",
    "slug",
    "name",
    "description",
    "idp_synced",
    "mapping_visible",
    "members",
    "deleted",
)

LOGIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*(\[bot\])?")
SLUG = re.compile(r"[a-z0-9][a-z0-9_-]*")

ROLES = ("member", "admin")


def organization_in(state: GitHub, order: Mapping[str, Any]) -> Organization:
    """The organisation that an order names, the sandbox's own without one.

    One that was never named comes into being, with the App installed.

    Raises:
        BadOrder: It is somebody's own account.
    """
    login = orders.a_string(order.get("org", HOME_LOGIN), "org")
    account = state.name_account(a_login(login, "org"), {}, now=utc_now())
    if account.type != "Organization":
        raise BadOrder(f"org: {login} is a user")
    return state.organization_of(account)


def a_login(value: object, field: str) -> str:
    """The value, if it can be a login."""
    login = orders.a_string(value, field)
    if not LOGIN.fullmatch(login):
        raise BadOrder(f"{field}: {login!r} cannot be a login")
    return login


def a_moment(value: object, field: str) -> datetime:
    """The value, if it names a moment that is not to come."""
    try:
        moment = moment_of(orders.a_string(value, field))
    except ValueError as exc:
        raise BadOrder(f"{field}: expected a moment with its time zone, got {value!r}") from exc
    if moment > utc_now():
        raise BadOrder(f"{field}: {value} is still to come")
    return moment


async def put_person(request: Request) -> Response:
    order = await order_in(request)
    orders.only_known(order, PERSON)
    controlled = controlled_by(request)
    state, now = controlled.github.state, utc_now()
    login = a_login(order.get("login"), "login")
    account = state.find_account(login)
    if account is not None and account.type == "Organization":
        raise BadOrder(f"login: {login} is an organisation")
    wanted = membership_in(order)
    user_id, name, company = order.get("id"), order.get("name"), order.get("company")
    if user_id is not None:
        orders.a_whole_number(user_id, "id", at_least=1)
    if name is not None:
        orders.a_string(name, "name")
    if company is not None:
        orders.an_object(company, "company")
    organization = organization_in(state, order)
    user = state.people.put_user(login, user_id=user_id, name=name, now=now)
    told = state.people.put_membership(organization, user, **wanted, now=now)
    if company is not None:
        controlled.directory.records.put(login, user.id, company)
    elif "company" in order:
        controlled.directory.records.remove(login, user.id)
    return reply({"id": user.id, "login": user.login, "state": told})


def membership_in(order: Mapping[str, Any]) -> dict[str, Any]:
    """What an order says of somebody's membership."""
    member, role, invited_at = order.get("org_member"), order.get("role"), order.get("invited_at")
    if member is not None:
        orders.a_flag(member, "org_member")
    if role is not None and role not in ROLES:
        raise BadOrder(f"role: expected {' or '.join(ROLES)}, got {role!r}")
    if invited_at is not None:
        if member:
            raise BadOrder("invited_at: a member has accepted already; leave out org_member")
        invited_at = a_moment(invited_at, "invited_at")
    return {"member": member, "role": role, "invited_at": invited_at}


async def put_team(request: Request) -> Response:
    order = await order_in(request)
    orders.only_known(order, TEAM)
    slug = orders.a_string(order.get("slug"), "slug")
    if not SLUG.fullmatch(slug):
        raise BadOrder(f"slug: {slug!r} cannot be a team's slug")
    told = team_fields_in(order)
    members = order.get("members")
    if members is not None:
        members = [
            orders.a_string(login, f"members[{place}]")
            for place, login in enumerate(orders.a_list(members, "members"))
        ]
    deleted = orders.a_flag(order.get("deleted", False), "deleted")
    state = controlled_by(request).github.state
    organization = organization_in(state, order)
    if deleted:
        organization.teams.pop(slug, None)
        state.people.revision += 1
        return reply({"slug": slug, "deleted": True})
    team = state.people.put_team(organization, slug, told=told, members=members, now=utc_now())
    return reply({"id": team.id, "slug": team.slug})


def team_fields_in(order: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a team that an order tells."""
    told: dict[str, Any] = {}
    for field in ("name", "description"):
        if order.get(field) is not None:
            told[field] = orders.a_string(order[field], field)
    for field, kept_as in (("idp_synced", "synced"), ("mapping_visible", "mapping_visible")):
        if field in order:
            told[kept_as] = orders.a_flag(order[field], field)
    return told


async def list_team_members(request: Request) -> Response:
    state = controlled_by(request).github.state
    organization = organization_in(state, request.query_params)
    organization.expire(now=utc_now())
    team = organization.find_team(request.path_params["slug"])
    if team is None:
        return reply({"error": f"slug: {request.path_params['slug']} is no team"}, status=404)
    return reply(
        [
            {"login": state.people.users[one].login, "state": organization.state_of(one)}
            for one in team.members
        ]
    )


async def put_rules(request: Request) -> Response:
    order = await order_in(request)
    orders.only_known(order, ("default", "departments"))
    departments = orders.an_object(order.get("departments", {}), "departments")
    for department, teams in departments.items():
        orders.a_list(teams, f"departments.{department}")
    rules = {"default": order.get("default", []), "rules": by_department(departments)}
    # boto3 waits for the emulator; the event loop must not.
    version = await asyncio.to_thread(controlled_by(request).rules.publish, rules, now=utc_now())
    return reply({"version": version})


routes = [
    Route("/people", put_person, methods=["PUT"]),
    Route("/teams", put_team, methods=["PUT"]),
    Route("/teams/{slug}/members", list_team_members),
    Route("/rules", put_rules, methods=["PUT"]),
]
