"""The pages of team rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from access.enums import Role
from access.roles import needs
from core.aws.errors import AwsError
from core.errors import DomainError
from onboarding import github_teams, rule_pages
from onboarding.forms.rules import read_edit
from onboarding.models import RuleSet
from onboarding.services import rules as services

if TYPE_CHECKING:
    from access.views import SignedInRequest
    from onboarding.forms.rules import Edit

_TRIED = ("department", "title", "email")


@needs(Role.ADMIN, to="change team rules")
@require_http_methods(["GET", "HEAD", "POST"])
def editor(request: SignedInRequest) -> HttpResponse:
    """Show the editor; POST keeps what was edited, whichever button was pressed."""
    if request.method == "POST":
        edit = read_edit(request.POST)
        _carry_out(request, edit)
        focus = f"?focus={edit.anchor}" if edit.do == "add" else ""
        return redirect(f"{reverse('onboarding:rules')}{focus}#{edit.anchor}")
    asked = {name: request.GET.get(name, "").strip()[:300] for name in _TRIED}
    page = rule_pages.editor(user=request.user, asked=asked, now=timezone.now())
    context = {"page": page, "focus": request.GET.get("focus", "")}
    return render(request, "onboarding/rules.html", context)


def _carry_out(request: SignedInRequest, edit: Edit) -> None:
    now = timezone.now()
    if edit.do == "discard":
        services.discard_draft(user=request.user)
        messages.info(request, "Your draft is gone; the page shows what is published.")
        return
    services.save_draft(user=request.user, draft=edit.applied(), based_on=edit.based_on, now=now)
    if edit.do == "accept":
        services.accept_published(user=request.user, version=edit.number)
    elif edit.do == "publish":
        _publish(request, edit)


def _publish(request: SignedInRequest, edit: Edit) -> None:
    try:
        page = rule_pages.editor(
            user=request.user, asked={}, now=timezone.now(), is_to_publish=True
        )
        if page.problems:
            messages.error(request, f"Not published. {' '.join(page.problems)}")
            return
        published = services.publish(
            user=request.user,
            draft=edit.draft,
            based_on=page.based_on,
            note=edit.note,
            now=timezone.now(),
        )
    except DomainError as exc:
        messages.error(request, f"Not published. {exc}")
    else:
        messages.success(
            request,
            f"Version {published.version} is published: whoever joins from now on gets its teams.",
        )


@require_safe
def history(request: SignedInRequest) -> HttpResponse:
    before = request.GET.get("before", "")
    page = rule_pages.history(
        before=int(before) if before.isdecimal() and len(before) < 16 else None,
        now=timezone.now(),
    )
    return render(request, "onboarding/rules_history.html", {"page": page})


@needs(Role.ADMIN, to="restore a version of the team rules")
@require_POST
def restore(request: SignedInRequest, version: int) -> HttpResponse:
    based_on = request.POST.get("based_on", "")
    try:
        published = services.restore(
            user=request.user,
            version=version,
            based_on=int(based_on) if based_on.isdecimal() and len(based_on) < 16 else 0,
            now=timezone.now(),
        )
    except RuleSet.DoesNotExist as exc:
        message = f"There is no version {version}."
        raise Http404(message) from exc
    except (AwsError, DomainError) as exc:
        messages.error(request, f"Not restored. {exc}")
    else:
        messages.success(
            request, f"Version {version} applies again, as version {published.version}."
        )
    return redirect("onboarding:rules-history")


@needs(Role.OPERATOR, to="read GitHub's teams again")
@require_POST
def reload_teams(_request: SignedInRequest) -> HttpResponse:
    github_teams.forget()
    return redirect("onboarding:rules")
