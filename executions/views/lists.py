"""The pages of executions."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from access.enums import Role
from access.roles import needs
from core import keyset
from core.aws.errors import AwsError
from executions import pictures, presenting, selectors, services
from executions.enums import ExecutionStatus
from executions.forms import ExecutionFilter, FindForm
from executions.views.requests import POLL_MOVING, POLL_RESTING, template_for, url_with

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime


# Executions are found late, so their keys say nothing.
_BY_START = keyset.by_moment("started_at", "pk")
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
    page = keyset.page_of(listed, cursor=request.GET.get("cursor", ""), order=_BY_START)
    tag = presenting.list_tag(page.rows)
    if request.headers.get("HX-PTag") == tag:
        return HttpResponse(status=HTTPStatus.NOT_MODIFIED)
    machines = [("", "Any workflow"), *((name, name) for name in selectors.state_machines())]
    is_filtered = wanted != selectors.Filter()
    context = {
        "form": form,
        "status_chips": _chips(request, "status", _STATUS_CHIPS, wanted.status),
        "machine_chips": _chips(request, "state_machine", machines, wanted.state_machine),
        "rows": presenting.execution_rows(page.rows, now=now),
        "tag": tag,
        # What is older than the first page changes too seldom to be watched.
        "poll": "" if page.newer else _pace(map(presenting.is_moving, page.rows)),
        "newer_url": url_with(request, cursor=page.newer) if page.newer else "",
        "older_url": url_with(request, cursor=page.older) if page.older else "",
        "shown": keyset.shown(page, listed),
        "told": presenting.filter_in_words(wanted),
        "more_filters": any(
            getattr(wanted, name) not in ("", None)
            for name in ("attention", "error", "took", "started_after", "started_before")
        ),
        "is_filtered": is_filtered,
        "unheard_arn": quote(wanted.search) if wanted.search.startswith("arn:") else "",
    }
    if not is_filtered:
        context |= {"mirror": selectors.mirror_state(), "day": _day(now)}
    status = HTTPStatus.OK if form.is_valid() else HTTPStatus.BAD_REQUEST
    response = render(
        request, template_for(request, "executions/execution_list.html"), context, status=status
    )
    response["HX-PTag"] = tag
    return response


def _day(now: datetime) -> dict[str, Any]:
    hours = selectors.hours(now=now)
    return {
        # Called only where the picture of these very counts has not been drawn yet.
        "bars": partial(pictures.hour_bars, hours),
        "state": [(hour.starts_at, hour.counts) for hour in hours],
        "starts_at": hours[0].starts_at,
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
            "url": url_with(request, **{parameter: value, "cursor": ""}),
            "is_active": value == chosen,
        }
        for value, label in choices
    ]


@needs(Role.VIEWER, to="find an execution at AWS")
@require_http_methods(["GET", "HEAD", "POST"])
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


def _pace(moving: Iterable[bool]) -> str:
    return POLL_MOVING if any(moving) else POLL_RESTING
