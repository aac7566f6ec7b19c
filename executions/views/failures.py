"""Failures by their kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from access.enums import Role
from access.roles import needs
from executions import presenting, selectors, services
from executions.forms import NoteForm
from executions.views.requests import user_of

if TYPE_CHECKING:
    from uuid import UUID


@require_safe
def failure_list(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    handled = request.GET.get("show") == "handled"
    listed = selectors.families(handled=handled, now=now)
    context = {
        "rows": presenting.family_rows(listed, now=now),
        "handled": handled,
        "chips": [
            {"label": "Need attention", "url": request.path, "is_active": not handled},
            {
                "label": "Handled",
                "url": f"{request.path}?show=handled",
                "is_active": handled,
            },
        ],
        "open_count": selectors.open_failure_count(),
        "form": NoteForm(auto_id=False),
        "mirror": selectors.mirror_state(),
    }
    return render(request, "executions/failure_list.html", context)


@needs(Role.OPERATOR, to="take note of a kind of failure")
@require_POST
def failure_acknowledge(request: HttpRequest, public_id: UUID) -> HttpResponse:
    family = selectors.family_by_id(public_id)
    if family is None:
        message = "There is no such kind of failure."
        raise Http404(message)
    form = NoteForm(request.POST)
    form.is_valid()
    try:
        count = services.acknowledge(
            family=family,
            user=user_of(request),
            note=form.cleaned_data.get("note", ""),
            now=timezone.now(),
        )
    except services.AlreadyAcknowledged as exc:
        messages.warning(request, str(exc))
    else:
        failures = "1 failure" if count == 1 else f"{count:,} failures"
        messages.success(request, f"Taken note of {failures}; it returns here if it recurs.")
    return redirect("executions:failure-list")
