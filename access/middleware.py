"""Middleware that keeps the doors shut, and the book of who went through."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import structlog
from django.contrib import messages
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from access import selectors, services
from access.models import ApiToken, Change
from access.roles import SAFE_METHODS, Need, need_of

log = structlog.get_logger(__name__)


class SignInRequiredMiddleware(LoginRequiredMiddleware):
    """Close every view that does not say @login_not_required; send people to the gate.

    A part of a page that htmx asks for must not become the sign-in page inside that page, as it
    would when the session ends while the page polls: then the whole page is loaded anew, and that
    leads to the gate and back.

    What was sent by a button leads back to the page with the button: its own address is no page, and
    what was sent is not kept.
    """

    def handle_no_permission(self, request: HttpRequest, view_func: Any) -> Any:
        """Answer a stranger."""
        if request.headers.get("HX-Request") == "true":
            return HttpResponse(status=401, headers={"HX-Refresh": "true"})
        if request.method not in SAFE_METHODS:
            messages.warning(request, "You had been signed out, so nothing was done: do it again.")
            return redirect_to_login(
                _page_before(request),
                self.get_login_url(view_func),
                self.get_redirect_field_name(view_func),
            )
        return super().handle_no_permission(request, view_func)


def _page_before(request: HttpRequest) -> str:
    """Return where a form stood, as the browser tells; the start where it does not."""
    before = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(before, {request.get_host()}):
        return "/"
    parts = urlsplit(before)
    return urlunsplit(("", "", parts.path, parts.query, "")) or "/"


class RoleMiddleware:
    """Ask of every page whether the account's role allows it, and note every change.

    What lets in who has not signed in guards itself: the gate, GitHub's signature, and the REST API,
    which finds the token's owner later and asks the same rule (`access.permissions`).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on, and note what came of the change that it asked for."""
        response = self.get_response(request)
        change = getattr(request, "open_change", None)
        if change is not None:
            try:
                _settle(request, response, change)
            except DatabaseError:
                # What is done must be answered as done; the line stays open.
                log.exception("access.change_not_closed", change=change.pk, path=change.path)
        return response

    def process_view(
        self, request: HttpRequest, view: Any, _args: Any, _kwargs: Any
    ) -> HttpResponse | None:
        """Refuse what the role does not allow, before the view."""
        if not getattr(view, "login_required", True):
            return None
        need = need_of(view)
        if is_allowed(request, need):
            return None
        refusal = selectors.refusal(need=need, user=request.user)
        if request.headers.get("HX-Request") == "true":
            # No part of a page: it is said beside the page (static/js/app.js).
            return HttpResponse(
                refusal.sentence, status=HTTPStatus.FORBIDDEN, content_type="text/plain"
            )
        return render(request, "403.html", {"refusal": refusal}, status=HTTPStatus.FORBIDDEN)


def is_allowed(request: Any, need: Need) -> bool:
    """Whether who is signed in may do this; notes a change before it is made, and a refusal.

    Raises:
        DatabaseError: It may be done, and cannot be noted: then it must not be done.
    """
    changes = request.method not in SAFE_METHODS
    if need.allows(request.user, str(request.method)):
        if changes:
            _of_django(request).open_change = services.open_change(_deed(request, need))
        return True
    if changes:
        try:
            services.note_refusal(_deed(request, need))
        except DatabaseError:
            log.exception("access.refusal_not_noted", path=request.path)
    return False


def changed_nothing(request: Any) -> None:
    """Say that a POST only looked: it is a preview, and the audit leaves it out."""
    _of_django(request).changed_nothing = True


def _of_django(request: Any) -> Any:
    # REST framework's request wraps the one that this middleware sees.
    return getattr(request, "_request", request)


def _deed(request: Any, need: Need) -> services.Deed:
    token = getattr(request, "auth", None)
    return services.Deed(
        user=request.user,
        token_name=token.name if isinstance(token, ApiToken) else "",
        did=need.to,
        path=request.path,
        at=timezone.now(),  # noqa: TID251 -- an edge
    )


def _settle(request: HttpRequest, response: HttpResponse, change: Change) -> None:
    if response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return  # it broke on the way: nobody knows how far it came
    if response.status_code >= HTTPStatus.BAD_REQUEST or hasattr(request, "changed_nothing"):
        services.drop_change(change)
    else:
        services.close_change(change)
