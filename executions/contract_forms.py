"""Forms made of contracts: a TypedDict of ghkit.contracts becomes fields, and fields an input.

A nested TypedDict becomes a group, a Literal a choice, a list or a free object a box for JSON. The
machine's own reader has the last word on what was written.
"""

from __future__ import annotations

import json
import types
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints, is_typeddict

from django import forms

_SEPARATOR = "."
_NONE = type(None)


class JsonField(forms.CharField):
    """JSON of any shape."""

    def to_python(self, value: Any) -> Any:
        """Decode what was written.

        Raises:
            ValidationError: It is not JSON.
        """
        text = super().to_python(value)
        if not text:
            return None
        try:
            return json.loads(text)
        except (ValueError, RecursionError) as exc:
            message = f"This is not JSON: {exc}"
            raise forms.ValidationError(message) from exc


class ContractForm(forms.Form):
    """The fields of one contract; `groups` has them in order, as a page draws them."""

    def __init__(self, contract: type, data: Any = None, initial: Any = None) -> None:
        super().__init__(data, initial=initial)
        self.groups_of_names: list[tuple[str, list[str]]] = []
        # Fields of which an empty one means null; an empty text of the others is a text.
        self._optional: set[str] = set()
        self._add(contract, prefix="")

    def _add(self, contract: type, *, prefix: str) -> None:
        names: list[str] = []
        self.groups_of_names.append((prefix.rstrip(_SEPARATOR).replace("_", " "), names))
        for name, hint in get_type_hints(contract).items():
            kind, is_optional = _without_none(hint)
            if is_typeddict(kind) and not is_optional:
                self._add(kind, prefix=f"{prefix}{name}{_SEPARATOR}")
            else:
                names.append(f"{prefix}{name}")
                if is_optional:
                    self._optional.add(f"{prefix}{name}")
                self.fields[f"{prefix}{name}"] = _field(name, kind, is_optional=is_optional)

    @property
    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        """Name and fields of each group; the outermost has no name."""
        return [
            (group, [self[name] for name in names])
            for group, names in self.groups_of_names
            if names
        ]

    def input_json(self) -> str:
        """Return what was written as the machine's input; call it once the form is valid."""
        whole: dict[str, Any] = {}
        for name, value in self.cleaned_data.items():
            *outer, last = name.split(_SEPARATOR)
            place = whole
            for part in outer:
                place = place.setdefault(part, {})
            place[last] = None if value == "" and name in self._optional else value
        return json.dumps(whole)


def _field(name: str, kind: Any, *, is_optional: bool) -> forms.Field:
    label = name.replace("_", " ").capitalize()
    field: forms.Field
    if get_origin(kind) is Literal:
        choices = [(choice, choice) for choice in get_args(kind)]
        if is_optional:
            choices = [("", "none"), *choices]
        field = forms.ChoiceField(choices=choices, label=label, required=not is_optional)
    elif kind is bool:
        # A box that is not ticked sends nothing: two words are clearer, and one of them must be chosen.
        choices = [("false", "no"), ("true", "yes")]
        field = forms.TypedChoiceField(
            choices=choices, coerce=lambda text: text == "true", label=label, empty_value=""
        )
    elif kind is int:
        field = forms.IntegerField(label=label, required=not is_optional)
    elif kind is str:
        # A text may be empty; whether it may, the machine's reader knows.
        field = forms.CharField(label=label, required=False, strip=False)
    else:
        field = JsonField(
            label=f"{label} (JSON)",
            required=False,
            widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
        )
    return field


def _without_none(hint: Any) -> tuple[Any, bool]:
    """Return the type without None, and whether None was allowed."""
    if get_origin(hint) not in (Union, types.UnionType):
        return hint, False
    kinds = [kind for kind in get_args(hint) if kind is not _NONE]
    return (kinds[0] if len(kinds) == 1 else object), len(kinds) < len(get_args(hint))
