"""Reading what the control API is asked for, so that a wrong order says what is wrong with it."""

from collections.abc import Mapping
from typing import Any

type_names: Mapping[type, str] = {
    bool: "true or false",
    dict: "an object",
    float: "a number",
    int: "a whole number",
    list: "a list",
    str: "a string",
    type(None): "null",
}


class BadOrder(Exception):
    """The order cannot be carried out as given; the message names the field."""


def kind_of(value: object) -> str:
    """What a JSON value is, in words: `a string`, `null`."""
    return type_names.get(type(value), "something else")


def _checked(value: object, field: str, kind: type) -> Any:
    # JSON's true is Python's 1, but nobody means it as a number.
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise BadOrder(f"{field}: expected {type_names[kind]}, got {kind_of(value)}")
    return value


def an_object(value: object, field: str) -> dict[str, Any]:
    """The value, if it is a JSON object."""
    checked: dict[str, Any] = _checked(value, field, dict)
    return checked


def a_list(value: object, field: str) -> list[Any]:
    """The value, if it is a JSON list."""
    checked: list[Any] = _checked(value, field, list)
    return checked


def a_string(value: object, field: str) -> str:
    """The value, if it is a string with something in it."""
    checked: str = _checked(value, field, str)
    if not checked:
        raise BadOrder(f"{field}: expected a string, got an empty one")
    return checked


def a_whole_number(value: object, field: str, *, at_least: int = 0) -> int:
    """The value, if it is a whole number and not below the bound."""
    checked: int = _checked(value, field, int)
    if checked < at_least:
        raise BadOrder(f"{field}: expected {at_least} or more, got {checked}")
    return checked


def a_number(value: object, field: str, *, at_least: float, at_most: float) -> float:
    """The value, if it is a number between the bounds, both included."""
    number = float(value) if type(value) is int else _checked(value, field, float)
    if not at_least <= number <= at_most:
        raise BadOrder(f"{field}: expected {at_least:g} to {at_most:g}, got {number:g}")
    return float(number)


def a_flag(value: object, field: str) -> bool:
    """The value, if it is true or false."""
    checked: bool = _checked(value, field, bool)
    return checked


def only_known(order: Mapping[str, Any], known: tuple[str, ...]) -> None:
    """Refuse an order with a field that nobody would read: it is most likely misspelt."""
    for field in order:
        if field not in known:
            raise BadOrder(f"{field}: unknown; expected {', '.join(known)}")
