"""Middleware that keeps the doors shut, and the book of who went through."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import structlog
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from access import selectors, services
from access.models import ApiToken
from access.roles import SAFE_METHODS, Need, need_of

log = structlog.get_logger(__name__)


class SignInRequiredMiddleware(LoginRequiredMiddleware):
    """Close every view that does not say @login_not_required; send people to the gate.

    A part of a page that htmx asks for must not become the sign-in page inside that page, as it
    would when the session ends while the page polls: then the whole page is loaded anew, and that
    leads to the gate and back.
    """

    def handle_no_permission(self, request: HttpRequest, view_func: Any) -> Any:
        """Answer a stranger."""
        if request.headers.get("HX-Request") == "true":
            return HttpResponse(status=401, headers={"HX-Refresh": "true"})
        return super().handle_no_permission(request, view_func)


class RoleMiddleware:
    """Ask of every page whether the account's role allows it, and note every change.

    What lets in who has not signed in guards itself: the gate, GitHub's signature, and the REST API,
    which finds the token's owner later and asks the same rule (`access.permissions`).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on, and note what came of it."""
        if request.method in SAFE_METHODS:
            return self.get_response(request)
        # Signing out takes the account off the request; a token's owner is only known afterwards.
        before = request.user
        response = self.get_response(request)
        user = before if before.is_authenticated else request.user
        if user.is_authenticated and request.resolver_match and _is_to_be_noted(request, response):
            _note(request, user, need_of(request.resolver_match.func))
        return response

    def process_view(
        self, request: HttpRequest, view: Any, _args: Any, _kwargs: Any
    ) -> HttpResponse | None:
        """Refuse what the role does not allow, before the view."""
        if not getattr(view, "login_required", True):
            return None
        need = need_of(view)
        if need.allows(request.user, str(request.method)):
            return None
        refuse(request)
        refusal = selectors.refusal(need=need, user=request.user)
        if request.headers.get("HX-Request") == "true":
            # No part of a page: it is said beside the page (static/js/app.js).
            return HttpResponse(
                refusal.sentence, status=HTTPStatus.FORBIDDEN, content_type="text/plain"
            )
        return render(request, "403.html", {"refusal": refusal}, status=HTTPStatus.FORBIDDEN)


def refuse(request: Any) -> None:
    """Say that the account's role does not allow this, for the audit."""
    _of_django(request).is_refused = True


def changed_nothing(request: Any) -> None:
    """Say that a POST only looked: it is a preview, and the audit leaves it out."""
    _of_django(request).changed_nothing = True


def _of_django(request: Any) -> Any:
    # REST framework's request wraps the one that this middleware sees.
    return getattr(request, "_request", request)


def _is_to_be_noted(request: HttpRequest, response: HttpResponse) -> bool:
    if _is_refused(request):
        return True
    is_done = response.status_code < HTTPStatus.BAD_REQUEST
    return is_done and not getattr(request, "changed_nothing", False)


def _is_refused(request: HttpRequest) -> bool:
    # Not by the status: a missing CSRF token is 403 as well, and no question of roles.
    return getattr(request, "is_refused", False)


def _note(request: HttpRequest, user: Any, need: Need) -> None:
    token = getattr(request, "auth", None)
    noted: dict[str, Any] = {
        "user": user,
        "token_name": token.name if isinstance(token, ApiToken) else "",
        "did": need.to,
        "path": request.path,
        "is_refused": _is_refused(request),
        "now": timezone.now(),  # noqa: TID251 -- an edge
    }
    try:
        services.note_change(**noted)
    except DatabaseError:
        # The change is made and must be answered as made; the log has the line all the same.
        log.exception("access.change_not_noted", **(noted | {"user": user.pk}))
