"""The pages of members."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from access.enums import Role
from access.roles import needs
from core import keyset, tables
from executions.presenting import execution_rows
from executions.selectors import mirror_state
from onboarding import member_details, member_pages, services
from onboarding.enums import ChoreKind, MemberState
from onboarding.forms.members import MemberFilter
from onboarding.selectors import members as selectors
from onboarding.services import chores
from onboarding.services.standing import standing_at_github

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.contrib.auth.models import User

    from onboarding.models import Member

EXECUTIONS_SHOWN: Final = 20
MAX_ID: Final = 2**63

_STATE_CHIPS = (("", "All"), *MemberState.choices)


@require_safe
def member_list(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    form = MemberFilter(request.GET)
    wanted = form.filter()
    listed = selectors.members(wanted, now=now)
    page = keyset.page_of(
        listed, cursor=request.GET.get("cursor", ""), order=keyset.by_text("sort_key")
    )
    organizations = selectors.organizations()
    numbers, team_sizes = selectors.numbers(now=now), selectors.team_sizes()
    context = {
        "form": form,
        "wanted": wanted,
        "chips": _state_chips(request, wanted.state, numbers.by_state),
        "departments": sorted(numbers.by_department, key=str.lower),
        "no_department": selectors.NO_DEPARTMENT,
        "teams": list(team_sizes),
        "rows": member_pages.member_rows(
            page.rows, now=now, names_organization=len(organizations) > 1
        ),
        "newer_url": _url_with(request, cursor=page.newer) if page.newer else "",
        "older_url": _url_with(request, cursor=page.older) if page.older else "",
        "shown": keyset.shown(page, listed),
        "is_filtered": wanted != selectors.Filter(),
        "pictures": member_pages.pictures(numbers, team_sizes),
        "bar_width": member_pages.BAR_WIDTH,
        "checks": member_pages.check_lines(organizations),
        "unread": selectors.unread_results(),
        "not_onboarded": member_pages.not_onboarded(selectors.not_onboarded()),
        "mirror": mirror_state(),
        "export_url": _url_with(request, path=reverse("onboarding:member-export"), cursor=""),
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
def member_export(request: HttpRequest) -> HttpResponseBase:
    """Give the filtered list as CSV, a row at a time; a bad filter is named by the list's page."""
    now = timezone.now()
    form = MemberFilter(request.GET)
    if not form.is_valid():
        return redirect(_url_with(request, path=reverse("onboarding:member-list")))
    listed = selectors.members(form.filter(), now=now)
    rows: Iterable[list[object]] = member_pages.export_rows(
        listed.iterator(chunk_size=500), now=now
    )
    return tables.csv_response(rows, name=f"members-{now:%Y-%m-%d}")


@needs(Role.OPERATOR, to="read members' results again")
@require_POST
def retry_imports(request: HttpRequest) -> HttpResponse:
    count = services.retry_dead_imports(now=timezone.now())
    messages.success(
        request, f"{count:,} {'result is' if count == 1 else 'results are'} read again."
    )
    return redirect("onboarding:member-list")


@needs(Role.OPERATOR, to="compare invitations with GitHub's")
@require_POST
def check_invitations(request: HttpRequest) -> HttpResponse:
    services.check_now(now=timezone.now())
    messages.success(request, "The invitations are being compared with GitHub's.")
    return redirect("onboarding:member-list")


@require_safe
def member_detail(request: HttpRequest, organization_id: int, key: str) -> HttpResponse:
    return _show(request, _get(organization_id, key))


@require_safe
def member_at_github(request: HttpRequest, organization_id: int, key: str) -> HttpResponse:
    """Ask GitHub how somebody stands: the part of the page for htmx, else the page with it."""
    member = _get(organization_id, key)
    if not member.is_person:
        message = "GitHub does not say yet who that is."
        raise Http404(message)
    return _show(request, member, is_asked=True)


@needs(Role.OPERATOR, to="repair a member's teams or invitation")
@require_POST
def member_chore(request: HttpRequest, organization_id: int, key: str, kind: str) -> HttpResponse:
    member = _get(organization_id, key)
    if kind not in ChoreKind.values:
        message = "There is no such chore."
        raise Http404(message)
    user: User | None = request.user if request.user.is_authenticated else None
    try:
        chores.request_chore(
            member=member,
            kind=ChoreKind(kind),
            teams=request.POST.getlist("team"),
            user=user,
            now=timezone.now(),
        )
    except chores.ChoreRefused as exc:
        messages.warning(request, str(exc))
    return redirect(member_pages.member_url(member))


def _get(organization_id: int, key: str) -> Member:
    # More digits than a database's whole numbers have are nobody's.
    found = (
        selectors.find_member(organization_id, member_pages.key_from_address(key))
        if organization_id < MAX_ID
        else None
    )
    if found is None:
        message = "The mirror knows no such member."
        raise Http404(message)
    return found


def _show(request: HttpRequest, member: Member, *, is_asked: bool = False) -> HttpResponse:
    now = timezone.now()
    part = _part(request)
    standing = standing_at_github(member, now=now) if is_asked else None
    lines = member_details.team_lines(member, standing)
    asked_for = selectors.chores_of(member)
    about = selectors.executions_about(member)[:EXECUTIONS_SHOWN] if not part else []
    known, others = member_details.company_facts(member)
    context = {
        "member": member,
        "state": member.state_at(now),
        "state_tag": member_pages.state_tag(member.state_at(now)),
        "standing": standing,
        "teams": lines,
        "membership_drift": member_details.membership_drift(member, standing),
        "missing": [line.slug for line in lines if line.is_missing],
        "off_record": [line.slug for line in lines if line.drift and not line.is_missing],
        "github_url": _address("member-github", member),
        "repair_url": _address("member-chore", member, ChoreKind.REPAIR_TEAMS),
        "correct_url": _address("member-chore", member, ChoreKind.CORRECT_RECORD),
        "resend_url": _address("member-chore", member, ChoreKind.RESEND_INVITATION),
        "page_url": member_pages.member_url(member),
        "chores": asked_for,
        "open_kinds": {chore.kind for chore in asked_for if chore.is_open},
        "is_polled": part == "#chores",
        "known": known,
        "others": others,
        "executions": execution_rows(about, now=now),
        "all_executions_url": _executions_url(member),
    }
    return render(request, f"onboarding/member_detail.html{part}", context)


def _part(request: HttpRequest) -> str:
    """Name the part of the page that htmx asks for, empty for all of it."""
    if not request.headers.get("HX-Request"):
        return ""
    return "#chores" if request.GET.get("part") == "chores" else "#teams"


def _address(name: str, member: Member, *more: str) -> str:
    key = member_pages.key_in_address(member.key)
    return reverse(f"onboarding:{name}", args=[member.organization_id, key, *more])


def _executions_url(member: Member) -> str:
    return f"{reverse('executions:list')}?{urlencode({'subject': member.login})}"
