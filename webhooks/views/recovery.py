"""How complete each day is, what is missing, and what is done about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from access.enums import Role
from access.roles import needs
from core import keyset
from webhooks import pictures, selectors, services
from webhooks.enums import Outcome, RoutineName
from webhooks.forms import BackfillForm

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@require_safe
def recovery(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    days = selectors.completeness(now=now)
    gaps = selectors.gaps()
    page = keyset.page_of(gaps, cursor=request.GET.get("cursor", ""))
    context = {
        "days": days,
        "picture": pictures.day_bars(days),
        "totals": selectors.completeness_totals(days),
        "routine": selectors.find_routine(RoutineName.RECOVERY),
        "gaps": page.rows,
        "newer_url": f"?cursor={page.newer}" if page.newer else "",
        "older_url": f"?cursor={page.older}" if page.older else "",
        "shown": keyset.shown(page, gaps),
        "lost": Outcome.LOST,
        "backfills": selectors.backfills(),
        "form": BackfillForm(),
        "as_of": now,
    }
    return render(request, "webhooks/recovery.html", context)


@needs(Role.OPERATOR, to="compare GitHub's log with what arrived")
@require_POST
def recovery_compare(request: HttpRequest) -> HttpResponse:
    """Have the log compared now rather than in a few minutes."""
    if services.run_now(RoutineName.RECOVERY, now=timezone.now()):
        messages.success(request, "A worker is about to compare GitHub's log with what is here.")
    else:
        messages.info(request, "A worker is comparing at this moment, or none has ever started.")
    return redirect("webhooks:recovery")


@needs(Role.ADMIN, to="back-fill days")
@require_POST
def recovery_backfill(request: HttpRequest) -> HttpResponse:
    """Have days looked through that GitHub's log has forgotten."""
    form = BackfillForm(request.POST)
    if not form.is_valid():
        for field, errors in form.errors.items():
            messages.warning(request, f"{form[field].label}: {errors[0]}")
        return redirect("webhooks:recovery")
    starts_at, ends_at = form.span()
    try:
        services.request_backfill(
            starts_at=starts_at,
            ends_at=ends_at,
            reason="Asked for by hand",
            user=request.user if request.user.is_authenticated else None,
            now=timezone.now(),
        )
    except services.SpanUnusable as exc:
        messages.warning(request, str(exc))
    else:
        messages.success(request, "A worker looks through these days.")
    return redirect("webhooks:recovery")
