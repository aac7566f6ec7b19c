"""What the views of executions share: reading requests, naming addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404
from django.utils.http import urlencode

from executions import selectors

if TYPE_CHECKING:
    from uuid import UUID

    from django.contrib.auth.models import User
    from django.http import HttpRequest

    from executions.models import Execution

# Fast enough to be believed; a 304 costs a query or two.
POLL_MOVING = "every 2s"
POLL_RESTING = "every 10s"


def get_execution(public_id: UUID) -> Execution:
    execution = selectors.execution_by_id(public_id)
    if execution is None:
        message = "The mirror knows no such execution."
        raise Http404(message)
    return execution


def template_for(request: HttpRequest, page: str) -> str:
    """Name the page, or its live part where htmx asks."""
    return f"{page}#live" if request.headers.get("HX-Request") else page


def url_with(request: HttpRequest, **changes: str) -> str:
    # Not by QueryDict.copy(), which copies deeply: a page has a dozen such links.
    kept = [(name, values) for name, values in request.GET.lists() if name not in changes]
    given = [(name, [value]) for name, value in changes.items() if value]
    return f"{request.path}?{urlencode(kept + given, doseq=True)}"


def number_in(request: HttpRequest, name: str, default: int) -> int:
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else default


def user_of(request: HttpRequest) -> User | None:
    """Return who presses; pages are for signed-in people, so None only in theory."""
    return request.user if request.user.is_authenticated else None
