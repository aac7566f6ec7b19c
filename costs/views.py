"""The pages of costs."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from access.enums import Role
from access.roles import needs
from core.errors import NotFound
from costs import pages, services
from costs.forms import OverviewFilter, RepositoryFilter, RunFilter
from costs.periods import month_of

if TYPE_CHECKING:
    from costs.forms import Filter


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    form = OverviewFilter(request.GET)
    page = pages.overview(this_month=month_of(timezone.now()), **form.asked)
    return _show(request, "costs/overview.html", form, page)


@require_safe
def repository(request: HttpRequest, owner: str, name: str) -> HttpResponse:
    form = RepositoryFilter(request.GET)
    try:
        page = pages.repository(
            f"{owner}/{name}",
            this_month=month_of(timezone.now()),
            cursor=request.GET.get("cursor", ""),
            **form.asked,
        )
    except NotFound as exc:
        raise Http404(str(exc)) from exc
    return _show(request, "costs/repository.html", form, page)


@require_safe
def run(request: HttpRequest, run_id: int) -> HttpResponse:
    form = RunFilter(request.GET)
    try:
        page = pages.run(run_id, **form.asked)
    except NotFound as exc:
        raise Http404(str(exc)) from exc
    return _show(request, "costs/run.html", form, page)


@needs(Role.OPERATOR, to="read results of runs again")
@require_POST
def retry_imports(request: HttpRequest) -> HttpResponse:
    count = services.retry_dead_imports(now=timezone.now())
    messages.success(
        request, f"{count:,} {'result is' if count == 1 else 'results are'} read again."
    )
    return redirect("costs:overview")


def _show(request: HttpRequest, template: str, form: Filter, page: object) -> HttpResponse:
    status = HTTPStatus.OK if form.is_valid() else HTTPStatus.BAD_REQUEST
    context = {"page": page, "problems": form.problems}
    return render(request, template, context, status=status)
