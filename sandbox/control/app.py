"""The control API as an ASGI application."""

import asyncio
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import orders
from sandbox.control import people
from sandbox.control.calls import Controlled, controlled_by, order_in, reply
from sandbox.control.emulator import EmulatorUnreachable
from sandbox.control.mailbox import confirmation_url, mail_from
from sandbox.control.rules import RulesOutOfReach
from sandbox.faults import fault_from
from sandbox.github.following import follow
from sandbox.github.hooks import BodyTooLarge
from sandbox.github.moments import iso
from sandbox.github.service import utc_now
from sandbox.orders import BadOrder

SERVICES = ("github", "directory", "aws")
"""What can be disturbed and looked into."""

LIMITED = ("github", "aws")
"""What has limits of its own."""


def service_in(value: object) -> str:
    """The service that an order is about."""
    if value not in SERVICES:
        raise BadOrder(
            f"service: expected {', '.join(SERVICES[:-1])} or {SERVICES[-1]}, got {value!r}"
        )
    return str(value)


async def put_run(request: Request) -> Response:
    order = await order_in(request)
    orders.only_known(order, ("run", "attempts"))
    run = controlled_by(request).github.state.put_run(
        run=orders.an_object(order.get("run"), "run"),
        attempts=attempts_in(order.get("attempts", {})),
        now=utc_now(),
    )
    return reply({"id": run.id, "repository": run.repository, "attempts": sorted(run.attempts)})


def attempts_in(given: object) -> dict[int, list[dict[str, Any]]]:
    """The jobs by the number of their attempt, exactly as given."""
    attempts = {}
    for number, jobs in orders.an_object(given, "attempts").items():
        if not (number.isascii() and number.isdigit() and int(number) > 0):
            raise BadOrder(f"attempts: expected numbers from 1 as names, got {number!r}")
        attempts[int(number)] = [
            job_in(job, f"attempts.{number}[{position}]")
            for position, job in enumerate(orders.a_list(jobs, f"attempts.{number}"))
        ]
    return attempts


def job_in(given: object, place: str) -> dict[str, Any]:
    """A job as given; only its id must be one, because it is looked up by it."""
    job = orders.an_object(given, place)
    if "id" in job:
        orders.a_whole_number(job["id"], f"{place}.id", at_least=1)
    return job


async def send_webhook(request: Request) -> Response:
    order = await order_in(request)
    orders.only_known(order, ("event", "payload", "lose", "guid", "follow"))
    event = orders.a_string(order.get("event"), "event")
    payload = orders.an_object(order.get("payload"), "payload")
    guid = order.get("guid")
    if guid is not None:
        orders.a_string(guid, "guid")
    lose = orders.a_flag(order.get("lose", False), "lose")
    controlled = controlled_by(request)
    github = controlled.github
    if orders.a_flag(order.get("follow", True), "follow"):
        email_of = controlled.directory.records.email_of
        follow(github.state, event, payload, now=utc_now(), email_of=email_of)
    try:
        delivery = await github.hooks.send(event=event, payload=payload, guid=guid, lose=lose)
    except BodyTooLarge as exc:
        raise BadOrder(str(exc)) from exc
    return reply({"guid": delivery.guid, "status_code": delivery.status_code})


async def add_fault(request: Request) -> Response:
    order = await order_in(request)
    service = service_in(order.get("service"))
    controlled = controlled_by(request)
    if service == "aws":
        # The emulator reads it: AWS's faults may also name AWS's error code.
        return await handed_on(controlled, "POST", "faults", order)
    fault = fault_from(order)
    controlled.own[service].faults.add(fault)
    return reply(fault.as_dict() | {"service": service})


async def clear_faults(request: Request) -> Response:
    controlled = controlled_by(request)
    for each in controlled.own.values():
        each.faults.clear()
    return reply({"aws": await told(controlled, "DELETE", "faults")})


