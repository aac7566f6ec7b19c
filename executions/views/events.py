"""The raw events of an execution: a page of them, a search, and all as a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from core.aws.errors import AwsError
from executions import exporting, selectors, services
from executions.forms import EventSearchForm
from executions.views.requests import get_execution, number_in, template_for, url_with
from ghkit.history import parse_time

if TYPE_CHECKING:
    from uuid import UUID

EVENTS_SHOWN = 50
# What people look for in types; a part of one is enough.
_TYPES = (
    "Failed",
    "TimedOut",
    "Aborted",
    "Redriven",
    "Scheduled",
    "Entered",
    "Exited",
    "Iteration",
)


@require_safe
def execution_events(request: HttpRequest, public_id: UUID) -> HttpResponse:
    execution = get_execution(public_id)
    after = number_in(request, "after", 0)
    form = EventSearchForm(request.GET)
    wanted = form.wanted()
    found = selectors.find_events(execution, wanted, after=after, limit=EVENTS_SHOWN + 1)
    events = found[:EVENTS_SHOWN]
    states = dict(
        selectors.steps(execution)
        .filter(number__in={one.step for one in events if one.step is not None})
        .values_list("number", "state")
    )
    previous = "" if wanted else str(max(after - EVENTS_SHOWN, 0) or "")
    context = {
        "execution": execution,
        "form": form,
        "types": _TYPES,
        "state_names": selectors.state_names(execution),
        "is_search": bool(wanted),
        "step": selectors.step_by_number(execution, wanted.step)
        if wanted.step is not None
        else None,
        "rows": [
            {
                "event": one.event,
                "at": (at := parse_time(one.event["timestamp"])),
                "since": f"+{(at - execution.started_at).total_seconds():,.3f} s",
                "step": one.step,
                "state": None if one.step is None else states.get(one.step),
            }
            for one in events
        ],
        "newer_url": url_with(request, after=previous) if after else "",
        "older_url": url_with(request, after=str(events[-1].id))
        if len(found) > EVENTS_SHOWN
        else "",
        "first": events[0].id if events else 0,
        "latest": events[-1].id if events else after,
        "page_url": request.path,
    }
    return render(request, template_for(request, "executions/execution_events.html"), context)


@require_safe
def history_export(request: HttpRequest, public_id: UUID) -> HttpResponseBase:
    """Send the whole history as a file that `manage.py show_history` reads."""
    execution = get_execution(public_id)
    try:
        execution = services.read_through(execution, now=timezone.now())
    except AwsError as exc:
        messages.error(request, f"Its history could not be read from AWS: {exc}")
        return redirect("executions:detail", public_id=public_id)
    if execution.history_fetched_at is None:
        messages.warning(request, "Its history is being read from AWS; try again in a moment.")
        return redirect("executions:detail", public_id=public_id)
    packed = selectors.packed_history(execution)
    response = StreamingHttpResponse(
        exporting.history_json(execution.name, packed), content_type="application/json"
    )
    response["Content-Disposition"] = (
        f'attachment; filename="{exporting.file_name(execution.name)}"'
    )
    return response
