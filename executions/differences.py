"""What a state made of its input: the difference of two JSON texts, path by path. Pure.

A library was looked for: deepdiff and jsondiff compare Python objects (1 equals true and 1.0 there)
and bring more than this needs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Final, Literal

import orjson

if TYPE_CHECKING:
    from collections.abc import Iterator

Kind = Literal["added", "removed", "changed"]
Part = str | int

_PLAIN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NOTHING: Final = object()


@dataclass(frozen=True, slots=True)
class Change:
    """One place where two JSON values differ.

    Attributes:
        parts: The keys and indexes that lead there; an index counts in the older value, except where
            something was added.
        before: The older value there; None where it was added.
        after: The newer value there; None where it was removed.
    """

    kind: Kind
    parts: tuple[Part, ...]
    before: Any
    after: Any

    @property
    def path(self) -> str:
        """The place as a JSONPath: `$.jobs[0].name`."""
        return "$" + "".join(map(_part, self.parts))


class NotComparable(ValueError):
    """One of the texts is no JSON, or nested deeper than anybody could read."""


def differences(before: str, after: str) -> list[Change]:
    """List what was added, removed and changed from one JSON text to another, in order of place.

    Objects are compared by key. Arrays are compared by place, once the elements that they share at
    their beginnings and at their ends are set aside. Two values are equal when they are written
    equally: 1, 1.0 and true are three.

    Raises:
        NotComparable: There is nothing to compare.
    """
    try:
        return list(_changes((), orjson.loads(before), orjson.loads(after)))
    except (orjson.JSONDecodeError, RecursionError, orjson.JSONEncodeError) as exc:
        raise NotComparable from exc


def _changes(parts: tuple[Part, ...], before: Any, after: Any) -> Iterator[Change]:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in (*before, *(key for key in after if key not in before)):
            yield from _at((*parts, key), before.get(key, _NOTHING), after.get(key, _NOTHING))
    elif isinstance(before, list) and isinstance(after, list):
        yield from _elements(parts, before, after)
    elif _written(before) != _written(after):
        yield Change("changed", parts, before, after)


def _at(parts: tuple[Part, ...], before: Any, after: Any) -> Iterator[Change]:
    if before is _NOTHING:
        yield Change("added", parts, None, after)
    elif after is _NOTHING:
        yield Change("removed", parts, before, None)
    else:
        yield from _changes(parts, before, after)


def _elements(parts: tuple[Part, ...], before: list[Any], after: list[Any]) -> Iterator[Change]:
    old, new = list(map(_written, before)), list(map(_written, after))
    begin = _shared(old, new)
    end = _shared(old[begin:][::-1], new[begin:][::-1])
    olds, news = before[begin : len(old) - end], after[begin : len(new) - end]
    for place, (one, other) in enumerate(zip_longest(olds, news, fillvalue=_NOTHING), start=begin):
        yield from _at((*parts, place), one, other)


def _shared(one: list[bytes], other: list[bytes]) -> int:
    count = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        count += 1
    return count


def _written(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def _part(part: Part) -> str:
    if isinstance(part, int):
        return f"[{part}]"
    return f".{part}" if _PLAIN.fullmatch(part) else f"[{orjson.dumps(part).decode()}]"
