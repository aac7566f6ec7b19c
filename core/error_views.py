"""Errors outside of any view: a page for people, `{"code", "message", "fields"}` for programs."""

import sys

import structlog
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views import defaults

log = structlog.get_logger(__name__)

# Below these, nobody looks at pages.
_PROGRAMS = ("/api/", "/webhooks/")
_RETRY_AFTER_S = 5


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that Django itself refuses, for example for another host."""
    if _is_program(request):
        return _error(400, "bad_request", "The request makes no sense to this server.")
    return defaults.bad_request(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer an address that leads nowhere."""
    if _is_program(request):
        return _error(404, "not_found", "Nothing stands at this address.")
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer after a failure that no view foresaw; a database that is away is a foreseen one."""
    # Called while the exception is being handled, also where middleware raised it.
    if isinstance(sys.exception(), OperationalError | InterfaceError):
        return database_busy(request)
    if _is_program(request):
        return _error(500, "server_error", "Something went wrong here; the log says what.")
    return defaults.server_error(request)


def database_busy(request: HttpRequest) -> HttpResponse:
    """Answer that the database cannot be had, and when to come back."""
    # The page says "busy"; a missing column, which the driver reports likewise, shows in the log.
    log.warning("core.database_unavailable", exc_info=sys.exception())
    message = "The database is busy. Nothing was changed; try again in a moment."
    response: HttpResponse
    if not _is_program(request) and _is_browser(request):
        response = render(request, "503.html", {"message": message}, status=503)
    else:
        response = _error(503, "database_busy", message)
    response["Retry-After"] = str(_RETRY_AFTER_S)
    return response


def method_not_allowed(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Answer somebody who opened what only a button sends to: Django's own answer is an empty page."""
    if response.content or _is_program(request) or not _is_browser(request):
        return response
    page = render(request, "405.html", status=405)
    page["Allow"] = response["Allow"]
    return page


def _is_browser(request: HttpRequest) -> bool:
    return "text/html" in request.headers.get("Accept", "")


def _is_program(request: HttpRequest) -> bool:
    return request.path.startswith(_PROGRAMS)


def _error(status: int, code: str, message: str) -> JsonResponse:
    return JsonResponse({"code": code, "message": message, "fields": {}}, status=status)
