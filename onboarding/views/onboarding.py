"""The pages for onboarding by hand: one person, many, and how each onboarding goes."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from access.enums import Role
from access.roles import needs
from core import keyset, tables
from core.errors import DomainError, NotFound
from core.middleware import content_security_policy
from onboarding import batch_pages, member_pages
from onboarding.enums import BatchSource, BatchState, RowState
from onboarding.forms.onboarding import ManyForm, OneForm, RowFilter
from onboarding.selectors import batches as selectors
from onboarding.selectors import members as member_selectors
from onboarding.services import batches

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from uuid import UUID

    from django.contrib.auth.models import User

    from onboarding.models import Batch

_POLL: Final = "every 2s"


@require_safe
def onboard(request: HttpRequest) -> HttpResponse:
    """Show both ways in and the latest onboardings; with `login`, who that is."""
    one = OneForm(request.GET) if "login" in request.GET else OneForm()
    look, problem = None, ""
    if one.is_bound and one.is_valid():
        try:
            look = batches.look_up(login=one.cleaned_data["login"])
        except DomainError as exc:
            problem = str(exc)
    status = HTTPStatus.SERVICE_UNAVAILABLE if problem else HTTPStatus.OK
    return _entry(request, one=one, look=look, problem=problem, status=status)


@needs(Role.OPERATOR, to="onboard somebody")
@require_POST
def onboard_one(request: HttpRequest) -> HttpResponse:
    """Onboard the person who was looked at."""
    form = OneForm(request.POST)
    if not form.is_valid():
        return _entry(request, one=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    person = batches.Named(number=1, login=form.cleaned_data["login"])
    return _create(request, form, people=[person], source=BatchSource.ONE)


@needs(Role.OPERATOR, to="onboard many people")
@require_POST
def onboard_many(request: HttpRequest) -> HttpResponse:
    """Take a file or a text in, and have everybody checked."""
    form = ManyForm(request.POST, request.FILES)
    if not form.is_valid():
        return _entry(request, many=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    given = form.cleaned_data
    return _create(
        request,
        form,
        people=given["read"].people,
        source=given["source"],
        title=given["title"],
    )


@require_safe
def onboarding(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Show one onboarding: the check, the report and the plan, or how it runs."""
    batch = _get(public_id)
    tag = batch_pages.tag_of(batch, request.GET.urlencode())
    if request.headers.get("HX-PTag") == tag:
        return HttpResponse(status=HTTPStatus.NOT_MODIFIED)
    return _show(request, batch)


@needs(Role.OPERATOR, to="steer an onboarding")
@require_POST
def steer(request: HttpRequest, public_id: UUID, action: str) -> HttpResponse:
    """Start, pause, resume, cancel or retry."""
    actions: dict[str, Callable[..., Any]] = {
        "start": batches.start,
        "pause": batches.pause,
        "resume": batches.resume,
        "cancel": batches.cancel,
        "retry": batches.retry_failed,
    }
    if action not in actions:
        raise Http404
    batch = _get(public_id)
    try:
        actions[action](batch=batch, now=timezone.now())
    except batches.BatchMoved as exc:
        messages.warning(request, str(exc))
    return redirect("onboarding:onboarding", public_id=public_id)


@require_safe
def result(request: HttpRequest, public_id: UUID) -> StreamingHttpResponse:  # noqa: ARG001 -- Django's
    """Give everybody's result as CSV."""
    batch = _get(public_id)
    name = f"onboarding-{batch.requested_at:%Y-%m-%d}-{str(batch.public_id)[:8]}"
    return tables.csv_response(_result_rows(batch), name=name)


def _result_rows(batch: Batch) -> Iterator[tuple[object, ...]]:
    yield (
        "row",
        "login given",
        "login",
        "github id",
        "name",
        "state",
        "error",
        "notes",
        "teams",
        "execution",
    )
    for row in selectors.rows(batch).iterator():
        yield (
            row.number,
            row.login_given,
            row.login,
            row.github_id,
            row.name,
            row.state,
            row.error,
            " ".join(one["text"] for one in row.checks if not one["blocks"]),
            " ".join(team["slug"] for team in row.teams or []),
            row.execution_arn,
        )


def _create(
    request: HttpRequest, form: OneForm | ManyForm, *, people: list[Any], **fields: Any
) -> HttpResponse:
    user: User | None = request.user if request.user.is_authenticated else None
    is_one = isinstance(form, OneForm)
    try:
        batch = batches.create_batch(
            organization="",
            people=people,
            user=user,
            now=timezone.now(),
            # Whoever pressed the button has just seen what will happen.
            is_confirmed=is_one,
            repeats=is_one,
            **fields,
        )
    except DomainError as exc:
        form.add_error(None, str(exc))
        shown: dict[str, Any] = {"one": form} if is_one else {"many": form}
        return _entry(request, status=HTTPStatus.UNPROCESSABLE_ENTITY, **shown)
    return redirect("onboarding:onboarding", public_id=batch.public_id)


