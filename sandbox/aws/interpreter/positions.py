"""Where a walk through a machine stands."""

from typing import Any

# Plain JSON, saved with the execution, so that a redrive and a restart go on from it. Its keys:
# state, input   the state at hand and what it was given
# entered        id of that state's StateEntered event; None until there is one
# last           id of the last event of this walk, which the next one follows
# variables      JSONata variables
# until          end of a Wait that began
# job            what a Task started and waits for; None while there is nothing
# started        id of the MapStateStarted or ParallelStateStarted event
# parts          positions of the iterations or branches, by index
# output         of the walk; present once it is over
Position = dict[str, Any]


def new(state: str | None, value: Any, *, last: int, variables: dict[str, Any]) -> Position:
    """The position before a machine's first state."""
    position = {"state": state, "input": value, "last": last, "variables": variables}
    _arrive(position)
    return position


def move(position: Position, state: str, value: Any) -> None:
    """Put a walk before its next state."""
    position.update(state=state, input=value)
    _arrive(position)


def restart_parts(position: Position) -> None:
    """Forget what the parts of a Map or Parallel did: it is tried anew."""
    position.update(started=None, parts={})


def _arrive(position: Position) -> None:
    position.update(entered=None, until=None, job=None)
    restart_parts(position)


def is_over(position: Position) -> bool:
    return "output" in position
