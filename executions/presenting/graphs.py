"""The state graph of an execution, coloured and linked."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from executions import selectors
from executions.graph.drawing import Sheet, TooLarge
from executions.graph.outcome import outcome
from executions.graph.scopes import states_of
from executions.presenting.steps import STEPS_SHOWN

if TYPE_CHECKING:
    from typing import Any

    from executions.models import Execution


@dataclass(frozen=True, slots=True)
class StateGraph:
    """The drawing of an execution; `svg` is empty where the definition is too large for one."""

    svg: SafeString
    reached: int
    total: int


def state_graph(execution: Execution, *, page_url: str) -> StateGraph | None:
    """Draw what an execution ran and how far it came; None while there is no definition to draw."""
    try:
        sheet = _sheet_of(execution)
    except TooLarge:
        return StateGraph(SafeString(), 0, 0)
    if sheet is None:
        return None
    visits = list(selectors.visits(execution))
    statuses, taken = outcome(sheet.scope, visits, _Links(execution, page_url, visits))
    svg = sheet.draw(statuses, taken, name=execution.state_machine)
    return StateGraph(
        mark_safe(svg),  # noqa: S308 -- executions.graph escapes what it is given
        reached=len(statuses),
        total=len(sheet.graph.nodes),
    )


def last_states(execution: Execution) -> frozenset[str] | None:
    """Return the names of the states that end their scope; None where no definition tells them."""
    try:
        sheet = _sheet_of(execution)
    except TooLarge:
        return None
    if sheet is None:
        return None
    return frozenset(state.name for state in states_of(sheet.scope) if state.is_last)


def _sheet_of(execution: Execution) -> Sheet | None:
    if execution.definition is None:
        return None
    try:
        return _sheet(execution.definition.body)
    except ValueError:
        return None  # nothing that AWS would run, and no reason to keep the steps from anybody


# A few KB to a few hundred each; an organisation has a handful of machines.
@lru_cache(maxsize=32)
def _sheet(body: str) -> Sheet:
    return Sheet(json.loads(body))


class _Links:
    """Where a visit is told of: on the page of steps where it stands, or on a page of its own."""

    def __init__(self, execution: Execution, page_url: str, visits: list[Any]) -> None:
        self._execution, self._page_url = execution, page_url
        self._numbers = [visit.number for visit in visits if visit.iteration is None]
        self._places = {number: place for place, number in enumerate(self._numbers)}

    def __call__(self, visit: Any) -> str:
        place = self._places.get(visit.number)
        if place is None:
            return reverse("executions:step", args=[self._execution.public_id, visit.number])
        first = place // STEPS_SHOWN * STEPS_SHOWN
        page = f"{self._page_url}?after={self._numbers[first - 1]}" if first else self._page_url
        return f"{page}#step-{visit.number}"
