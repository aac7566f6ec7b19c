"""Who changed what, for administrators."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from access import selectors
from access.enums import Role
from access.roles import needs
from core import keyset

_SHOWN = {"": "All", "refused": "Refused", "open": "Not ended"}


@needs(Role.ADMIN, to="read the audit", also_to_read=True)
@require_safe
def change_list(request: HttpRequest) -> HttpResponse:
    """List the changes and the refusals, the latest first."""
    # A longer name, or one with NUL, is nobody's; PostgreSQL would not take it as a question.
    username = request.GET.get("account", "").replace("\0", "")[:150]
    show = request.GET.get("show", "")
    if show not in _SHOWN:
        show = ""
    listed = selectors.changes(username=username, shown=show)
    page = keyset.page_of(listed, cursor=request.GET.get("cursor", ""))
    context = {
        "changes": page.rows,
        "shown": keyset.shown(page, listed),
        "newer_url": _url(request, cursor=page.newer) if page.newer else "",
        "older_url": _url(request, cursor=page.older) if page.older else "",
        "account": username,
        "chips": [
            {"label": label, "url": _url(request, show=name), "is_active": show == name}
            for name, label in _SHOWN.items()
        ],
        "as_of": timezone.now(),
    }
    return render(request, "access/change_list.html", context)


def _url(request: HttpRequest, **changes: str) -> str:
    query = request.GET.copy()
    for name, value in {"cursor": "", **changes}.items():
        query.pop(name, None)
        if value:
            query[name] = value
    return f"{request.path}?{query.urlencode()}"
