"""The company directory: who somebody at GitHub is in the company.

An HTTP JSON directory is asked by URL template, bearer token and field mapping; a record from
elsewhere (the table that a CSV upload fills) is read by the same rules.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final, TypedDict
from urllib.parse import quote

import requests

from ghkit.errors import (
    DirectoryAnswerUnreadable,
    DirectoryRejected,
    DirectoryUnavailable,
    PersonUnknown,
)

FIELDS: Final = ("email", "employee_id", "name", "department", "title", "manager")
"""What is read of a record; everything else is kept as it is."""

TIMEOUT_S: Final = 10

ANSWER_MAX_BYTES: Final = 64 * 1024
"""A state machine carries the record beside all else in 256 KiB."""

TEXT_MAX_CHARS: Final = 1_000
"""Of one field; far beyond any name or title."""

_PLACEHOLDER: Final = re.compile(r"\{([^{}]*)\}")
_KNOWN_PLACEHOLDERS: Final = frozenset({"login", "github_id"})


class CompanyRecord(TypedDict):
    """One person; a text that the directory lacks is empty.

    Attributes:
        other: The fields of which nothing is known here, as the directory gave them.
    """

    email: str
    employee_id: str
    name: str
    department: str
    title: str
    manager: str
    other: dict[str, Any]


class Directory:
    """An HTTP JSON directory."""

    def __init__(
        self, url_template: str, token: str = "", fields: Mapping[str, str] | None = None
    ) -> None:
        """Prepare; nothing is sent.

        Args:
            url_template: With `{login}` or `{github_id}` where they belong.
            token: Sent as `Authorization: Bearer`; empty sends none.
            fields: Ours to theirs, a dotted path where theirs is nested. Those left out have the
                same name there.

        Raises:
            DirectoryRejected: The template or the mapping cannot be used.
        """
        self._template = url_template
        self._token = token
        self._fields = read_fields(fields or {})
        placeholders = set(_PLACEHOLDER.findall(url_template))
        if not url_template.startswith(("http://", "https://")) or not placeholders:
            message = "the directory's URL is no http(s) URL with {login} or {github_id} in it"
            raise DirectoryRejected(message)
        if unknown := sorted(placeholders - _KNOWN_PLACEHOLDERS):
            message = (
                f"the directory's URL has {{{unknown[0]}}}; {{login}} and {{github_id}} exist"
            )
            raise DirectoryRejected(message)

    def find(self, *, login: str, github_id: int | str) -> CompanyRecord:
        """Ask for one person.

        Raises:
            PersonUnknown: It has no such person.
            DirectoryUnavailable: No answer, 5xx or 429.
            DirectoryRejected: Any other refusal, a redirect included.
            DirectoryAnswerUnreadable: No record.
        """
        values = {"login": login, "github_id": str(github_id)}
        url = _PLACEHOLDER.sub(lambda match: quote(values[match[1]], safe=""), self._template)
        headers = {"Accept": "application/json", "User-Agent": "ghadmin"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        try:
            # A redirect could lead the token elsewhere.
            with requests.get(
                url, headers=headers, timeout=TIMEOUT_S, allow_redirects=False, stream=True
            ) as answer:
                _raise_for_status(answer.status_code, login)
                body = _read_body(answer)
        except requests.RequestException as exc:
            message = f"the directory did not answer: {type(exc).__name__}"
            raise DirectoryUnavailable(message) from exc
        try:
            data = json.loads(body)
        except ValueError as exc:
            message = "the directory's answer is not JSON"
            raise DirectoryAnswerUnreadable(message) from exc
        return read_record(data, self._fields)


def read_fields(fields: Mapping[str, str]) -> dict[str, str]:
    """Complete a mapping of our fields to theirs.

    Raises:
        DirectoryRejected: It names a field that does not exist, or an empty path.
    """
    for ours, theirs in fields.items():
        if ours not in FIELDS:
            message = f"the directory's mapping names {ours}; {', '.join(FIELDS)} exist"
            raise DirectoryRejected(message)
        if not all(str(theirs).split(".")):
            message = f"the directory's mapping of {ours} is no dotted path"
            raise DirectoryRejected(message)
    return {ours: fields.get(ours, ours) for ours in FIELDS}


def parse_fields(text: str) -> dict[str, str]:
    """Read a mapping from its JSON text; empty is every field under its own name.

    Raises:
        DirectoryRejected: It is no such text.
    """
    try:
        fields = json.loads(text or "{}")
    except ValueError as exc:
        message = "the directory's mapping is not JSON"
        raise DirectoryRejected(message) from exc
    if not isinstance(fields, dict):
        message = "the directory's mapping is no JSON object"
        raise DirectoryRejected(message)
    return read_fields(fields)


def read_record(data: object, fields: Mapping[str, str] | None = None) -> CompanyRecord:
    """Read a person from a directory's object.

    Args:
        data: As decoded from JSON.
        fields: Ours to theirs, all of them; None for a record under our own names.

    Raises:
        DirectoryAnswerUnreadable: It is no object, or one of the fields is no single value.
    """
    if not isinstance(data, Mapping):
        message = "the directory's answer is no object"
        raise DirectoryAnswerUnreadable(message)
    mapping = fields or {name: name for name in FIELDS}
    texts = {name: _text(_at(data, path), path) for name, path in mapping.items()}
    read = set(mapping.values())
    return {
        "email": texts["email"],
        "employee_id": texts["employee_id"],
        "name": texts["name"],
        "department": texts["department"],
        "title": texts["title"],
        "manager": texts["manager"],
        "other": {str(key): value for key, value in data.items() if key not in read},
    }


def parse_record(text: str) -> CompanyRecord:
    """Read a person from the JSON text that the table keeps, under our own names.

    Raises:
        DirectoryAnswerUnreadable: It is no such text.
    """
    try:
        data = json.loads(text)
    except ValueError as exc:
        message = "the directory's record is not JSON"
        raise DirectoryAnswerUnreadable(message) from exc
    return read_record(data)


def record_text(record: CompanyRecord) -> str:
    """Write the whole record as one JSON text, unknown fields beside the known ones."""
    known = {name: record[name] for name in FIELDS}
    return json.dumps(record["other"] | known, ensure_ascii=False)


def _raise_for_status(status: int, login: str) -> None:
    if status == HTTPStatus.OK:
        return
    if status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
        message = f"the company directory does not know {login}"
        raise PersonUnknown(message)
    message = f"the directory answered {status}"
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS:
        raise DirectoryUnavailable(message)
    raise DirectoryRejected(message)


def _read_body(answer: requests.Response) -> bytes:
    """Read no more than is allowed, however much there is and however small it was packed."""
    body = b""
    for part in answer.iter_content(ANSWER_MAX_BYTES):
        body += part
        if len(body) > ANSWER_MAX_BYTES:
            message = f"the directory's answer is longer than {ANSWER_MAX_BYTES} bytes"
            raise DirectoryAnswerUnreadable(message)
    return body


def _at(data: Mapping[str, Any], path: str) -> object:
    """Follow a dotted path; a key that has dots itself is found too."""
    if path in data:
        return data[path]
    value: object = data
    for key in path.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(key)
    return value


def _text(value: object, path: str) -> str:
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        message = f"the directory's {path} is no single value"
        raise DirectoryAnswerUnreadable(message)
    text = " ".join(str(value).split())[:TEXT_MAX_CHARS]
    # JSON may spell lone surrogates, which nothing that reads this later can store.
    return text.replace("\0", "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
