"""One execution: its page, and its retry."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from access.enums import Role
from access.roles import needs
from executions import presenting, selectors, services
from executions.forms import StopForm
from executions.timeline import TIMELINE_WIDTH
from executions.views.requests import POLL_MOVING, get_execution, number_in, template_for, user_of
from executions.words import plain_error

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from executions.models import Execution


@require_safe
def execution_detail(request: HttpRequest, public_id: UUID) -> HttpResponse:
    now = timezone.now()
    execution = get_execution(public_id)
    services.look_at(execution, now=now)
    children = selectors.child_counts(execution)
    if request.headers.get("HX-PTag") == presenting.execution_tag(execution, children):
        return HttpResponse(status=HTTPStatus.NOT_MODIFIED)
    return show_execution(request, execution, now=now, children=children)


@needs(Role.OPERATOR, to="retry an execution")
@require_POST
def execution_retry(request: HttpRequest, public_id: UUID) -> HttpResponse:
    now = timezone.now()
    execution = get_execution(public_id)
    try:
        services.request_retry(execution=execution, user=user_of(request), now=now)
    except services.NothingToRetry as exc:
        if request.headers.get("HX-Request"):
            # 422 is the one refusal that htmx shows.
            return show_execution(
                request,
                get_execution(public_id),
                now=now,
                notice=str(exc),
                status=HTTPStatus.UNPROCESSABLE_ENTITY,
            )
        messages.warning(request, str(exc))
    if request.headers.get("HX-Request"):
        return show_execution(request, get_execution(public_id), now=now)
    return redirect("executions:detail", public_id=public_id)


def show_execution(
    request: HttpRequest,
    execution: Execution,
    *,
    now: datetime,
    children: selectors.ChildCounts | None = None,
    notice: str = "",
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    children = children or selectors.child_counts(execution)
    tag = presenting.execution_tag(execution, children)
    after = number_in(request, "after", -1)
    page_url = reverse("executions:detail", args=[execution.public_id])
    predecessor = selectors.predecessor_of(execution)
    context = {
        "execution": execution,
        "advice": selectors.advice_of(execution, now=now),
        "error": plain_error(execution.error, execution.cause),
        "duration": execution.duration_until(now),
        "retries": presenting.retry_rows(execution, selectors.retries_of(execution)),
        "stops": selectors.stops_of(execution),
        "stop_form": StopForm(),
        "can_start_anew": selectors.advice_of(
            execution, now=now, with_edited_input=True
        ).is_possible,
        "parent": (
            selectors.execution_by_arn(execution.parent_arn) if execution.parent_arn else None
        ),
        "predecessor": predecessor,
        "input_changes": predecessor
        and presenting.changes_between(predecessor.input, execution.input),
        "graph": presenting.state_graph(execution, page_url=page_url),
        "steps": presenting.step_list(execution, after=after, now=now),
        "maps": presenting.map_summaries(execution, now=now),
        "children": presenting.child_list(execution, children, now=now),
        "deeds": presenting.deeds(execution),
        "notices": presenting.notices(execution),
        "timeline_width": TIMELINE_WIDTH,
        # While its children go on, it does not stand still either.
        "poll": POLL_MOVING if presenting.is_moving(execution) or children.running else "",
        "tag": tag,
        "notice": notice,
        # A retry is posted elsewhere, but the page goes on polling itself.
        "page_url": page_url,
        # Whoever reads a later page of steps stays there.
        "place": f"?after={after}" if after >= 0 else "",
    }
    response = render(
        request, template_for(request, "executions/execution_detail.html"), context, status=status
    )
    response["HX-PTag"] = tag
    return response
