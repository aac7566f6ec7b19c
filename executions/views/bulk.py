"""Retrying everything that matches: the offer, and how it goes."""

from __future__ import annotations

from http import HTTPStatus
from itertools import chain
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    StreamingHttpResponse,
)
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from access.enums import Role
from access.roles import needs
from core import keyset, tables
from executions import presenting, selectors, services
from executions.forms import ExecutionFilter
from executions.views.requests import POLL_MOVING, template_for, user_of

if TYPE_CHECKING:
    from uuid import UUID

    from executions.models import BulkRetry, Execution

_COLUMNS = (
    "name",
    "state_machine",
    "status",
    "subject",
    "started_at",
    "stopped_at",
    "error",
    "arn",
)


@needs(Role.OPERATOR, to="retry all executions that match")
@require_http_methods(["GET", "HEAD", "POST"])
def bulk_new(request: HttpRequest) -> HttpResponse:
    """Say what retrying all that matches would do; do it on POST."""
    now = timezone.now()
    form = ExecutionFilter(request.GET)
    wanted = form.filter()
    problem, status = "", HTTPStatus.OK if form.is_valid() else HTTPStatus.BAD_REQUEST
    if request.method == "POST" and form.is_valid():
        try:
            bulk = services.request_bulk_retry(wanted=wanted, user=user_of(request), now=now)
        except services.NothingMatches as exc:
            problem, status = str(exc), HTTPStatus.CONFLICT
        else:
            return redirect("executions:bulk-detail", public_id=bulk.public_id)
    counts = services.preview(wanted, now=now)
    context = {
        "form": form,
        "problem": problem,
        "told": presenting.filter_in_words(wanted),
        "counts": counts,
        "parts": presenting.shares(counts, presenting.PREVIEW_TONES),
        "total": sum(counts.values()),
        "possible": counts["redrive"] + counts["restart"],
        "previewed": services.PREVIEWED,
        "back": f"?{request.GET.urlencode()}",
    }
    return render(request, "executions/bulk_new.html", context, status=status)


@require_safe
def bulk_list(request: HttpRequest) -> HttpResponse:
    page = keyset.page_of(selectors.bulk_retries(), cursor=request.GET.get("cursor", ""))
    counts = selectors.bulk_counts_of(page.rows)
    rows = [
        {
            "bulk": bulk,
            "told": presenting.filter_in_words(selectors.Filter.from_json(bulk.filter)),
            "standing": presenting.bulk_standing(bulk, counts[bulk.pk]),
            "parts": presenting.shares(counts[bulk.pk], presenting.OUTCOME_TONES),
        }
        for bulk in page.rows
    ]
    context = {
        "rows": rows,
        "newer_url": f"?cursor={page.newer}" if page.newer else "",
        "older_url": f"?cursor={page.older}" if page.older else "",
    }
    return render(request, "executions/bulk_list.html", context)


@require_safe
def bulk_detail(request: HttpRequest, public_id: UUID) -> HttpResponse:
    bulk = _get(public_id)
    counts = selectors.bulk_counts(bulk)
    outcome = request.GET.get("outcome", "")
    listed = selectors.bulk_items(bulk, outcome=outcome)
    page = keyset.page_of(listed, cursor=request.GET.get("cursor", ""))
    rows = presenting.bulk_rows(page.rows)
    is_moving = bulk.is_open or bool(counts["requested"]) or any(row.is_open for row in rows)
    tag = presenting.bulk_tag(bulk, counts, rows)
    if is_moving and request.headers.get("HX-PTag") == tag:
        return HttpResponse(status=HTTPStatus.NOT_MODIFIED)
    wanted = selectors.Filter.from_json(bulk.filter)
    query = presenting.filter_query(wanted)
    outcomes: list[dict[str, Any]] = [
        {
            "label": presenting.OUTCOME_WORDS[name] if name else "All",
            "count": counts[name] if name else sum(counts.values()),
            "url": f"{request.path}?outcome={name}" if name else request.path,
            "is_active": name == outcome,
        }
        for name in ("", *presenting.OUTCOME_TONES)
        if not name or counts[name]
    ]
    context = {
        "bulk": bulk,
        "told": presenting.filter_in_words(wanted),
        "total": sum(counts.values()),
        "standing": presenting.bulk_standing(bulk, counts),
        "finished": sum(counts.values()) - counts["waiting"] - counts["requested"],
        "parts": presenting.shares(counts, presenting.OUTCOME_TONES),
        "chips": outcomes,
        "rows": rows,
        "poll": POLL_MOVING if is_moving else "",
        "tag": tag,
        "query": query,
        "newer_url": f"?outcome={outcome}&cursor={page.newer}" if page.newer else "",
        "older_url": f"?outcome={outcome}&cursor={page.older}" if page.older else "",
    }
    response = render(request, template_for(request, "executions/bulk_detail.html"), context)
    response["HX-PTag"] = tag
    return response


@needs(Role.OPERATOR, to="cancel a bulk retry")
@require_POST
def bulk_cancel(request: HttpRequest, public_id: UUID) -> HttpResponse:
    try:
        services.cancel_bulk_retry(bulk=_get(public_id), now=timezone.now())
    except services.BulkEnded as exc:
        messages.warning(request, str(exc))
    return redirect("executions:bulk-detail", public_id=public_id)


@require_safe
def bulk_export(_request: HttpRequest, public_id: UUID) -> StreamingHttpResponse:
    bulk = _get(public_id)
    items = selectors.bulk_items(bulk).iterator(chunk_size=500)
    return tables.csv_response(
        chain(
            [("execution", "subject", "action", "outcome", "reason", "told", "status")],
            (
                (
                    item.execution.arn,
                    item.execution.subject,
                    item.action,
                    selectors.bulk_outcome(item),
                    item.reason,
                    item.retry.outcome if item.retry else "",
                    selectors.bulk_result(item).status,
                )
                for item in items
            ),
        ),
        name=f"retries-{public_id}",
    )


@require_safe
def execution_export(request: HttpRequest) -> HttpResponseBase:
    """Everything that matches, as CSV, while it is being read; a bad filter is named by the list."""
    form = ExecutionFilter(request.GET)
    if not form.is_valid():
        return redirect(f"{reverse('executions:list')}?{request.GET.urlencode()}")
    found = selectors.executions(form.filter())
    return tables.csv_response(
        chain([_COLUMNS], (_cells(row) for row in found.iterator(chunk_size=1_000))),
        name="executions",
    )


def _cells(row: Execution) -> tuple[str, ...]:
    return (
        row.name,
        row.state_machine,
        row.status,
        row.subject,
        row.started_at.isoformat(),
        row.stopped_at.isoformat() if row.stopped_at else "",
        row.error,
        row.arn,
    )


def _get(public_id: UUID) -> BulkRetry:
    bulk = selectors.bulk_by_id(public_id)
    if bulk is None:
        message = "There is no such bulk retry."
        raise Http404(message)
    return bulk
