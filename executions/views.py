"""The pages of executions."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from core import keyset
from core.aws.errors import AwsError
from executions import pictures, presenting, selectors, services
from executions.enums import ExecutionStatus
from executions.forms import ExecutionFilter, FindForm
from executions.keyset import page_by
from executions.words import plain_error

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from django.contrib.auth.models import User

    from executions.models import Execution

EVENTS_SHOWN = 50
# Fast enough to be believed; a 304 costs a query or two.
_POLL_MOVING = "every 2s"
_POLL_RESTING = "every 10s"
_STATUS_CHIPS = (
    ("", "All"),
    (ExecutionStatus.RUNNING, "Running"),
    (ExecutionStatus.FAILED, "Failed"),
    (ExecutionStatus.TIMED_OUT, "Timed out"),
    (ExecutionStatus.ABORTED, "Aborted"),
    (ExecutionStatus.SUCCEEDED, "Succeeded"),
)


@require_safe
def execution_list(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    form = ExecutionFilter(request.GET)
    wanted = form.filter()
    listed = selectors.executions(wanted)
    page = page_by(listed, field="started_at", cursor=request.GET.get("cursor", ""))
    tag = presenting.list_tag(page.rows)
    if request.headers.get("HX-PTag") == tag:
        return HttpResponse(status=HTTPStatus.NOT_MODIFIED)
    machines = [("", "Any workflow"), *((name, name) for name in selectors.state_machines())]
    context = {
        "form": form,
        "status_chips": _chips(request, "status", _STATUS_CHIPS, wanted.status),
        "machine_chips": _chips(request, "state_machine", machines, wanted.state_machine),
        "rows": presenting.execution_rows(page.rows, now=now),
        "tag": tag,
        # What is older than the first page changes too seldom to be watched.
        "poll": "" if page.newer else _pace(map(presenting.is_moving, page.rows)),
        "newer_url": _url_with(request, cursor=page.newer) if page.newer else "",
        "older_url": _url_with(request, cursor=page.older) if page.older else "",
        "shown": keyset.shown(page, listed),
        "is_filtered": wanted != selectors.Filter(),
        "mirror": selectors.mirror_state(),
        "day": _day(now),
    }
    status = HTTPStatus.OK if form.is_valid() else HTTPStatus.BAD_REQUEST
    response = render(
        request, _template(request, "executions/execution_list.html"), context, status=status
    )
    response["HX-PTag"] = tag
    return response


def _day(now: datetime) -> dict[str, Any]:
    hours = selectors.hours(now=now)
    return {
        "bars": pictures.hour_bars(hours),
        "counts": pictures.by_tone(selectors.totals(hours)),
        "width": pictures.BAR_STEP * selectors.HOURS,
        "height": pictures.BAR_HEIGHT,
    }


def _chips(
    request: HttpRequest, parameter: str, choices: Iterable[tuple[str, str]], chosen: str
) -> list[dict[str, object]]:
    return [
        {
            "label": label,
            "url": _url_with(request, **{parameter: value, "cursor": ""}),
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
    return f"{request.path}?{query.urlencode()}"


def _pace(moving: Iterable[bool]) -> str:
    return _POLL_MOVING if any(moving) else _POLL_RESTING


def _template(request: HttpRequest, page: str) -> str:
    """Name the page, or its live part where htmx asks."""
    return f"{page}#live" if request.headers.get("HX-Request") else page


@require_safe
def execution_detail(request: HttpRequest, public_id: UUID) -> HttpResponse:
    now = timezone.now()
    execution = _get(public_id)
    services.look_at(execution, now=now)
    if request.headers.get("HX-PTag") == presenting.execution_tag(execution):
        return HttpResponse(status=HTTPStatus.NOT_MODIFIED)
    return _show(request, execution, now=now)


@require_POST
def execution_retry(request: HttpRequest, public_id: UUID) -> HttpResponse:
    now = timezone.now()
    execution = _get(public_id)
    user: User | None = request.user if request.user.is_authenticated else None
    try:
        services.request_retry(execution=execution, user=user, now=now)
    except services.NothingToRetry as exc:
        if request.headers.get("HX-Request"):
            # 422 is the one refusal that htmx shows.
            return _show(
                request,
                _get(public_id),
                now=now,
                notice=str(exc),
                status=HTTPStatus.UNPROCESSABLE_ENTITY,
            )
        messages.warning(request, str(exc))
    if request.headers.get("HX-Request"):
        return _show(request, _get(public_id), now=now)
    return redirect("executions:detail", public_id=public_id)


def _get(public_id: UUID) -> Execution:
    execution = selectors.execution_by_id(public_id)
    if execution is None:
        message = "The mirror knows no such execution."
        raise Http404(message)
    return execution


def _show(
    request: HttpRequest,
    execution: Execution,
    *,
    now: datetime,
    notice: str = "",
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    tag = presenting.execution_tag(execution)
    page_url = reverse("executions:detail", args=[execution.public_id])
    context = {
        "execution": execution,
        "advice": selectors.advice_of(execution, now=now),
        "error": plain_error(execution.error, execution.cause),
        "duration": execution.duration_until(now),
        "retries": selectors.retries_of(execution),
        "predecessor": selectors.predecessor_of(execution),
        "graph": presenting.state_graph(execution, page_url=page_url),
        "steps": presenting.step_list(execution, after=_number(request, "after", -1), now=now),
        "timeline_width": pictures.TIMELINE_WIDTH,
        "poll": _POLL_MOVING if presenting.is_moving(execution) else "",
        "tag": tag,
        "notice": notice,
        # A retry is posted elsewhere, but the page goes on polling itself.
        "page_url": page_url,
    }
    response = render(
        request, _template(request, "executions/execution_detail.html"), context, status=status
    )
    response["HX-PTag"] = tag
    return response


@require_safe
def execution_events(request: HttpRequest, public_id: UUID) -> HttpResponse:
    execution = _get(public_id)
    after = max(_number(request, "after", 0), 0)
    events = selectors.events_after(execution, after=after, limit=EVENTS_SHOWN)
    latest = events[-1]["id"] if events else after
    context = {
        "execution": execution,
        "events": events,
        "newer_url": f"{request.path}?after={max(after - EVENTS_SHOWN, 0)}" if after else "",
        "older_url": (
            f"{request.path}?after={latest}" if latest < execution.history_event_count else ""
        ),
        "first": events[0]["id"] if events else 0,
        "latest": latest,
    }
    return render(request, _template(request, "executions/execution_events.html"), context)


def _number(request: HttpRequest, name: str, default: int) -> int:
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else default


def execution_find(request: HttpRequest) -> HttpResponse:
    """Lead from an ARN, as mails have it, to the page; look it up at AWS when asked to by POST."""
    form = FindForm(request.POST or request.GET or None)
    if not form.is_valid():
        return render(request, "executions/execution_find.html", {"form": form})
    arn = form.cleaned_data["arn"]
    if execution := selectors.execution_by_arn(arn):
        return redirect("executions:detail", public_id=execution.public_id)
    context: dict[str, Any] = {"form": form, "arn": arn}
    status: int = HTTPStatus.NOT_FOUND
    if request.method == "POST":
        try:
            execution = services.look_up(arn, now=timezone.now())
        except services.ExecutionUnknown as exc:
            context["unknown"] = str(exc)
        except AwsError as exc:
            context["problem"], status = str(exc), exc.status_code
        else:
            return redirect("executions:detail", public_id=execution.public_id)
    return render(request, "executions/execution_find.html", context, status=status)
