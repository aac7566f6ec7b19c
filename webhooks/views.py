"""The endpoint that GitHub calls, and the pages of what it delivered."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from core import keyset
from core.errors import NotFound
from webhooks import ingress, selectors, services
from webhooks.enums import DeliveryStatus
from webhooks.forms import DeliveryFilter

if TYPE_CHECKING:
    from uuid import UUID

    from django.core.handlers.wsgi import WSGIRequest


@login_not_required  # GitHub has no account; the signature is the authentication.
@csrf_exempt
def receive(request: WSGIRequest) -> HttpResponse:
    """Take one delivery. The order of checks: method → size → signature → headers → body."""
    if request.method != "POST":
        answer = services.refusal(
            ingress.Refused(405, "method_not_allowed", "Deliveries are sent by POST.")
        )
        return _respond(answer, {"Allow": "POST"})
    try:
        body = _read_body(request)
    except ingress.Refused as exc:
        return _respond(services.refusal(exc))
    return _respond(services.ingest(headers=request.headers, body=body, now=timezone.now()))


def _read_body(request: WSGIRequest) -> bytes:
    """Read at most one byte more than is allowed: enough to know, whatever the sender claims."""
    length = str(request.META.get("CONTENT_LENGTH", ""))
    if length.isascii() and length.isdigit():
        ingress.check_size(int(length))
        source = request
    elif request.META.get("wsgi.input_terminated"):
        # Sent in chunks, without a length: Django itself would see an empty body.
        source = request.META["wsgi.input"]
    else:
        source = request
    parts, missing = [], ingress.MAX_BODY_BYTES + 1
    try:
        while missing > 0 and (part := source.read(min(missing, 1 << 20))):
            parts.append(part)
            missing -= len(part)
    except (UnreadablePostError, OSError) as exc:
        raise ingress.Refused(400, "body_incomplete", "The body broke off.") from exc
    return b"".join(parts)


def _respond(answer: services.Answer, headers: dict[str, str] | None = None) -> JsonResponse:
    return JsonResponse(
        answer.payload, status=answer.status_code, headers=answer.headers | (headers or {})
    )


@require_safe
def delivery_list(request: HttpRequest) -> HttpResponse:
    form = DeliveryFilter(request.GET)
    filters = form.filters()
    listed = selectors.deliveries(**filters)
    page = keyset.page_of(listed, cursor=request.GET.get("cursor", ""))
    context = {
        "form": form,
        "chips": _status_chips(request, filters.get("status", "")),
        "deliveries": page.rows,
        "newer_url": _url_with(request, cursor=page.newer) if page.newer else "",
        "older_url": _url_with(request, cursor=page.older) if page.older else "",
        "shown": keyset.shown(page, listed),
        "is_filtered": any(filters.values()),
        "as_of": timezone.now(),
    }
    status = HTTPStatus.OK if form.is_valid() else HTTPStatus.BAD_REQUEST
    return render(request, "webhooks/delivery_list.html", context, status=status)


def _status_chips(request: HttpRequest, chosen: str) -> list[dict[str, object]]:
    choices = [("", "All"), *DeliveryStatus.choices]
    return [
        {
            "label": label,
            "url": _url_with(request, status=value, cursor=""),
            "is_active": value == chosen,
        }
        for value, label in choices
    ]


def _url_with(request: HttpRequest, **changes: str) -> str:
    query = request.GET.copy()
    for name, value in changes.items():
        query.pop(name, None)
        if value:
            query[name] = value
    return f"?{query.urlencode()}"


@require_safe
def delivery_detail(request: HttpRequest, guid: UUID) -> HttpResponse:
    try:
        delivery = selectors.get_delivery(guid)
    except NotFound as exc:
        raise Http404(str(exc)) from exc
    context = {
        "delivery": delivery,
        "body": selectors.shown_body(delivery),
        "execution": selectors.execution_of(delivery),
    }
    return render(request, "webhooks/delivery_detail.html", context)


@require_POST
def delivery_retry(request: HttpRequest, guid: UUID) -> HttpResponse:
    try:
        services.retry_delivery(guid, now=timezone.now())
    except NotFound as exc:
        raise Http404(str(exc)) from exc
    except services.NotRetryable as exc:
        messages.warning(request, str(exc))
    else:
        messages.success(request, "The delivery is being tried again.")
    return redirect("webhooks:detail", guid=guid)
