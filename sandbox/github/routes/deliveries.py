"""The App's delivery log, and sending a delivery again."""

import re

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.github.answers import GitHubError, answer, documented, page_of
from sandbox.github.routes.apps import require_app
from sandbox.github.service import service_of
from sandbox.github.shapes import deliveries as shapes
from sandbox.github.state import Delivery

CURSOR = re.compile(r"v1_(\d+)")

STATUSES = {"success": range(200, 400), "failure": range(400, 600)}
"""Which answers each value of the `status` filter finds."""


@documented("apps/webhooks#list-deliveries-for-an-app-webhook")
async def list_deliveries(request: Request) -> Response:
    state = require_app(request).state
    wanted = request.query_params.get("status")
    if wanted is not None and wanted not in STATUSES:
        raise GitHubError(422, f"Invalid value for parameter 'status': {wanted}")
    before = cursor(request.query_params.get("cursor"))
    found = [
        delivery
        for delivery in sorted(state.deliveries.values(), key=lambda d: d.id, reverse=True)
        if (before is None or delivery.id < before)
        and (wanted is None or delivery.status_code in STATUSES[wanted])
    ]
    size = page_of(request).size
    headers = {}
    if len(found) > size:
        asked = request.url.replace(netloc=request.base_url.netloc)
        more = asked.include_query_params(cursor=f"v1_{found[size - 1].id}")
        headers["link"] = f'<{more}>; rel="next"'
    return answer(request, [shapes.item(delivery) for delivery in found[:size]], headers=headers)


def cursor(text: str | None) -> int | None:
    """The id below which a page begins; None is the first page.

    Raises:
        GitHubError: 400 for a cursor that no Link header ever gave.
    """
    if text is None:
        return None
    found = CURSOR.fullmatch(text)
    if found is None:
        raise GitHubError(400, "Invalid cursor")
    return int(found[1])


def delivery_in_path(request: Request) -> Delivery:
    delivery = service_of(request).state.deliveries.get(request.path_params["delivery_id"])
    if delivery is None:
        raise GitHubError(404, "Not Found")
    return delivery


@documented("apps/webhooks#get-a-delivery-for-an-app-webhook")
async def get_delivery(request: Request) -> Response:
    require_app(request)
    return answer(request, shapes.whole(delivery_in_path(request)))


@documented("apps/webhooks#redeliver-a-delivery-for-an-app-webhook")
async def redeliver(request: Request) -> Response:
    service = require_app(request)
    service.hooks.redeliver(delivery_in_path(request))
    return answer(request, {}, status=202)


routes = [
    Route("/app/hook/deliveries", list_deliveries),
    Route("/app/hook/deliveries/{delivery_id:int}", get_delivery),
    Route("/app/hook/deliveries/{delivery_id:int}/attempts", redeliver, methods=["POST"]),
]
