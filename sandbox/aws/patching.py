"""Reaching into the pinned ministack."""

from types import ModuleType
from typing import Any


def replace(owner: ModuleType | type, name: str, replacement: Any) -> Any:
    """Put `replacement` in place of what ministack has under `name`, and return the original.

    Raises:
        AttributeError: This is not the ministack that the parity modules were written for.
    """
    original = getattr(owner, name)
    setattr(owner, name, replacement)
    return original
