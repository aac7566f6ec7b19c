"""What every REST endpoint shares: one error shape and keyset pages.

Errors are `{"code", "message", "fields"}`; pages are `{"results", "next", "previous"}` with
absolute links (DESIGN: REST, /api/v1/).
"""

from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import InterfaceError, OperationalError
from django.http import Http404
from rest_framework import exceptions, pagination
from rest_framework.response import Response
from rest_framework.views import set_rollback

from core.errors import DomainError


class CursorPagination(pagination.CursorPagination):
    """Keyset pages: page 10,000 costs what page 1 costs, and new rows shift nothing.

    A view gives the order by its `ordering` attribute, always ending in `pk`.
    """

    page_size = 50
    max_page_size = 500
    page_size_query_param = "page_size"
    ordering: Any = "-pk"

    def get_ordering(self, request: Any, queryset: Any, view: Any) -> Any:  # noqa: ARG002 -- DRF's
        """Take the order from the view: each list knows the index that serves it."""
        ordering = getattr(view, "ordering", self.ordering)
        return (ordering,) if isinstance(ordering, str) else tuple(ordering)

    def paginate_queryset(self, queryset: Any, request: Any, view: Any = None) -> Any:
        """Cut the page out; a cursor that somebody made up is an answer, not a crash."""
        try:
            return super().paginate_queryset(queryset, request, view)
        except (ValueError, ValidationError) as exc:
            raise exceptions.NotFound(self.invalid_cursor_message) from exc

    def get_paginated_response(self, data: Any) -> Response:
        """Answer the page in the documented shape."""
        return Response(
            {
                "results": data,
                "next": self.get_next_link(),
                "previous": self.get_previous_link(),
            }
        )


def handle_exception(exc: Exception, context: dict[str, Any]) -> Response | None:  # noqa: ARG001 -- DRF's
    """Turn anticipated failures into `{"code", "message", "fields"}`; let bugs go up."""
    if isinstance(exc, DomainError):
        set_rollback()
        return _answer(exc.status_code, exc.code, str(exc), getattr(exc, "fields", None))
    if isinstance(exc, OperationalError | InterfaceError):
        set_rollback()
        response = _answer(503, "database_busy", "The database is busy. Try again in a moment.")
        response["Retry-After"] = "5"
        return response
    if isinstance(exc, Http404):
        exc = exceptions.NotFound()
    elif isinstance(exc, PermissionDenied):
        exc = exceptions.PermissionDenied()
    if not isinstance(exc, exceptions.APIException):
        return None
    set_rollback()
    if isinstance(exc, exceptions.ValidationError):
        fields = exc.detail if isinstance(exc.detail, dict) else {"non_field_errors": exc.detail}
        response = _answer(400, "invalid", "Some fields are not valid.", fields)
    else:
        code = exc.get_codes()
        response = _answer(
            exc.status_code, code if isinstance(code, str) else "error", str(exc.detail)
        )
    if challenge := getattr(exc, "auth_header", None):
        response["WWW-Authenticate"] = challenge
    if wait := getattr(exc, "wait", None):
        response["Retry-After"] = str(int(wait))
    return response


def _answer(status: int, code: str, message: str, fields: Any = None) -> Response:
    return Response({"code": code, "message": message, "fields": fields or {}}, status=status)
