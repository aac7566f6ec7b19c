"""What people order beside a plain retry: stop, start anew with a corrected input, start by hand."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from access.enums import Role
from access.roles import needs
from core.display import pretty_json
from executions import presenting, selectors, services
from executions.contract_forms import ContractForm
from executions.forms import InputForm, StopForm
from executions.views.detail import show_execution
from executions.views.requests import POLL_MOVING, get_execution, template_for, user_of
from ghkit.inputs import INPUTS

if TYPE_CHECKING:
    from uuid import UUID


@needs(Role.OPERATOR, to="stop an execution")
@require_POST
def execution_stop(request: HttpRequest, public_id: UUID) -> HttpResponse:
    now = timezone.now()
    form = StopForm(request.POST)
    form.is_valid()
    notice = ""
    try:
        services.request_stop(
            execution=get_execution(public_id),
            user=user_of(request),
            note=form.cleaned_data.get("note", ""),
            now=now,
        )
    except services.NothingToStop as exc:
        notice = str(exc)
    if not request.headers.get("HX-Request"):
        if notice:
            messages.warning(request, notice)
        return redirect("executions:detail", public_id=public_id)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if notice else HTTPStatus.OK
    return show_execution(request, get_execution(public_id), now=now, notice=notice, status=status)


@needs(Role.OPERATOR, to="start an execution anew")
@require_http_methods(["GET", "HEAD", "POST"])
def execution_start_anew(request: HttpRequest, public_id: UUID) -> HttpResponse:
    now = timezone.now()
    execution = get_execution(public_id)
    advice = selectors.advice_of(execution, now=now, with_edited_input=True)
    written = pretty_json(execution.input or "{}")
    form = InputForm(request.POST or None, initial={"input": written})
    problem = ""
    status = HTTPStatus.OK
    if request.method == "POST" and form.is_valid():
        try:
            services.request_retry(
                execution=execution,
                user=user_of(request),
                now=now,
                input_json=services.parse_input(
                    execution.state_machine, form.cleaned_data["input"]
                ),
            )
        except services.InvalidInput as exc:
            form.add_error("input", str(exc))
        except services.NothingToRetry as exc:
            problem, status = str(exc), HTTPStatus.CONFLICT
        else:
            return redirect("executions:detail", public_id=public_id)
    if form.errors:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    context = {"execution": execution, "advice": advice, "form": form, "problem": problem}
    return render(request, "executions/execution_start_anew.html", context, status=status)


@require_safe
def start_choose(request: HttpRequest) -> HttpResponse:
    machines = [
        {"name": name, "purpose": INPUTS[name].purpose} for name in selectors.startable_machines()
    ]
    return render(request, "executions/start_choose.html", {"machines": machines})


@needs(Role.OPERATOR, to="start an execution by hand")
@require_http_methods(["GET", "HEAD", "POST"])
def start_by_hand(request: HttpRequest, state_machine: str) -> HttpResponse:
    known = INPUTS.get(state_machine)
    if known is None:
        message = "There is no such state machine."
        raise Http404(message)
    form = ContractForm(known.contract, request.POST or None)
    status, problem = HTTPStatus.OK, ""
    if request.method == "POST" and form.is_valid():
        try:
            start = services.request_start(
                state_machine=state_machine,
                text=form.input_json(),
                user=user_of(request),
                now=timezone.now(),
            )
        except services.InvalidInput as exc:
            # The reader names the field as the contract does; what it cannot place stands on top.
            [(field, problems)] = exc.fields.items()
            form.add_error(field if field in form.fields else None, f"{field}: {problems[0]}")
        else:
            return redirect("executions:start-detail", public_id=start.public_id)
    if form.errors:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    context: dict[str, Any] = {
        "state_machine": state_machine,
        "purpose": known.purpose,
        "form": form,
        "problem": problem,
    }
    return render(request, "executions/start_by_hand.html", context, status=status)


@require_safe
def start_detail(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Follow a start by hand until its execution is there, then lead to it."""
    start = selectors.start_by_id(public_id)
    if start is None:
        message = "There is no such start."
        raise Http404(message)
    if start.execution is not None:
        to = redirect("executions:detail", public_id=start.execution.public_id)
        if request.headers.get("HX-Request"):
            return HttpResponse(headers={"HX-Redirect": to.url})
        return to
    context = {"start": start, "poll": POLL_MOVING if start.is_open else ""}
    return render(request, template_for(request, "executions/start_detail.html"), context)


@require_safe
def execution_deadlines(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    days = selectors.deadlines_by_day(now=now)
    rows = presenting.execution_rows(selectors.soon_unrecoverable(now=now), now=now)
    context = {
        "days": presenting.deadline_bars(days, now=now),
        "rows": rows,
        "shown": f"The {len(rows)} most urgent" if len(rows) == selectors.SOON_SHOWN else "",
        "total": sum(days.values()),
        "mirror": selectors.mirror_state(),
    }
    return render(request, "executions/execution_deadlines.html", context)
