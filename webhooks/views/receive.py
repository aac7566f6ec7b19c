"""The endpoint that GitHub calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse, JsonResponse, UnreadablePostError
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from webhooks import ingress, services

if TYPE_CHECKING:
    from django.core.handlers.wsgi import WSGIRequest


@login_not_required  # GitHub has no account; the signature is the authentication.
@csrf_exempt
def receive(request: WSGIRequest) -> HttpResponse:
    """Take one delivery. The order of checks: method → size → signature → headers → body."""
    if request.method != "POST":
        answer = services.refusal(
            ingress.Refused(405, "method_not_allowed", "Deliveries are sent by POST.")
        )
        return _respond(answer, {"Allow": "POST"})
    try:
        body = _read_body(request)
    except ingress.Refused as exc:
        return _respond(services.refusal(exc))
    return _respond(services.ingest(headers=request.headers, body=body, now=timezone.now()))


def _read_body(request: WSGIRequest) -> bytes:
    """Read at most one byte more than is allowed: enough to know, whatever the sender claims."""
    length = str(request.META.get("CONTENT_LENGTH", ""))
    if length.isascii() and length.isdigit():
        ingress.check_size(int(length))
        source = request
    elif request.META.get("wsgi.input_terminated"):
        # Sent in chunks, without a length: Django itself would see an empty body.
        source = request.META["wsgi.input"]
    else:
        source = request
    parts, missing = [], ingress.MAX_BODY_BYTES + 1
    try:
        while missing > 0 and (part := source.read(min(missing, 1 << 20))):
            parts.append(part)
            missing -= len(part)
    except (UnreadablePostError, OSError) as exc:
        raise ingress.Refused(400, "body_incomplete", "The body broke off.") from exc
    return b"".join(parts)


def _respond(answer: services.Answer, headers: dict[str, str] | None = None) -> JsonResponse:
    return JsonResponse(
        answer.payload, status=answer.status_code, headers=answer.headers | (headers or {})
    )
