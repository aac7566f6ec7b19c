"""Single values of a webhook's body or of an execution's input: checked, or cut to be shown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from ghkit.errors import InvalidPayload
from ghkit.timestamps import parse_timestamp, timestamp_text

TEXT_MAX_CHARS: Final = 255
"""Cut of a text that is only shown."""

INPUT_MAX_BYTES: Final = 32 * 1024
"""Bound of a projection as JSON: eight texts of 255 characters of up to twelve bytes each."""

ID_MAX: Final = 2**53 - 1
"""Largest number that every JSON reader on the way, Step Functions included, keeps exact."""

# Letters, digits, hyphens; an underscore before an enterprise's suffix; teams may have dots.
_NAME: Final = re.compile(r"(?!\.{1,2}\Z)[A-Za-z0-9._-]{1,100}", re.ASCII)


def installation_id_of(root: Mapping[str, Any]) -> int | None:
    """Read which installation of the App an event came through; organisation hooks name none."""
    installation = optional_object(root.get("installation"), "installation")
    return id_of(installation, "id", "installation") if installation else None


def login_of(raw: object, field: str) -> str | None:
    """Read the login of an account that is only shown."""
    return shown(optional_object(raw, field).get("login")) or None


def object_of(value: object, field: str) -> Mapping[str, Any]:
    """Pass on what must be an object."""
    if not isinstance(value, Mapping):
        raise InvalidPayload(field, expected("an object", value))
    return value


def optional_object(value: object, field: str) -> Mapping[str, Any]:
    """Pass on what may be missing, as an empty object."""
    return {} if value is None else object_of(value, field)


def id_of(raw: Mapping[str, Any], key: str, parent: str) -> int:
    """Read a numeric id."""
    value = raw.get(key)
    # JSON's true is no number, though Python counts it as one.
    if not isinstance(value, int) or isinstance(value, bool):
        raise InvalidPayload(f"{parent}.{key}", expected("a whole number", value))
    if not 1 <= value <= ID_MAX:
        raise InvalidPayload(f"{parent}.{key}", f"expected a number from 1 to {ID_MAX}")
    return value


def optional_id(raw: Mapping[str, Any], key: str, parent: str) -> int | None:
    """Read a numeric id that may be missing."""
    return None if raw.get(key) is None else id_of(raw, key, parent)


def name_of(raw: Mapping[str, Any], key: str, parent: str) -> str:
    """Read a login or a slug that becomes part of a URL."""
    value = text_of(raw, key, parent)
    if not _NAME.fullmatch(value):
        raise InvalidPayload(f"{parent}.{key}", "expected one of GitHub's names")
    return value


def text_of(raw: Mapping[str, Any], key: str, parent: str) -> str:
    """Read a text that must be there."""
    value = raw.get(key)
    if not isinstance(value, str):
        raise InvalidPayload(f"{parent}.{key}", expected("a text", value))
    return value


def timestamp_of(
    raw: Mapping[str, Any], key: str, parent: str, *, default: str | None = None
) -> str:
    """Read a timestamp and write it as all are here."""
    if raw.get(key) is None and default is not None:
        return default
    return timestamp_text(parse_timestamp(raw.get(key), field=f"{parent}.{key}"))


def shown(value: object) -> str:
    """Clip a text that is only shown; whatever is no text is as good as none.

    Lone surrogates (JSON may spell them) and NUL cannot be stored by what reads this later.
    """
    if not isinstance(value, str):
        return ""
    clipped = value[:TEXT_MAX_CHARS]
    if clipped.isascii() and "\0" not in clipped:  # nearly always, and a fifth of the time
        return clipped
    clipped = clipped.replace("\0", "\N{REPLACEMENT CHARACTER}")
    return clipped.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def expected(what: str, value: object) -> str:
    """Say what was expected and what was found, never the value itself."""
    names = {
        dict: "an object",
        list: "a list",
        str: "a text",
        bool: "true or false",
        type(None): "nothing",
    }
    found = "a number" if type(value) in (int, float) else names.get(type(value), "something else")
    return f"expected {what}, got {found}"
