"""Replaying everything that matches: a count before it is asked for, and how far it is."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from access.enums import Role
from access.roles import needs
from webhooks import selectors, services
from webhooks.enums import DeliveryStatus
from webhooks.forms import ReplayForm
from webhooks.models import Replay

if TYPE_CHECKING:
    from uuid import UUID


@needs(Role.OPERATOR, to="replay all deliveries that match")
@require_http_methods(["GET", "HEAD", "POST"])
def replay_request(request: HttpRequest) -> HttpResponse:
    """Count what would be replayed; by POST, have exactly that replayed."""
    form = ReplayForm(request.POST if request.method == "POST" else request.GET)
    if not form.is_valid():
        return render(
            request,
            "webhooks/replay_request.html",
            {"problem": form.problem()},
            status=HTTPStatus.BAD_REQUEST,
        )
    wanted = form.wanted()
    if request.method == "POST":
        try:
            replay = services.request_replay(
                wanted,
                up_to=form.cleaned_data["up_to"] or selectors.latest_key(),
                user=request.user if request.user.is_authenticated else None,
                now=timezone.now(),
            )
        except services.NotReplayable as exc:
            messages.warning(request, str(exc))
            return redirect("webhooks:list")
        return redirect("webhooks:replay-detail", public_id=replay.public_id)
    up_to = selectors.latest_key()
    counts = selectors.replay_counts(wanted, up_to=up_to)
    context = {
        "wanted": wanted,
        "up_to": up_to,
        "matching": counts["matching"],
        "total": counts["total"],
        "left_out": counts["matching"] - counts["total"],
        "by_status": [
            (value, label, counts["by_status"][value])
            for value, label in DeliveryStatus.choices
            if value in counts["by_status"]
        ],
    }
    return render(request, "webhooks/replay_request.html", context)


@require_safe
def replay_detail(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Show how far a replay is; the page asks again while there is more to come."""
    replay = get_object_or_404(Replay.objects.select_related("requested_by"), public_id=public_id)
    tag = f"{replay.state}-{replay.replayed}"
    if request.headers.get("HX-PTag") == tag:
        return HttpResponse(status=HTTPStatus.NOT_MODIFIED)
    template = "webhooks/replay_detail.html"
    context = {
        "replay": replay,
        "wanted": selectors.Wanted.from_json(replay.wanted),
        "tag": tag,
    }
    is_part = request.headers.get("HX-Request") == "true"
    response = render(request, f"{template}#progress" if is_part else template, context)
    response["HX-PTag"] = tag
    return response
