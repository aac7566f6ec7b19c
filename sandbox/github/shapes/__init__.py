"""GitHub's shapes: what was given, completed to what GitHub's schema requires."""

from collections.abc import Mapping
from typing import Any

HTML = "https://github.com"
"""Pages are GitHub's own: the sandbox has an API and no website."""


def completed(given: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """The given fields unchanged, and the defaults for those that were not given.

    An object inside is completed too; a given null stays null, a given list is never touched.
    """
    answer = {**defaults, **given}
    for name, value in defaults.items():
        inner = given.get(name)
        if isinstance(value, Mapping) and isinstance(inner, Mapping):
            answer[name] = completed(inner, value)
    return answer
