"""How true the mirror is: how fresh, and what its sweeps found that events had missed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from core import work
from executions import presenting, selectors
from executions.models import Execution

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

REPORTS_SHOWN = 100


@require_safe
def mirror_state(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    reports = selectors.sweep_reports(limit=REPORTS_SHOWN)
    context = {
        "mirror": selectors.mirror_state(),
        "lag_s": selectors.mirror_lag_s(now=now),
        "backlog": work.backlog(Execution, now=now),
        "unread": selectors.unread_success_count(),
        "reports": reports,
        "bars": presenting.sweep_bars(reports),
        "found": sum(report.found for report in reports),
    }
    return render(request, "executions/mirror.html", context)
