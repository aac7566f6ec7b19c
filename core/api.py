"""What every REST endpoint shares: one error shape and keyset pages.

Errors are `{"code", "message", "fields"}`; pages are `{"results", "next", "previous"}` with
absolute links.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import InterfaceError, OperationalError
from django.db.models import Model, QuerySet
from django.http import Http404
from drf_spectacular.utils import OpenApiParameter
from rest_framework import exceptions, pagination
from rest_framework.response import Response
from rest_framework.views import APIView, set_rollback

from core import keyset
from core.errors import DomainError

M = TypeVar("M", bound=Model)

PAGE_PARAMETERS = [
    OpenApiParameter("cursor", str, description="From a page's `next` or `previous`."),
    OpenApiParameter("page_size", int, description="At most 500; 50 where it is not given."),
]
"""How a list is paged, for the schema of a view that pages by hand."""


class CursorPagination(pagination.CursorPagination):
    """Keyset pages: page 10,000 costs what page 1 costs, and new rows shift nothing.

    A view gives the order by its `ordering` attribute; its fields are unique together and never
    null. A cursor holds all of them: DRF's own holds the first and counts on from there, but no
    further than 1,000, so that more rows of one moment made a list without end.
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
        self.request = request
        self.base_url = request.build_absolute_uri()
        self.ordering = self.get_ordering(request, queryset, view)
        size = self.get_page_size(request) or self.page_size
        cursor = self.decode_cursor(request) or pagination.Cursor(0, reverse=False, position=None)
        ordering = keyset.reverse_of(self.ordering) if cursor.reverse else self.ordering
        try:
            if cursor.position is not None:
                values = _read(cursor.position, ordering)
                queryset = queryset.filter(keyset.beyond(ordering, values))
            rows = list(queryset.order_by(*ordering)[: size + 1])
        except (ValueError, ValidationError) as exc:
            raise exceptions.NotFound(self.invalid_cursor_message) from exc
        self.page = rows[:size][::-1] if cursor.reverse else rows[:size]
        has_more, has_come_from = len(rows) > size, cursor.position is not None
        self.has_next, self.has_previous = (
            (has_come_from, has_more) if cursor.reverse else (has_more, has_come_from)
        )
        return self.page

    def get_next_link(self) -> str | None:
        """Link to what follows the page's last row."""
        return self._link(-1, reverse=False) if self.has_next else None

    def get_previous_link(self) -> str | None:
        """Link to what comes before the page's first row."""
        return self._link(0, reverse=True) if self.has_previous else None

    def _link(self, index: int, *, reverse: bool) -> str:
        # From an empty page, whose rows are gone, the way leads to the list's other end.
        position = json.dumps(self._values(self.page[index])) if self.page else None
        # The stubs know of positions that are numbers.
        cursor = pagination.Cursor(0, reverse=reverse, position=position)  # type: ignore[arg-type]
        return self.encode_cursor(cursor)

    def _values(self, row: Any) -> list[str]:
        return [str(getattr(row, name.lstrip("-"))) for name in self.ordering]

    def get_paginated_response(self, data: Any) -> Response:
        """Answer the page in the documented shape."""
        return Response(
            {
                "results": data,
                "next": self.get_next_link(),
                "previous": self.get_previous_link(),
            }
        )


def paged(view: APIView, found: QuerySet[M], tell: Callable[[list[M]], Any]) -> Response:
    """Answer a page of a list in the view's order, for a view that tells its rows by hand.

    Args:
        view: Has `ordering` and the request.
        found: The whole list.
        tell: Makes of the page's rows what stands in `results`.
    """
    paginator = CursorPagination()
    rows = paginator.paginate_queryset(found, view.request, view=view)
    return paginator.get_paginated_response(tell(rows))


def _read(cursor: Any, ordering: Sequence[str]) -> list[str]:
    """Read what stands in a cursor.

    Raises:
        ValueError: It is not one text for each field.
    """
    values = json.loads(str(cursor))
    if not isinstance(values, list) or [type(value) for value in values] != [str] * len(ordering):
        message = f"a cursor for {ordering} cannot be {values!r}"
        raise ValueError(message)
    return values


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
