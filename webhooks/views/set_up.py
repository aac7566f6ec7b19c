"""Whether every piece of the set-up is in place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from webhooks import services

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@require_safe
def set_up(request: HttpRequest) -> HttpResponse:
    """Show the page at once; asking the pieces takes a moment, and follows by `?ask=1`."""
    now = timezone.now()
    findings = None
    if request.GET.get("ask"):
        url = request.build_absolute_uri(reverse("webhooks:receive"))
        findings = services.check_all(webhook_url=url, now=now)
    context = {
        "findings": findings,
        "open_count": sum(one.state != "ok" for one in findings or []),
        "as_of": now,
    }
    page = "webhooks/set_up.html"
    is_part = request.headers.get("HX-Request") == "true"
    return render(request, f"{page}#findings" if is_part else page, context)
