"""What the editor of team rules sends: every row, and the button that was pressed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from onboarding.rule_drafts import ROWS_MAX, Draft, DraftRow

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.http import QueryDict

FIELD_MAX_CHARS: Final = 300
TEAMS_MAX: Final = 100
_PRESSED: Final = re.compile(r"(up|down|remove|accept):([0-9]{1,15})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Edit:
    """A draft as it came, and what to do with it.

    Attributes:
        do: `save`, `add`, `up`, `down`, `remove`, `publish`, `discard` or `accept`.
        number: The row that is meant, from 1, or the version to accept.
        based_on: The version that the page showed.
    """

    draft: Draft
    do: str
    number: int
    based_on: int
    note: str

    def applied(self) -> Draft:
        """Return the draft after the button's effect on its rows."""
        if self.do == "add":
            return self.draft.with_row_added()
        if self.do == "remove":
            return self.draft.without_row(self.number - 1)
        if self.do in {"up", "down"}:
            return self.draft.with_row_moved(self.number - 1, -1 if self.do == "up" else 1)
        return self.draft

    @property
    def anchor(self) -> str:
        """Where on the page to go on."""
        if self.do == "add":
            return f"rule-{len(self.draft.rows) + 1}"
        if self.do in {"up", "down"}:
            return f"rule-{max(1, self.number + (-1 if self.do == 'up' else 1))}"
        return "rules"


def read_edit(data: QueryDict) -> Edit:
    """Read the form; what makes no sense is left out rather than answered with an error."""
    count = min(_number(data.get("rows")), ROWS_MAX)
    rows = tuple(
        DraftRow(
            department=_text(data.get(f"rule-{n}-department")),
            title=_text(data.get(f"rule-{n}-title")),
            email_domain=_text(data.get(f"rule-{n}-email_domain")),
            teams=_teams(data.getlist(f"rule-{n}-teams"), data.get(f"rule-{n}-more")),
        )
        for n in range(1, count + 1)
    )
    default = _teams(data.getlist("default-teams"), data.get("default-more"))
    pressed = data.get("do", "save")
    match = _PRESSED.fullmatch(pressed)
    return Edit(
        draft=Draft(default, rows),
        do=match[1] if match else pressed,
        number=int(match[2]) if match else 0,
        based_on=_number(data.get("based_on")),
        note=data.get("note", ""),
    )


def _teams(chosen: Iterable[str], more: str | None) -> tuple[str, ...]:
    """Join the teams that stay ticked and those that were typed: "@acme/web, On Call"."""
    typed = re.split(r"[,;\n]", (more or "")[: FIELD_MAX_CHARS * 4])
    slugs = [slug for text in (*chosen, *typed) if (slug := _slug(text))]
    return tuple(dict.fromkeys(slugs))[:TEAMS_MAX]


def _slug(text: str) -> str:
    name = text.strip().removeprefix("@").rpartition("/")[2]
    return "-".join(name.lower().split())[:FIELD_MAX_CHARS]


def _text(value: str | None) -> str:
    return " ".join((value or "").split())[:FIELD_MAX_CHARS]


def _number(text: str | None) -> int:
    return int(text) if text and re.fullmatch(r"[0-9]{1,15}", text, re.ASCII) else 0