async def put_limits(request: Request) -> Response:
    order = await order_in(request)
    orders.only_known(order, (*LIMITED, "invitations_a_day"))
    wanted = {name: orders.a_flag(order[name], name) for name in LIMITED if name in order}
    quota = order.get("invitations_a_day")
    if quota is not None:
        orders.a_whole_number(quota, "invitations_a_day")
    controlled = controlled_by(request)
    if "github" in wanted:
        controlled.github.limits.switch(on=wanted["github"])
    controlled.github.invitations_a_day = quota
    if "aws" in wanted:
        return await handed_on(controlled, "PUT", "limits", wanted)
    return reply(wanted)


async def list_requests(request: Request) -> Response:
    controlled = controlled_by(request)
    service = service_in(request.query_params.get("service"))
    if service == "aws":
        return await handed_on(controlled, "GET", "requests")
    return reply(controlled.own[service].requests.as_dicts())


async def list_mails(request: Request) -> Response:
    return reply(controlled_by(request).mailbox.as_dicts())


async def receive_from_sns(request: Request) -> Response:
    message = await order_in(request)
    controlled = controlled_by(request)
    match message.get("Type"):
        case "SubscriptionConfirmation":
            url = confirmation_url(message, emulator=controlled.emulator.url)
            return reply({"confirmed": await controlled.emulator.visit(url) == 200})
        case "Notification":
            mail = mail_from(message, received_at=iso(utc_now()))
            controlled.mailbox.keep(mail)
            return reply({"kept": mail.subject})
        case other:
            raise BadOrder(f"Type: expected a message of SNS, got {other!r}")


async def reset(request: Request) -> Response:
    """Forget runs, people, teams, rules, deliveries, faults, requests and mails; lift limits."""
    controlled = controlled_by(request)
    # First: one that comes late would stand in the log of whoever begins anew.
    await controlled.github.hooks.settle()
    controlled.github.state.reset()
    controlled.github.limits.switch(on=False)
    controlled.github.invitations_a_day = None
    controlled.directory.records.clear()
    for each in controlled.own.values():
        each.faults.clear()
        each.requests.clear()
    controlled.mailbox.clear()
    forgotten = await asyncio.to_thread(controlled.rules.forget)
    # Last, for it also forgets that it was asked for the rules.
    aws = await told(controlled, "POST", "reset")
    return reply({"aws": aws, "rules": "done" if forgotten else "none"})


async def handed_on(
    controlled: Controlled, method: str, path: str, order: dict[str, Any] | None = None
) -> Response:
    """The emulator's answer to an order, as it is."""
    status, data = await controlled.emulator.ask(method, path, order)
    return reply(data, status=status)


async def told(controlled: Controlled, method: str, path: str) -> str:
    """Tell the emulator to forget; one that is not running has nothing to forget."""
    try:
        status, _ = await controlled.emulator.ask(method, path)
    except EmulatorUnreachable:
        return "unreachable"
    return "done" if status < 300 else f"refused with {status}"


async def get_health(request: Request) -> Response:
    del request
    return reply({"status": "ok"})


async def bad_order(request: Request, exc: Exception) -> Response:
    del request
    return reply({"error": str(exc)}, status=400)


async def unreachable(request: Request, exc: Exception) -> Response:
    del request
    return reply({"error": str(exc)}, status=502)


def create_app(controlled: Controlled) -> Starlette:
    """Put the calls together."""
    app = Starlette(
        routes=[
            *people.routes,
            Route("/runs", put_run, methods=["PUT"]),
            Route("/webhooks", send_webhook, methods=["POST"]),
            Route("/faults", add_fault, methods=["POST"]),
            Route("/faults", clear_faults, methods=["DELETE"]),
            Route("/limits", put_limits, methods=["PUT"]),
            Route("/requests", list_requests),
            Route("/mails", list_mails),
            Route("/sns", receive_from_sns, methods=["POST"]),
            Route("/reset", reset, methods=["POST"]),
            Route("/healthz", get_health),
        ],
        exception_handlers={
            BadOrder: bad_order,
            EmulatorUnreachable: unreachable,
            RulesOutOfReach: unreachable,
        },
    )
    app.state.controlled = controlled
    return app
