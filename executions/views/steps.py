"""One step of an execution, and one iteration of a Map."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from executions import presenting, selectors, services
from executions.enums import StepStatus
from executions.timeline import TIMELINE_WIDTH
from executions.views.requests import POLL_MOVING, get_execution, number_in, template_for

if TYPE_CHECKING:
    from uuid import UUID

    from executions.models import Execution, Step


@require_safe
def step_detail(request: HttpRequest, public_id: UUID, number: int) -> HttpResponse:
    now = timezone.now()
    execution = get_execution(public_id)
    services.look_at(execution, now=now)
    tag = presenting.execution_tag(execution)
    if request.headers.get("HX-PTag") == tag:
        return HttpResponse(status=HTTPStatus.NOT_MODIFIED)
    step = _step(execution, number)
    context: dict[str, Any] = {
        "row": presenting.one_step(execution, step, now=now),
        "step": step,
        "events_url": f"{reverse('executions:events', args=[public_id])}?step={number}",
        "previous": number - 1 if number else None,
        "next": number + 1 if number + 1 < selectors.step_count(execution) else None,
    }
    if step.type == "Map":
        wanted = request.GET.get("iterations", "")
        context["iterations"] = presenting.iteration_list(
            execution,
            step,
            status=wanted if wanted in (*StepStatus.values, "failed") else "",
            start=number_in(request, "from", 0),
            now=now,
        )
    return _answer(request, "executions/step_detail.html", execution, context, tag=tag)


@require_safe
def iteration_detail(
    request: HttpRequest, public_id: UUID, number: int, index: int
) -> HttpResponse:
    now = timezone.now()
    execution = get_execution(public_id)
    services.look_at(execution, now=now)
    tag = presenting.execution_tag(execution)
    if request.headers.get("HX-PTag") == tag:
        return HttpResponse(status=HTTPStatus.NOT_MODIFIED)
    fan = _step(execution, number)
    after = number_in(request, "after", -1)
    steps = presenting.iteration_steps(execution, fan, index=index, after=after, now=now)
    if not steps.rows:
        message = "That iteration has not begun, or there is none of that number."
        raise Http404(message)
    context = {
        "fan": fan,
        "index": index,
        "steps": steps,
        "duration": steps.took,
        "previous": index - 1 if index else None,
        "next": index + 1 if selectors.inside(execution, fan, index=index + 1).exists() else None,
    }
    return _answer(request, "executions/iteration_detail.html", execution, context, tag=tag)


def _step(execution: Execution, number: int) -> Step:
    step = selectors.step_by_number(execution, number)
    if step is None:
        message = "The history that is kept of this execution has no such step."
        raise Http404(message)
    return step


def _answer(
    request: HttpRequest, page: str, execution: Execution, context: dict[str, Any], *, tag: str
) -> HttpResponse:
    context |= {
        "execution": execution,
        "timeline_width": TIMELINE_WIDTH,
        "poll": POLL_MOVING if presenting.is_moving(execution) else "",
        "tag": tag,
        "page_url": request.path,
    }
    response = render(request, template_for(request, page), context)
    response["HX-PTag"] = tag
    return response
