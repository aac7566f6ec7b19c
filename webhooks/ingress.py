"""Reading a delivery: from headers and raw bytes to facts, or to a refusal that says why.

Pure: no database, no settings, no clock, so that a faster way in can use it unchanged. The order of
the checks is fixed: size → signature → headers → body. Nothing is parsed before the signature holds,
and nothing that a stranger sends is stored.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs
from uuid import UUID

import orjson

from core.errors import DomainError
from ghkit import routing, signatures
from ghkit.errors import InvalidPayload

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# GitHub Docs, "Webhook events and payloads": payloads are capped at 25 MB. GitHub counts in powers of
# two, and refusing one that it does send would lose it.
MAX_BODY_BYTES = 25 * 1024 * 1024

EVENT_HEADER = "X-GitHub-Event"
DELIVERY_HEADER = "X-GitHub-Delivery"
SIGNATURE_HEADER = "X-Hub-Signature-256"
# What helps to find a delivery again on GitHub's side. Event and GUID have columns of their own.
KEPT_HEADERS = (
    "X-GitHub-Hook-ID",
    "X-GitHub-Hook-Installation-Target-Type",
    "X-GitHub-Hook-Installation-Target-ID",
    "User-Agent",
    "Content-Type",
)

# Headers are looked up in lower case, in which a server that knows no better has them.
_KEPT = [(name.lower(), name) for name in KEPT_HEADERS]
_EVENT = re.compile(r"[A-Za-z0-9_]{1,64}", re.ASCII)
# As GitHub writes it; UUID() alone would also take braces, a URN and hyphens anywhere.
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)
_MAX_INSTALLATION_ID = 2**63 - 1
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class Refused(DomainError):
    """The delivery is not taken; GitHub shows status and text in its list of deliveries."""

    def __init__(
        self, status_code: int, code: str, text: str, fields: dict[str, list[str]] | None = None
    ) -> None:
        super().__init__(text)
        self.status_code = status_code
        self.code = code
        self.fields = fields or {}


@dataclass(frozen=True, slots=True)
class Reading:
    """What a well-formed, signed delivery says.

    Attributes:
        action: Empty where the event has none.
        person: Whom it is about; the sender, unless the event names a member.
        body: The JSON text, also where it came form-encoded.
        route: What the event starts, or None.
        reason: Why nothing comes of it; empty where something does.
    """

    guid: UUID
    event: str
    action: str
    repository: str
    organization: str
    sender: str
    person: str
    installation_id: int | None
    headers: dict[str, str]
    body: bytes
    route: routing.Route | None
    reason: str


def read(headers: Mapping[str, str], body: bytes, *, secrets: Sequence[bytes]) -> Reading:
    """Check a delivery and read what is needed of it.

    Args:
        headers: By their names in lower case, or a mapping that ignores case.
        body: The raw bytes.
        secrets: The webhook secret, and the old one while it is being changed.

    Raises:
        Refused: 413, 503 (no secret is set), 401 or 400, in that order.
    """
    check_size(len(body))
    if not any(secrets):
        raise Refused(
            503,
            "webhook_secret_missing",
            "GITHUB_WEBHOOK_SECRET is not set, so no delivery can be trusted.",
        )
    if not signatures.is_signed_by(secrets, body, headers.get(SIGNATURE_HEADER.lower(), "")):
        raise Refused(401, "bad_signature", f"{SIGNATURE_HEADER} is missing or does not match.")
    event, guid = _event(headers), _guid(headers)
    kept = {
        name: storable(value) for key, name in _KEPT if (value := headers.get(key)) is not None
    }
    return understand(event, guid, _json_text(headers, body), headers=kept)


def understand(event: str, guid: UUID, text: bytes, *, headers: dict[str, str]) -> Reading:
    """Read what is needed of a body that is trusted.

    Args:
        event: GitHub's name of the event.
        guid: Of the delivery.
        text: The JSON text.
        headers: What is kept beside it.

    Raises:
        Refused: 400, the body cannot be that event.
    """
    payload = parse(text)
    action = _action(payload)
    route = routing.find_route(event, action or None)
    if route is not None:
        _project(route, payload, guid=guid)
    return Reading(
        guid=guid,
        event=event,
        action=action,
        repository=_text(payload, "repository", "full_name"),
        organization=_text(payload, "organization", "login"),
        sender=_text(payload, "sender", "login"),
        person=_person(payload) or _text(payload, "sender", "login"),
        installation_id=_installation_id(payload),
        headers=headers,
        body=text,
        route=route,
        reason=_reason(route, event, action or None),
    )


def check_size(size_bytes: int) -> None:
    """Refuse what GitHub would never send.

    Raises:
        Refused: 413.
    """
    if size_bytes > MAX_BODY_BYTES:
        raise Refused(
            413, "body_too_large", f"The body is larger than GitHub's {MAX_BODY_BYTES} bytes."
        )


def parse(text: bytes) -> dict[str, Any]:
    """Parse a body; of a repeated key the last value counts.

    Raises:
        Refused: 400, it is not a JSON object.
    """
    try:
        payload = orjson.loads(text)
    except orjson.JSONDecodeError:
        # Stricter than JSON: orjson refuses half a surrogate pair, which is bad text in good JSON.
        payload = _parse_slowly(text)
    if not isinstance(payload, dict):
        raise _invalid("payload", "expected an object")
    return payload


def project(route: routing.Route, payload: Mapping[str, Any], *, guid: UUID) -> str:
    """Return the execution's input as canonical JSON: the same delivery, the same text.

    Raises:
        Refused: 400, the body cannot be that event.
    """
    return json.dumps(_project(route, payload, guid=guid), sort_keys=True, separators=(",", ":"))


def _project(route: routing.Route, payload: Mapping[str, Any], *, guid: UUID) -> Mapping[str, Any]:
    try:
        return route.project(payload, delivery=guid)
    except InvalidPayload as exc:
        raise _invalid(exc.field, exc.problem) from exc


def _parse_slowly(text: bytes) -> Any:
    try:
        return json.loads(text.decode("utf-8"), parse_constant=_refuse_constant)
    except json.JSONDecodeError as exc:
        text_of_error = f"The body is not JSON: {exc}."  # names the place, not the content
        raise Refused(400, "invalid_json", text_of_error) from exc
    except UnicodeDecodeError as exc:
        raise Refused(400, "invalid_json", "The body is not UTF-8.") from exc
    except ValueError as exc:  # NaN, or a number of more than 4,300 digits
        raise Refused(400, "invalid_json", f"The body is not JSON: {exc}") from exc
    except RecursionError as exc:
        raise Refused(400, "invalid_json", "The body is nested too deeply.") from exc


def _refuse_constant(name: str) -> None:
    message = f"{name} is no JSON number."
    raise ValueError(message)


def _event(headers: Mapping[str, str]) -> str:
    event = _header(headers, EVENT_HEADER)
    if not _EVENT.fullmatch(event):
        raise _malformed(EVENT_HEADER, "expected letters, digits and underscores, at most 64")
    return event


def _guid(headers: Mapping[str, str]) -> UUID:
    guid = _header(headers, DELIVERY_HEADER)
    if not _GUID.fullmatch(guid):
        raise _malformed(DELIVERY_HEADER, "expected a UUID")
    return UUID(guid)


def _header(headers: Mapping[str, str], name: str) -> str:
    value = headers.get(name.lower(), "")
    if not value:
        raise Refused(400, "missing_header", f"The header {name} is missing.", {name: ["missing"]})
    return value


def _json_text(headers: Mapping[str, str], body: bytes) -> bytes:
    media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/x-www-form-urlencoded":
        return body
    try:
        fields = parse_qs(
            body.decode("utf-8"), keep_blank_values=True, strict_parsing=True, errors="strict"
        )
    except ValueError as exc:
        raise Refused(400, "invalid_form", "The body is not form-encoded UTF-8.") from exc
    if len(fields.get("payload", [])) != 1:
        raise _invalid("payload", "expected one form field of this name")
    return fields["payload"][0].encode("utf-8")


def _action(payload: Mapping[str, Any]) -> str:
    action = payload.get("action")
    if action is None:
        return ""
    if not isinstance(action, str):
        raise _invalid("action", "expected a text")
    return storable(action, 100)


def _text(payload: Mapping[str, Any], key: str, inner: str) -> str:
    # Lenient: what a route needs, its projection has checked, and the rest is only shown.
    found = payload.get(key)
    value = found.get(inner) if isinstance(found, dict) else None
    return storable(value) if isinstance(value, str) else ""


def _person(payload: Mapping[str, Any]) -> str:
    """Find the member that an event of an organisation or a team is about."""
    membership = payload.get("membership")
    return (
        _text(membership if isinstance(membership, dict) else {}, "user", "login")
        or _text(payload, "member", "login")
        or _text(payload, "invitation", "login")
        or _text(payload, "invitation", "email")
    )


def _reason(route: routing.Route | None, event: str, action: str | None) -> str:
    if route or routing.find_record(event, action):
        return ""
    return routing.ignored_reason(event, action)


def _installation_id(payload: Mapping[str, Any]) -> int | None:
    found = payload.get("installation")
    value = found.get("id") if isinstance(found, dict) else None
    if (
        isinstance(value, int)
        and not isinstance(value, bool)
        and 0 < value <= _MAX_INSTALLATION_ID
    ):
        return value
    return None


def storable(text: str, limit: int = 255) -> str:
    """Cut a text for the database, which takes neither NUL nor half a surrogate pair."""
    cut = text[:limit]
    if cut.isascii() and "\0" not in cut:  # nearly always, and a tenth of the time
        return cut
    return _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", cut)


def _malformed(name: str, problem: str) -> Refused:
    return Refused(400, "malformed_header", f"{name}: {problem}.", {name: [problem]})


def _invalid(field: str, problem: str) -> Refused:
    return Refused(400, "invalid_payload", f"{field}: {problem}", {field: [problem]})
