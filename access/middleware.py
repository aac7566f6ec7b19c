"""Middleware that keeps the doors shut."""

from typing import Any

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse


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
