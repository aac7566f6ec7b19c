"""Which of a route's events are let through: globs over repositories, branches, workflows and so on.

Written as in GitHub's own workflow files: `*` is any text without a slash, `**` any text, `?` one
character. Where there are patterns to include, one must match; where one to exclude matches, that
decides.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "workflow_run": ("repositories", "branches", "workflows"),
    "organization": ("organizations",),
    "membership": ("organizations", "teams"),
}
"""What the events of each kind can be filtered by."""

PATTERNS_MAX: Final = 100
PATTERN_MAX_CHARS: Final = 255
# More wildcards than anybody writes, and few enough that no text takes long.
WILDCARDS_MAX: Final = 8

_CASELESS: Final = frozenset({"repositories", "organizations", "teams"})
_TOKEN: Final = re.compile(r"\*\*|\*|\?")
_COMPARED_MAX_CHARS: Final = 1_000
_UNPRINTABLE: Final = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Patterns:
    """What lets one field of an event through."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()


Filter = dict[str, Patterns]
"""The patterns by field; a field without any lets everything through."""


class BadPattern(ValueError):
    """A pattern that cannot be meant; the text says which and why."""


def check_patterns(patterns: Sequence[str]) -> None:
    """Make sure of patterns that somebody wrote.

    Raises:
        BadPattern: Too many, too long, or with characters that no name has.
    """
    if len(patterns) > PATTERNS_MAX:
        message = f"There are {len(patterns)} patterns; {PATTERNS_MAX} are the most."
        raise BadPattern(message)
    for pattern in patterns:
        shown = repr(pattern[:60])
        if len(pattern) > PATTERN_MAX_CHARS:
            message = f"{shown}… is longer than {PATTERN_MAX_CHARS} characters."
            raise BadPattern(message)
        if _UNPRINTABLE.search(pattern):
            message = f"{shown} has a character that no name has."
            raise BadPattern(message)
        if len(_TOKEN.findall(pattern)) > WILDCARDS_MAX:
            message = f"{shown} has more than {WILDCARDS_MAX} wildcards."
            raise BadPattern(message)


def objection(filters: Filter, event: str, payload: Mapping[str, Any]) -> str:
    """Say why a filter keeps an event from starting anything; empty where it lets it through."""
    for field in FIELDS.get(event, ()):
        patterns = filters.get(field)
        if not patterns:
            continue
        names = _names(field, payload)
        shown = repr(names[0][:100]) if names else "none"
        kept_out = _first_match(field, patterns.exclude, names)
        if kept_out is not None:
            return f"the filter leaves out {field} like {kept_out!r}: this one is {shown}"
        if patterns.include and _first_match(field, patterns.include, names) is None:
            return f"the filter lets in chosen {field} alone: this one is {shown}"
    return ""


def matches(field: str, pattern: str, name: str) -> bool:
    """Tell whether a pattern means this name."""
    return bool(_compiled(field, pattern).fullmatch(name[:_COMPARED_MAX_CHARS]))


def _first_match(field: str, patterns: Sequence[str], names: Sequence[str]) -> str | None:
    for pattern in patterns:
        if any(matches(field, pattern, name) for name in names):
            return pattern
    return None


@lru_cache(maxsize=2_000)
def _compiled(field: str, pattern: str) -> re.Pattern[str]:
    parts, end = [], 0
    wild = {"**": ".*", "*": "[^/]*", "?": "[^/]"}
    for token in _TOKEN.finditer(pattern):
        parts += [re.escape(pattern[end : token.start()]), wild[token[0]]]
        end = token.end()
    parts.append(re.escape(pattern[end:]))
    flags = re.DOTALL | (re.IGNORECASE if field in _CASELESS else 0)
    return re.compile("".join(parts), flags)


def _names(field: str, payload: Mapping[str, Any]) -> list[str]:
    """List the names that a pattern of this field may match, the fullest first."""
    run = _object(payload, "workflow_run")
    if field == "repositories":
        full_name = _text(_object(payload, "repository"), "full_name")
        found = [full_name, full_name.rpartition("/")[2]]
    elif field == "branches":
        found = [_text(run, "head_branch")]
    elif field == "workflows":
        path = _text(run, "path").partition("@")[0]
        found = [_text(run, "name"), path, path.rpartition("/")[2]]
    elif field == "organizations":
        found = [_text(_object(payload, "organization"), "login")]
    else:
        team = _object(payload, "team")
        found = [_text(team, "slug"), _text(team, "name")]
    return [name for name in found if name]


def _object(holder: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = holder.get(key)
    return found if isinstance(found, dict) else {}


def _text(holder: Mapping[str, Any], key: str) -> str:
    found = holder.get(key)
    return found if isinstance(found, str) else ""
