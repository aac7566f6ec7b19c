"""The iterations of a Map, as its steps tell of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from executions.enums import StepStatus
from executions.selectors.histories import steps

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime

    from django.db.models import QuerySet

    from executions.models import Execution, Step

# Worst first: what an operator looks for in a thousand of them.
URGENCY = (
    StepStatus.FAILED,
    StepStatus.TIMED_OUT,
    StepStatus.CAUGHT,
    StepStatus.ABORTED,
    StepStatus.RUNNING,
    StepStatus.SUCCEEDED,
)


@dataclass(slots=True)
class Iteration:
    """One iteration of a Map.

    Attributes:
        index: Its index in the Map's items.
        status: As a step's; `caught` where it went well in the end, after an error that was caught.
        state: The state that it reached last.
        step: Number of the step that tells most: the latest, or the one that failed.
        step_count: How many steps it has, those of Maps and Parallels inside included.
        error: The latest error in it.
        child_arn: The latest execution that it started.
    """

    index: int
    status: str
    state: str
    step: int
    step_count: int
    started_at: datetime
    ended_at: datetime | None
    error: str | None = None
    child_arn: str = ""


def maps(execution: Execution) -> list[Step]:
    """Return the Maps of an execution that stand in no other Map, in order of entry."""
    return list(steps(execution).filter(type="Map", iteration=None))


def inside(execution: Execution, fan: Step, *, index: int | None = None) -> QuerySet[Step]:
    """Return the steps inside a visit of a Map, or inside one of its iterations, in order of entry."""
    prefix = f"{fan.path}/" if index is None else f"{fan.path}/{index}/"
    found = steps(execution).filter(number__gt=fan.number, path__startswith=prefix)
    # A loop may visit the Map again.
    again = steps(execution).filter(number__gt=fan.number, path=fan.path)
    following = again.values_list("number", flat=True).first()
    return found if following is None else found.filter(number__lt=following)


def iterations(
    execution: Execution, fan: Step, *, last_states: Collection[str] | None
) -> list[Iteration]:
    """Return the iterations of a visit of a Map, by index.

    Args:
        execution: Whose.
        fan: The Map's step.
        last_states: Names of the states that end their scope; None where no definition tells them.
    """
    columns = (
        "number",
        "state",
        "path",
        "status",
        "entered_at",
        "ended_at",
        "error",
        "child_execution_arn",
    )
    rows = inside(execution, fan).values_list(*columns, named=True)
    found = list(_read(rows, prefix=f"{fan.path}/"))
    for one, was_caught in found:
        is_over = last_states is None or one.state in last_states
        one.status = _status(one, fan, is_over=is_over, was_caught=was_caught)
        if one.status == StepStatus.RUNNING:
            one.ended_at = None
    return sorted((one for one, _ in found), key=lambda one: one.index)


def _status(one: Iteration, fan: Step, *, is_over: bool, was_caught: bool) -> str:
    """Say how an iteration stands whose latest step stands as `one.status` says."""
    is_between = one.status == StepStatus.CAUGHT or not is_over
    if one.status not in (StepStatus.CAUGHT, StepStatus.SUCCEEDED):
        return one.status
    if is_between and fan.status != StepStatus.SUCCEEDED:
        # It had left a state and not entered the next.
        return StepStatus.RUNNING if fan.status == StepStatus.RUNNING else StepStatus.ABORTED
    return StepStatus.CAUGHT if was_caught else StepStatus.SUCCEEDED


def _read(rows: Iterable[Any], *, prefix: str) -> Iterable[tuple[Iteration, bool]]:
    found: dict[int, Iteration] = {}
    caught: set[int] = set()
    for row in rows:
        number, _, rest = row.path[len(prefix) :].partition("/")
        if not number.isdecimal():
            continue  # a state whose name begins like the Map's path
        index = int(number)
        one = found.get(index)
        if one is None:
            one = found[index] = Iteration(
                index, row.status, row.state, row.number, 0, row.entered_at, row.ended_at
            )
        one.step_count += 1
        is_direct = rest == row.state
        if is_direct:
            one.status, one.state, one.ended_at = row.status, row.state, row.ended_at
        if row.status == StepStatus.CAUGHT:
            caught.add(index)
        if row.error is not None:
            one.error, one.step = row.error, row.number
        elif one.error is None and is_direct:
            one.step = row.number
        if row.child_execution_arn:
            one.child_arn = row.child_execution_arn
    return [(one, index in caught) for index, one in found.items()]
