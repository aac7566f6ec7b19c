"""The list of deliveries, and one of them."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from access.enums import Role
from access.roles import needs
from core import keyset
from core.errors import NotFound
from webhooks import pictures, selectors, services
from webhooks.enums import DeliveryStatus
from webhooks.forms import DeliveryFilter

if TYPE_CHECKING:
    from uuid import UUID


@require_safe
def delivery_list(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    form = DeliveryFilter(request.GET)
    wanted = form.wanted()
    listed = selectors.deliveries(wanted)
    page = keyset.page_of(listed, cursor=request.GET.get("cursor", ""))
    is_filtered = wanted != selectors.Wanted()
    context = {
        "form": form,
        "wanted": wanted,
        "chips": _status_chips(request, wanted.status),
        "rows": selectors.courses(page.rows),
        "newer_url": _url_with(request, cursor=page.newer) if page.newer else "",
        "older_url": _url_with(request, cursor=page.older) if page.older else "",
        "shown": keyset.shown(page, listed),
        "is_filtered": is_filtered,
        "hours": None if is_filtered else pictures.hour_bars(selectors.hours(now=now)),
        "as_of": now,
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
    [course] = selectors.courses([delivery])
    context = {
        "delivery": delivery,
        "body": selectors.shown_body(delivery),
        "course": course,
        "picture": pictures.course_bar(course),
        "executions": selectors.executions_of(delivery),
        "logged": selectors.log_entry_of(delivery),
    }
    return render(request, "webhooks/delivery_detail.html", context)


@needs(Role.OPERATOR, to="retry a delivery")
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


@needs(Role.OPERATOR, to="replay a delivery")
@require_POST
def delivery_replay(request: HttpRequest, guid: UUID) -> HttpResponse:
    try:
        delivery = services.replay_delivery(guid, now=timezone.now())
    except NotFound as exc:
        raise Http404(str(exc)) from exc
    except services.NotReplayable as exc:
        messages.warning(request, str(exc))
    else:
        text = f"The delivery is being replayed; this is start {delivery.start_number}."
        messages.success(request, text)
    return redirect("webhooks:detail", guid=guid)
