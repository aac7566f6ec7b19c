"""The pages of members."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from core import csv_files, keyset
from onboarding import member_pages, services
from onboarding.enums import MemberState
from onboarding.forms.members import MemberFilter
from onboarding.selectors import members as selectors

if TYPE_CHECKING:
    from collections.abc import Iterable

_STATE_CHIPS = (("", "All"), *MemberState.choices)


@require_safe
def member_list(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    form = MemberFilter(request.GET)
    wanted = form.filter()
    listed = selectors.members(wanted, now=now)
    page = keyset.page_by_text(listed, field="sort_key", cursor=request.GET.get("cursor", ""))
    numbers, team_sizes = selectors.numbers(now=now), selectors.team_sizes()
    context = {
        "form": form,
        "wanted": wanted,
        "chips": _state_chips(request, wanted.state, numbers.by_state),
        "departments": sorted(numbers.by_department, key=str.lower),
        "no_department": selectors.NO_DEPARTMENT,
        "teams": list(team_sizes),
        "rows": member_pages.member_rows(page.rows, now=now),
        "newer_url": _url_with(request, cursor=page.newer) if page.newer else "",
        "older_url": _url_with(request, cursor=page.older) if page.older else "",
        "shown": keyset.shown(page, listed),
        "is_filtered": wanted != selectors.Filter(),
        "pictures": member_pages.pictures(numbers, team_sizes),
        "bar_width": member_pages.BAR_WIDTH,
        "checks": member_pages.check_lines(selectors.organizations()),
        "unread": selectors.unread_results(),
        "export_url": _url_with(request, path=reverse("onboarding:member-export"), cursor=""),
        "as_of": now,
    }
    status = HTTPStatus.OK if form.is_valid() else HTTPStatus.BAD_REQUEST
    return render(request, "onboarding/member_list.html", context, status=status)


def _state_chips(
    request: HttpRequest, chosen: str, counts: dict[str, int]
) -> list[dict[str, object]]:
    """Offer the states that anybody is in, and the chosen one."""
    return [
        {
            "label": label,
            "url": _url_with(request, state=code, cursor=""),
            "is_active": code == chosen,
            "count": f"{counts.get(code, 0):,}" if code else None,
        }
        for code, label in _STATE_CHIPS
        if code in ("", chosen) or counts.get(code)
    ]


def _url_with(request: HttpRequest, path: str = "", **changes: str) -> str:
    query = request.GET.copy()
    for name, value in changes.items():
        query.pop(name, None)
        if value:
            query[name] = value
    return f"{path or request.path}?{query.urlencode()}"


@require_safe
def member_export(request: HttpRequest) -> StreamingHttpResponse:
    """Give the filtered list as CSV, a row at a time: the browser need not wait for the last."""
    now = timezone.now()
    listed = selectors.members(MemberFilter(request.GET).filter(), now=now)
    rows: Iterable[list[object]] = member_pages.export_rows(
        listed.iterator(chunk_size=500), now=now
    )
    name = f"members-{now:%Y-%m-%d}.csv"
    return StreamingHttpResponse(
        csv_files.lines(rows),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@require_POST
def retry_imports(request: HttpRequest) -> HttpResponse:
    count = services.retry_dead_imports(now=timezone.now())
    messages.success(
        request, f"{count:,} {'result is' if count == 1 else 'results are'} read again."
    )
    return redirect("onboarding:member-list")


@require_safe
def member_detail(request: HttpRequest, organization_id: int, key: str) -> HttpResponse:
    now = timezone.now()
    member = selectors.find_member(organization_id, member_pages.key_from_address(key))
    if member is None:
        message = "The mirror knows no such member."
        raise Http404(message)
    return render(request, "onboarding/member_detail.html", {"member": member, "as_of": now})
