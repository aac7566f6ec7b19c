"""Middleware that every page passes through."""

from collections.abc import Callable
from http import HTTPStatus

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse

from core import error_views

# Plotly adds an empty <style> element and fills it through the CSSOM, which a strict policy allows
# once the element itself is: this is the hash of the empty text (plotly.js issue 7543).
_EMPTY_STYLE_ELEMENT = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"


def content_security_policy(*, images: str = "") -> str:
    """Write the policy; `images` is one more origin whose pictures a page may show."""
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            f"style-src-elem 'self' {_EMPTY_STYLE_ELEMENT}",
            f"img-src 'self' data: {images}".rstrip(),
            "font-src 'self'",
            "connect-src 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
        )
    )


CONTENT_SECURITY_POLICY = content_security_policy()


class ContentSecurityPolicyMiddleware:
    """Send one strict policy with every answer; Django 6 has this built in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Add the header unless the view has set its own."""
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        return response


class MethodNotAllowedMiddleware:
    """Show a page where a view answers 405; views say only which methods they take."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on, and give an empty refusal its words."""
        response = self.get_response(request)
        if response.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            return error_views.method_not_allowed(request, response)
        return response


class DatabaseBusyMiddleware:
    """Answer 503 with Retry-After when a view cannot have the database.

    SQLite has one writer: a lock that does not come within the busy timeout is a state to be told,
    not a crash. What middleware itself asks of the database is answered by `core.error_views`.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Turn the driver's error into an answer that says what to do."""
        if isinstance(exception, OperationalError | InterfaceError):
            return error_views.database_busy(request)
        return None
