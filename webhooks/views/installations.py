"""Where the App is installed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from access.enums import Role
from access.roles import needs
from webhooks import selectors, services
from webhooks.enums import RoutineName

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@require_safe
def installation_list(request: HttpRequest) -> HttpResponse:
    context = {
        "installations": selectors.installations(),
        "routine": selectors.find_routine(RoutineName.INSTALLATIONS),
        "as_of": timezone.now(),
    }
    return render(request, "webhooks/installation_list.html", context)


@needs(Role.OPERATOR, to="ask GitHub for the App's installations")
@require_POST
def installation_confirm(request: HttpRequest) -> HttpResponse:
    """Ask GitHub now rather than within the hour."""
    if services.run_now(RoutineName.INSTALLATIONS, now=timezone.now()):
        messages.success(request, "A worker is about to ask GitHub for the App's installations.")
    else:
        messages.info(request, "A worker is asking at this moment, or none has ever started.")
    return redirect("webhooks:installations")