def _entry(
    request: HttpRequest,
    *,
    one: OneForm | None = None,
    many: ManyForm | None = None,
    look: batches.Look | None = None,
    problem: str = "",
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    listed = selectors.batches()
    page = keyset.page_of(listed, cursor=request.GET.get("cursor", ""), size=10)
    counts = selectors.counts_of(page.rows)
    context = {
        "organization": settings.GITHUB_ORG,
        "one": one or OneForm(),
        "many": many or ManyForm(),
        "look": look,
        "portrait": _portrait(look),
        **_record(look),
        "problem": problem,
        "batches": [
            (
                batch,
                batch_pages.standing(batch, counts[batch.pk]),
                batch_pages.progress(counts[batch.pk]),
            )
            for batch in page.rows
        ],
        "shown": keyset.shown(page, listed),
        "newer_url": f"?cursor={page.newer}" if page.newer else "",
        "older_url": f"?cursor={page.older}" if page.older else "",
    }
    template = "onboarding/onboard.html"
    if request.headers.get("HX-Request") and one is not None and one.is_bound:
        template += "#one"
        # htmx shows 422 alone of the errors, and this fragment says what went wrong.
        status = HTTPStatus.UNPROCESSABLE_ENTITY if status >= HTTPStatus.BAD_REQUEST else status
    response = render(request, template, context, status=status)
    response["Content-Security-Policy"] = content_security_policy(
        images=batch_pages.avatar_origin()
    )
    return response


def _portrait(look: batches.Look | None) -> dict[str, Any] | None:
    if look is None or look.finding is None or look.finding.person is None:
        return None
    person = look.finding.person
    return {
        "url": batch_pages.avatar_of(person.avatar_url),
        **batch_pages.monogram(person.login, person.name),
    }


def _record(look: batches.Look | None) -> dict[str, Any]:
    """Find what is on record of whoever was looked at; nothing of a stranger."""
    if look is None or look.finding is None or look.finding.person is None:
        return {}
    member = member_selectors.find_person(look.organization, look.finding.person.id)
    return {"member": member, "member_url": member_pages.member_url(member)} if member else {}


def _show(request: HttpRequest, batch: Batch) -> HttpResponse:
    now = timezone.now()
    asked = RowFilter(request.GET).asked
    counts = selectors.counts(batch)
    plan = selectors.plan_of(batch, now=now) if counts.of(RowState.WAITING) else None
    rows = list(
        selectors.rows(
            batch,
            state=asked.get("state", ""),
            check=asked.get("check", ""),
            after=asked.get("after", 0),
            goes_later=plan.goes_at if plan else {},
        )[: batch_pages.ROWS_SHOWN + 1]
    )
    has_more = len(rows) > batch_pages.ROWS_SHOWN
    rows = rows[: batch_pages.ROWS_SHOWN]
    link = partial(_link, request)
    context = {
        "batch": batch,
        "counts": counts,
        "standing": batch_pages.standing(batch, counts),
        "progress": batch_pages.checked(counts)
        if batch.state == BatchState.CHECKING
        else batch_pages.progress(counts),
        "plan": batch_pages.plan_picture(plan) if plan else None,
        "plan_width": batch_pages.PLAN_WIDTH,
        "bar_width": batch_pages.BAR_WIDTH,
        "problems": batch_pages.problem_lines(batch, plan) if not batch.started_at else [],
        "lines": batch_pages.row_lines(rows, plan),
        "chips": [
            {
                "label": label,
                "url": link(state=value, check="", after=""),
                "is_active": asked.get("state", "") == value and not asked.get("check"),
                "count": f"{counts.of(value) if value else counts.total:,}",
            }
            for value, label in [("", "All"), *RowState.choices]
            if not value or counts.of(value)
        ],
        "check": asked.get("check", ""),
        "next_url": link(after=str(rows[-1].number)) if has_more else "",
        "first_url": link(after="") if asked.get("after") else "",
        "can_retry": batch_pages.can_be_retried(batch, counts),
        "going": counts.of(RowState.WAITING),
        "open_parts": batch_pages.open_parts(batch),
        "poll": _POLL if batch.is_moving or counts.of(RowState.RUNNING) else "",
        "tag": batch_pages.tag_of(batch, request.GET.urlencode()),
        "page_url": request.get_full_path(),
    }
    template = "onboarding/onboarding.html"
    if request.headers.get("HX-Request"):
        template += "#live"
    response = render(request, template, context)
    response["HX-PTag"] = str(context["tag"])
    return response


def _link(request: HttpRequest, **changes: str) -> str:
    query = request.GET.copy()
    for name, value in changes.items():
        query.pop(name, None)
        if value:
            query[name] = value
    return f"{request.path}?{query.urlencode()}"


def _get(public_id: UUID) -> Batch:
    try:
        return selectors.get_batch(public_id)
    except NotFound as exc:
        raise Http404(str(exc)) from exc
