"""What starts what, and the filters of each route."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from access.enums import Role
from access.middleware import changed_nothing
from access.roles import needs
from ghkit import routing
from webhooks import selectors, services
from webhooks.enums import RoutineName
from webhooks.forms import RouteFilterForm


@require_safe
def routing_table(request: HttpRequest) -> HttpResponse:
    routine = selectors.find_routine(RoutineName.COUNTING)
    context = {
        "table": selectors.routing_table(now=timezone.now()),
        "counted_at": routine.ended_at if routine else None,
    }
    return render(request, "webhooks/routing_table.html", context)


@needs(Role.ADMIN, to="change a route's filter")
@require_http_methods(["GET", "HEAD", "POST"])
def route_filter(request: HttpRequest, event: str, action: str) -> HttpResponse:
    """Show a route's filter; by POST, try one on what arrived lately, or save it."""
    route = routing.find_route(event, action or None)
    if route is None:
        message = f"No route uses {event}.{action}."
        raise Http404(message)
    stored = selectors.find_filter(event, action)
    form = RouteFilterForm(
        request.POST if request.method == "POST" else None, event=event, stored=stored
    )
    preview = None
    status = HTTPStatus.OK
    if request.method == "POST":
        if not form.is_valid():
            status = HTTPStatus.UNPROCESSABLE_ENTITY
        elif "save" in request.POST:
            services.save_filter(
                event=event,
                action=action,
                filters=form.filters(),
                user=request.user,
                now=timezone.now(),
            )
            messages.success(request, "Saved. It holds for every delivery from now on.")
            return redirect("webhooks:route-filter", event=event, action=action)
        else:
            changed_nothing(request)
            preview = selectors.preview_filter(
                event, action, new=form.filters(), old=stored.filter if stored else {}
            )
    context = {
        "route": route,
        "form": form,
        "stored": stored,
        "preview": preview,
    }
    return render(request, "webhooks/route_filter.html", context, status=status)
