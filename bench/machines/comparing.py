"""Holds the steps of a folded history against what running the machine must have led to."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from bench.machines.building import Built, Machine, inner_machines
from bench.machines.performing import Expected, Performance, ScopeKey
from ghkit.history import FoldedHistory, Step


def differences(built: Built, performance: Performance, history: FoldedHistory) -> list[str]:
    """Say in what a history differs from what was run; nothing when it does not."""
    status = "SUCCEEDED" if performance.error is None else "FAILED"
    said = (history.status, history.error, history.redrive_count)
    found = []
    if said != (status, performance.error, performance.redrives):
        found.append(f"{said} for {(status, performance.error, performance.redrives)}")
    if history.unknown_event_types:
        found.append(f"unknown events: {history.unknown_event_types}")
    entered = [step.entered_event_id for step in history.steps]
    if entered != sorted(entered):
        found.append("steps are not in the order in which they were entered")
    walks = _walks(built, history.steps)
    for key in performance.visits.keys() | walks.keys():
        expected, steps = performance.visits.get(key, []), walks.get(key, [])
        if not _fits(expected, steps):
            found.append(f"{key}:\n" + "\n".join(_side_by_side(expected, steps)))
    return found


def _walks(built: Built, steps: Sequence[Step]) -> dict[ScopeKey, list[Step]]:
    """The steps of each walk, in order; a Parallel's branches have no number of their own."""
    kinds: dict[str, str] = {}
    starts: dict[str, str] = {}
    _describe(built.machine, kinds, starts)
    walks: dict[ScopeKey, list[Step]] = defaultdict(list)
    for step in steps:
        *around, _own = step.path.split("/")
        pairs = zip(around[::2], around[1::2], strict=True)
        iterations = tuple((name, int(number)) for name, number in pairs if kinds[name] == "Map")
        walks[iterations, starts[step.state]].append(step)
    return walks


def _describe(machine: Machine, kinds: dict[str, str], starts: dict[str, str]) -> None:
    for name, state in machine["States"].items():
        kinds[name], starts[name] = state["Type"], machine["StartAt"]
        for inner in inner_machines(state):
            _describe(inner, kinds, starts)


def _fits(expected: list[Expected], steps: list[Step]) -> bool:
    """Whether steps are the expected ones, of which some parts may have been cut short."""
    if not expected:
        return not steps
    head, rest = expected[0], expected[1:]
    if steps and _is(head, steps[0]) and _fits(rest, steps[1:]):
        return True
    if not head.part:
        return False
    beyond = [visit for visit in expected if visit.part != head.part]
    if _fits(beyond, steps):
        return True
    aborted = bool(steps) and (steps[0].state, steps[0].status) == (head.state, "aborted")
    return aborted and _fits(beyond, steps[1:])


def _is(visit: Expected, step: Step) -> bool:
    fields = ("state", "type", "iteration", "status", "error")
    same = all(getattr(visit, name) == getattr(step, name) for name in fields)
    if visit.shaken and visit.type in ("Task", "Map", "Parallel"):
        return same and step.attempt >= visit.attempt
    return same and step.attempt == visit.attempt


def _side_by_side(expected: list[Expected], steps: list[Step]) -> Iterator[str]:
    for visit in expected:
        yield f"  run:  {visit}"
    for step in steps:
        yield (
            f"  told: {step.state} {step.status} iteration={step.iteration} "
            f"attempt={step.attempt} error={step.error}"
        )
