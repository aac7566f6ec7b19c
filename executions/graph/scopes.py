"""Read an ASL definition (JSONPath or JSONata) into scopes of states and edges.

Lenient: the definition comes from AWS, which has checked it, but a drawing must not fail for what is
younger than this code. Edges to states that are not there are left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from executions.graph import wording

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Path = tuple[str, ...]
"""Names of the states around a state from the outside in, and its own."""


class Kind(StrEnum):
    """What an edge means."""

    NORMAL = "normal"
    CATCH = "catch"


@dataclass(frozen=True, slots=True)
class State:
    """A state of the definition.

    Attributes:
        path: Its place in the definition.
        type: ASL's type.
        service: AWS's code of the service that a Task calls; empty otherwise.
        note: A few words on what it does: `DynamoDB getItem`, `until $.retry_at`.
        comment: The definition's own words about it.
        retries: What it is tried again for.
        scopes: The processor of a Map, the branches of a Parallel.
        is_reachable: Whether any way leads there from the start.
        may_repeat: Whether one visit may show more than one try, or one execution more visits.
        is_last: Whether its scope is over when it has succeeded.
    """

    path: Path
    type: str
    service: str
    note: str
    comment: str
    retries: tuple[str, ...]
    scopes: tuple[Scope, ...]
    is_reachable: bool
    may_repeat: bool
    is_last: bool

    @property
    def name(self) -> str:
        """Its own name."""
        return self.path[-1]


@dataclass(frozen=True, slots=True)
class Edge:
    """A way from one state to another; None is the scope's start or an end.

    Attributes:
        labels: What must hold for it, or which errors; several rules may lead to one state.
        is_loop: Whether it leads back to a state that leads here.
    """

    source: str | None
    target: str | None
    kind: Kind
    labels: tuple[str, ...] = ()
    is_loop: bool = False


@dataclass(frozen=True, slots=True)
class Scope:
    """States with one start: the machine, a Map's processor or a Parallel's branch.

    Attributes:
        states: By name, in the order of the definition.
        edges: Start and ends included; at most one of a kind between two states.
    """

    states: Mapping[str, State]
    edges: tuple[Edge, ...]


def read(definition: Mapping[str, Any], path: Path = ()) -> Scope:
    """Read a machine, a processor or a branch with everything inside.

    Raises:
        ValueError: It has no states.
    """
    raw = definition.get("States")
    if not isinstance(raw, dict) or not raw:
        raise ValueError("the definition has no States")
    raw = {name: state if isinstance(state, dict) else {} for name, state in raw.items()}
    named = definition.get("StartAt")
    start = named if isinstance(named, str) and named in raw else next(iter(raw))
    edges = [Edge(None, start, Kind.NORMAL), *_edges(raw)]
    loops, reachable, looping = _walk(start, list(raw), edges)
    return Scope(
        states={
            name: _state(
                state,
                (*path, name),
                is_reachable=name in reachable,
                may_repeat=bool(path) or name in looping,
            )
            for name, state in raw.items()
        },
        edges=tuple(
            Edge(edge.source, edge.target, edge.kind, edge.labels, place in loops)
            for place, edge in enumerate(edges)
        ),
    )


def states_of(scope: Scope) -> Iterator[State]:
    """Yield all states of a scope and of the scopes inside."""
    for state in scope.states.values():
        yield state
        for inner in state.scopes:
            yield from states_of(inner)


def _state(raw: Mapping[str, Any], path: Path, *, is_reachable: bool, may_repeat: bool) -> State:
    kind = str(raw.get("Type", "?"))
    scopes = tuple(
        read(inner, path)
        for inner in _inner(raw)
        if isinstance(inner, dict) and isinstance(inner.get("States"), dict) and inner["States"]
    )
    retries = wording.retriers(raw)
    service, note = _note(raw, kind, len(scopes))
    return State(
        path=path,
        type=kind,
        service=service,
        note=note,
        comment=str(raw.get("Comment", "")),
        retries=retries,
        scopes=scopes,
        is_reachable=is_reachable,
        may_repeat=may_repeat or bool(retries),
        is_last=raw.get("End") is True or kind == "Succeed",
    )


def _inner(raw: Mapping[str, Any]) -> list[Any]:
    if raw.get("Type") == "Parallel":
        branches = raw.get("Branches")
        return branches if isinstance(branches, list) else []
    if raw.get("Type") == "Map":
        return [raw.get("ItemProcessor") or raw.get("Iterator")]
    return []


def _note(raw: Mapping[str, Any], kind: str, scope_count: int) -> tuple[str, str]:
    """Return the service that a state calls and the words below its name."""
    if kind == "Task":
        call = wording.call(str(raw.get("Resource", "")))
        return call.service, call.words
    if kind == "Wait":
        return "", f"Wait {wording.wait(raw)}".strip()
    if kind == "Fail":
        return "", f"Fail {raw['Error']}" if isinstance(raw.get("Error"), str) else "Fail"
    if kind == "Parallel":
        return "", f"Parallel, {scope_count} branch{'' if scope_count == 1 else 'es'}"
    if kind == "Map":
        return "", _map_note(raw)
    return "", kind


def _map_note(raw: Mapping[str, Any]) -> str:
    processor = raw.get("ItemProcessor")
    config = processor.get("ProcessorConfig") if isinstance(processor, dict) else None
    mode = config.get("Mode") if isinstance(config, dict) else None
    words = "Map, distributed" if mode == "DISTRIBUTED" else "Map"
    at_once = raw.get("MaxConcurrency")
    return f"{words}, {at_once} at once" if isinstance(at_once, int) and at_once else words


def _edges(raw: Mapping[str, Mapping[str, Any]]) -> list[Edge]:
    """Collect the edges in order of the definition, rules with one target made one."""
    edges: list[Edge] = []
    for name, state in raw.items():
        labels: dict[tuple[Kind, str], list[str]] = {}
        for kind, target, label in _ways(state):
            if target in raw:
                labels.setdefault((kind, target), []).extend([label] if label else [])
        edges.extend(
            Edge(name, target, kind, tuple(said)) for (kind, target), said in labels.items()
        )
        if state.get("End") is True:
            edges.append(Edge(name, None, Kind.NORMAL))
    return edges


def _ways(state: Mapping[str, Any]) -> Iterator[tuple[Kind, Any, str]]:
    if isinstance(state.get("Next"), str):
        yield Kind.NORMAL, state["Next"], ""
    choices = state.get("Choices")
    for rule in choices if isinstance(choices, list) else ():
        if isinstance(rule, dict):
            yield Kind.NORMAL, _hashable(rule.get("Next")), wording.rule(rule)
    if "Default" in state:
        yield Kind.NORMAL, _hashable(state["Default"]), "otherwise"
    catchers = state.get("Catch")
    for catcher in catchers if isinstance(catchers, list) else ():
        if isinstance(catcher, dict):
            names = catcher.get("ErrorEquals")
            said = wording.errors(names if isinstance(names, list) else [])
            yield Kind.CATCH, _hashable(catcher.get("Next")), said


def _hashable(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _walk(start: str, names: list[str], edges: list[Edge]) -> tuple[set[int], set[str], set[str]]:
    """Walk depth first from the start, then from what is left over.

    Returns:
        The places of the edges that lead back, the reachable states, and the states on a loop.
    """
    ways: dict[str, list[tuple[int, str]]] = {name: [] for name in names}
    for place, edge in enumerate(edges):
        if edge.source is not None and edge.target is not None:
            ways[edge.source].append((place, edge.target))
    seen: set[str] = set()
    finished: list[str] = []
    loops = _back_edges(start, ways, seen, finished)
    reachable = set(seen)
    for name in names:
        if name not in seen:
            loops |= _back_edges(name, ways, seen, finished)
    return loops, reachable, _looping(ways, finished)


def _back_edges(
    root: str, ways: Mapping[str, list[tuple[int, str]]], seen: set[str], finished: list[str]
) -> set[int]:
    # By hand: a machine may be deeper than Python's stack.
    back: set[int] = set()
    on_way = {root}
    seen.add(root)
    stack = [(root, iter(ways[root]))]
    while stack:
        name, rest = stack[-1]
        for place, target in rest:
            if target in on_way:
                back.add(place)
            elif target not in seen:
                seen.add(target)
                on_way.add(target)
                stack.append((target, iter(ways[target])))
                break
        else:
            stack.pop()
            on_way.discard(name)
            finished.append(name)
    return back


def _looping(ways: Mapping[str, list[tuple[int, str]]], finished: list[str]) -> set[str]:
    """Find the states that lead back to themselves (strong components, as Kosaraju finds them)."""
    into: dict[str, list[str]] = {name: [] for name in ways}
    for name, found in ways.items():
        for _, target in found:
            into[target].append(name)
    looping: set[str] = set()
    taken: set[str] = set()
    for root in reversed(finished):
        component = [root] if root not in taken else []
        taken.add(root)
        for name in component:
            fresh = dict.fromkeys(one for one in into[name] if one not in taken)
            taken.update(fresh)
            component.extend(fresh)
        if len(component) > 1 or root in into[root]:
            looping.update(component)
    return looping
